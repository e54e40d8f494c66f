"""Below the versions of place 2: what the one under the cursor changed in the definition."""

import flightlog
import pytest
from counting import Counting
from flightlog.tui.app import FlightlogApp
from flightlog.tui.widgets.version_glance import VersionGlance
from seeing import shows, text_of, until
from workflow_scene import SIZES, at_workflows, to_triage

HOSTILE = "note: '[/INST] [@click=app.quit]'\nmodel: red\u202e\u200b\n"


def data_of(tmp_path, texts):
    """A store of one workflow with these versions, each the child of the one before."""
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for text in texts:
            store.workflows.store("triage", text)
    return tmp_path / "data"


def glance(pilot) -> VersionGlance:
    return pilot.app.screen.query_one(VersionGlance)


@pytest.mark.parametrize("size", SIZES)
async def test_it_follows_the_cursor_and_reads_each_version_once(tmp_path, size):
    texts = ["model: small\nlimit: 1\n", "model: large\nlimit: 1\n", "model: large\nlimit: 8\n"]
    store = flightlog.open(data_of(tmp_path, texts))
    workflows = store._workflows = Counting(store.workflows)
    app = FlightlogApp(lambda: store)
    async with app.run_test(size=size) as pilot:
        screen = await to_triage(pilot)
        shown = await shows(pilot, "@2 → @3", "+1 -1", "- limit: 1", "+ limit: 8")
        assert "- model" not in shown
        await pilot.press("j")
        await shows(pilot, "@1 → @2", "- model: small", "+ model: large")
        read = workflows.names.count("get")
        screen.loader.request()  # what the store tells meanwhile changes no definition
        await until(pilot, lambda: not screen.loader.busy)
        assert workflows.names.count("get") == read == 4
        await pilot.press("j")
        await shows(pilot, "a beginning", "model: small")
        await pilot.press("p")
        assert not glance(pilot).display
        await pilot.press("p")
        assert glance(pilot).display
    app.close()


async def test_all_versions_stay_in_sight_and_a_long_history_keeps_two_thirds_of_the_room(tmp_path):
    app = FlightlogApp(lambda: flightlog.open(data_of(tmp_path, [f"limit: {n}\n" for n in range(40)])))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await to_triage(pilot)
        await shows(pilot, "+ limit: 39")
        assert screen.versions.size.height > glance(pilot).size.height >= 8
        await pilot.press("G")
        await shows(pilot, "a beginning", "limit: 0")
        await pilot.resize_terminal(120, 16)
        await until(pilot, lambda: not glance(pilot).display)  # there the versions need all of it
        await pilot.resize_terminal(120, 36)
        await until(pilot, lambda: glance(pilot).display)
    app.close()


async def test_the_lines_above_it_do_not_jump_where_the_cursor_is_on_runs_that_name_no_version(tmp_path):
    data = data_of(tmp_path, ["limit: 1\n"])
    with flightlog.open(data) as store:
        store.run("triage").finish()
        store.run("loose").finish()
    app = FlightlogApp(lambda: flightlog.open(data))
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await to_triage(pilot)
        await shows(pilot, "a beginning", "limit: 1")
        height = screen.versions.size.height
        none = next(n for n, entry in enumerate(screen.versions.entries) if entry.number is None)
        screen.versions.move_to(none)
        await until(pilot, lambda: "a beginning" not in text_of(screen))
        assert glance(pilot).display and screen.versions.size.height == height
        screen.list.move_to(next(n for n, one in enumerate(screen.list.workflows) if one.id == "loose"))
        await until(pilot, lambda: not glance(pilot).display)  # of which nothing was ever saved
    app.close()


async def test_a_text_is_shown_as_text_whatever_stands_in_it(tmp_path):
    app = FlightlogApp(lambda: flightlog.open(data_of(tmp_path, ["note: plain\n", HOSTILE])))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_workflows(pilot)
        shown = await shows(pilot, "[/INST] [@click=app.quit]", "- note: plain")
        assert not any(sign in shown for sign in "\u202e\u200b")
    app.close()
