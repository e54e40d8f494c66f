"""Which version made a workflow worse, in the browser: two keys that go there and say it."""

import flightlog
import pytest
from flightlog.tui.app import FlightlogApp
from seeing import shows, until
from workflow_scene import SIZES, at_workflows, to_triage


@pytest.fixture
def app(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for number in range(1, 6):
            store.workflows.store("triage", f"limit: {number}\n", note=f"the note of {number}")
            for n in range(2 if number == 3 else 9):
                run = store.run("triage", version=number)
                dollars = f"0.0{1 if number < 4 else 2}{n}"
                run.cost("m", input_tokens=1, output_tokens=1, dollars=dollars)
                run.finish("failed" if number == 2 and n < 2 else "completed")
        store.workflows.store("empty", "a: 1\n")
        store.run("loose").finish()
    return FlightlogApp(lambda: flightlog.open(tmp_path / "data"))


@pytest.mark.parametrize("size", SIZES)
async def test_keys_lead_to_the_version_with_which_cost_rose_and_say_of_failures_that_none_did(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await to_triage(pilot)
        await pilot.press("b")
        await shows(pilot, "cost per run first rose with @4", "$0.014 → $0.024 against @2")
        await until(pilot, lambda: screen.versions.current.number == 4)
        assert "95% interval +$0.0" in screen.rise[1]
        assert screen.rise[2] == "or with @3 before it: too few runs to tell"
        await pilot.press("B")
        await shows(pilot, "the share of failures rose with none of 2 versions")
        assert screen.rise[1] == "too few runs (under 5) of @3"
        assert screen.versions.current.number == 4
        await pilot.press("G", "b")
        await shows(pilot, "too few runs to tell with which version cost per run rose")
        await pilot.press("escape")
        await until(pilot, lambda: not screen.rise)
        assert screen.versions.has_focus
        await pilot.press("escape")
        assert screen.list.has_focus


async def test_a_workflow_without_versions_has_nothing_to_look_for(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_workflows(pilot)
        screen.list.move_to([one.id for one in screen.list.workflows].index("loose"))
        await until(pilot, lambda: screen.found.about.id == "loose" and not screen.loader.busy)
        await pilot.press("b", "B")
        assert not screen.rise
        screen.list.move_to([one.id for one in screen.list.workflows].index("empty"))
        await until(pilot, lambda: screen.found.about.id == "empty" and not screen.loader.busy)
        await pilot.press("b")
        await shows(pilot, "too few runs to tell")
