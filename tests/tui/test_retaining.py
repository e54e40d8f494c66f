"""What a retention policy does by itself while the browser is open: nothing before it was applied by hand once."""

import time

import flightlog
import pytest
from flightlog.core.operations import new_order
from flightlog.core.query.query import EVERYTHING
from flightlog.core.retention.applying import digest_of
from flightlog.tui.app import FlightlogApp
from flightlog.tui.retention import retaining
from retention_scene import POLICY, at_retention, fill, planned, told
from seeing import shows, until


def make(folder, *, applied: bool) -> None:
    """A store whose policy takes two runs."""
    fill(folder)
    (folder / "flightlog.yaml").write_text(POLICY)
    if applied:
        with flightlog.open(folder) as store:
            policy = store.policy_file.checked(POLICY, store.runs).policy
            store.upkeep.note_policy(new_order(by="ana"), digest_of(policy))


def names(app) -> set[str]:
    return {run.name for run in app.store.runs.query(EVERYTHING).items}


async def test_a_policy_that_was_applied_acts_by_itself_and_can_be_paused(tmp_path, monkeypatch):
    make(tmp_path / "data", applied=True)
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(120, 36)) as pilot:
        await at_retention(pilot)
        await shows(pilot, "acts by itself in")
        await pilot.press("b")
        await shows(pilot, "by itself: paused")
        app.retaining._due = time.monotonic()
        app.retaining.tick()
        assert not app.retaining.passer.busy
        await pilot.press("b")
        await until(pilot, lambda: not app.retaining.paused)
        app.retaining.tick()
        await until(pilot, lambda: "2 runs dealt with" in told(app) and not app.operations.busy)
        assert not {"no3", "no4"} & names(app)
        (operation,) = [one for one in app.store.upkeep.operations().items if one.kind == "trash"]
        assert operation.why == retaining.AUTO
        await until(pilot, lambda: app.retaining._due > time.monotonic() + 3000)
        app.retaining._due = time.monotonic()
        app.retaining.tick()
        await until(pilot, lambda: app.retaining.passer.loads == 2 and not app.retaining.passer.busy)
        assert app.retaining.passes == 1
        assert not app.operations.busy
        # What keeps it from acting is said, and tried again soon.
        policy = tmp_path / "data" / "flightlog.yaml"
        policy.write_text("retention: 5")
        app.retaining._due = time.monotonic()
        app.retaining.tick()
        await shows(pilot, "by itself: ")
        assert app.retaining._due < time.monotonic() + retaining.AGAIN + 1
        policy.write_text(POLICY)
        app.retaining._due = time.monotonic()
        app.retaining.tick()
        await shows(pilot, "acts by itself in")
    app.close()


async def test_a_new_policy_does_nothing_by_itself_until_it_was_applied(tmp_path):
    make(tmp_path / "data", applied=False)
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_retention(pilot)
        await shows(pilot, "acts by itself once A applied it")
        app.retaining._due = time.monotonic()
        app.retaining.tick()
        await until(pilot, lambda: app.retaining.passer.loads == 1 and not app.retaining.passer.busy)
        assert len(names(app)) == 8
        await pilot.press("A")
        await shows(pilot, "Apply the policy to 2 runs?")
        await pilot.press("y")
        await until(pilot, lambda: "2 runs dealt with" in told(app) and not app.operations.busy)
        await shows(pilot, "acts by itself in")
        await until(pilot, lambda: app.retaining._due > time.monotonic() + 3000)
        # What is taken back is not taken again by itself.
        await pilot.press("t", "z")
        await shows(pilot, "Undo: 2 runs deleted", "The policy does nothing")
        await pilot.press("y")
        await until(pilot, lambda: "2 runs as before" in told(app) and not app.operations.busy)
        await pilot.press("escape")
        await shows(pilot, "was undone: acts by itself once A applied it")
        app.retaining._due = time.monotonic()
        app.retaining.tick()
        await until(pilot, lambda: app.retaining.passer.loads == 2 and not app.retaining.passer.busy)
        assert len(names(app)) == 8
        screen.plan.editor.put(POLICY.replace("failed", "completed"))
        await planned(pilot)
        await pilot.press("ctrl+s")
        await shows(pilot, "acts by itself once A applied it")
    app.close()


async def test_without_a_policy_or_read_only_nothing_is_ever_asked(tmp_path):
    make(tmp_path / "data", applied=True)
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data", read_only=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_retention(pilot)
        app.retaining._due = 0.0
        app.retaining.tick()
        await pilot.pause()
        assert app.retaining.line() == []
        assert not app.retaining.passer.busy
    app.close()


@pytest.mark.parametrize(("applied", "told"), [(True, "acts in "), (False, "A puts it in force")])
async def test_in_80_columns_it_leaves_the_places_their_names(tmp_path, applied, told):
    make(tmp_path / "data", applied=applied)
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_retention(pilot)
        await shows(pilot, "1 Runs  2 Workflows  3 Costs  4 Space  5 Retention", told)
    app.close()
