"""Archive, delete, undo and compact in place 4: of a run, of what is marked, of a whole workflow."""

import sqlite3
from contextlib import closing

import flightlog
import pytest
from flightlog.core.query.query import parse
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.prompt import Confirm, Prompt
from seeing import shows, until
from spacing import at_space, into, names_of, read


def fill(folder, storage) -> None:
    """Three runs of triage, one of report."""
    with flightlog.open(folder, storage=storage) as store:
        for n in range(4):
            with store.run("triage" if n else "report", name=f"r{n}") as run:
                run.log("the same again and again " * 400 * (n + 1))
        store.runs.totals()


@pytest.fixture
def data(request, tmp_path):
    fill(tmp_path / "data", getattr(request, "param", "file"))
    return tmp_path / "data"


@pytest.fixture
def app(data):
    return FlightlogApp(lambda: flightlog.open(data))


async def answered(pilot, key: str = "y") -> str:
    """Waits for the question, and answers it."""
    await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
    shown = await shows(pilot, "?")
    await pilot.press(key)
    return shown


def told(app: FlightlogApp, text: str) -> bool:
    """Whether somebody was told so."""
    return any(text in note.message for note in app._notifications)


async def done(pilot, screen) -> None:
    """Waits until what was begun is over, and shown."""
    await until(pilot, lambda: pilot.app.screen is screen and not pilot.app.operations.busy)
    await read(pilot)


@pytest.mark.parametrize("data", ["file", "sqlite"], indirect=True)
async def test_a_whole_workflow_is_archived_and_comes_back(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_space(pilot)
        before = {node.name: node.size_bytes for node in screen.list.page.nodes}
        screen.list.move_to(names_of(screen).index("triage"))
        await pilot.press("A")
        assert "Archive 3 runs" in await answered(pilot)
        await until(pilot, lambda: ":archive" in names_of(screen) and "triage" not in names_of(screen))
        await done(pilot, screen)
        after = {node.name: node.size_bytes for node in screen.list.page.nodes}
        assert after[":archive"] < before["triage"] / 5
        await into(pilot, screen, ":archive")
        await into(pilot, screen, "triage")
        assert len(names_of(screen)) == 3
        await shows(pilot, "› archive › triage", "archived")
        await pilot.press("asterisk", "R")
        assert "Restore 3 runs" in await answered(pilot)
        await until(pilot, lambda: screen.path == () and "triage" in names_of(screen))
        await done(pilot, screen)
        assert {node.name: node.size_bytes for node in screen.list.page.nodes}["triage"] == before["triage"]


async def test_marked_runs_are_deleted_and_taken_back(app, data):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_space(pilot)
        await into(pilot, screen, "triage")
        ids = names_of(screen)
        await pilot.press("J", "J", "D")
        assert "Delete 2 runs" in await answered(pilot, "n")
        await until(pilot, lambda: app.screen is screen)
        assert len(screen.list.marked) == 2
        await pilot.press("D")
        await answered(pilot)
        await until(pilot, lambda: names_of(screen) == ids[2:])
        await done(pilot, screen)
        assert not screen.list.marked
        await pilot.press("z")
        await answered(pilot)
        await until(pilot, lambda: names_of(screen) == ids)


async def test_all_of_a_workflow_is_deleted_only_by_its_name(app, data):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_space(pilot)
        screen.list.move_to(names_of(screen).index("triage"))
        await pilot.press("space", "D")
        await answered(pilot)
        await until(pilot, lambda: isinstance(app.screen, Prompt))
        await pilot.press(*"triage", "enter")
        await until(pilot, lambda: ":trash" in names_of(screen) and "triage" not in names_of(screen))
        await done(pilot, screen)
        with flightlog.open(data) as store:
            assert store.runs.count(parse("workflow:triage")) == 0 and len(store.upkeep.trashed().items) == 3


async def test_what_is_no_run_is_not_taken_and_a_store_that_is_read_only_offers_nothing(data):
    app = FlightlogApp(lambda: flightlog.open(data))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_space(pilot)
        screen.list.move_to(next(n for n, node in enumerate(screen.list.page.nodes) if node.kind != "workflow"))
        await pilot.press("D", "space", "A")
        await until(pilot, lambda: told(app, "choose a workflow or a run"))
        assert not screen.list.marked
    app.close()
    app = FlightlogApp(lambda: flightlog.open(data, read_only=True))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_space(pilot)
        screen.list.move_to(names_of(screen).index("triage"))
        shown = await shows(pilot, "read-only", "space mark")
        assert "archive" not in shown.split("\n")[-1]
        await pilot.press("D", "c")
        await until(pilot, lambda: told(app, "opened read-only: nothing is changed"))
        assert app.screen is screen
    app.close()


async def test_free_pages_are_given_back_when_one_says_so(tmp_path):
    fill(tmp_path / "data", "sqlite")
    with closing(sqlite3.connect(tmp_path / "data" / "flightlog.db", isolation_level=None)) as database:
        database.execute("CREATE TABLE junk (a)")
        database.execute("INSERT INTO junk VALUES (zeroblob(8000000))")
        database.execute("DROP TABLE junk")
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await at_space(pilot)
        screen.list.move_to(names_of(screen).index(":free"))
        await shows(pilot, "Compacting would give back")
        await pilot.press("c")
        assert "come back" in await answered(pilot)
        await until(pilot, lambda: ":free" not in names_of(screen))
        await done(pilot, screen)
    app.close()
