"""Doctor in the browser: what is wrong with a store is listed, looked into, put right after a question, and stopped."""

import shutil
import sqlite3
import threading

import flightlog
import pytest
from flightlog.backends.upkeep.store_upkeep import StoreUpkeep
from flightlog.core.ids import new_ulid
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING
from flightlog.core.upkeep import Finding
from flightlog.tui.app import FlightlogApp
from flightlog.tui.screens.doctor import DoctorScreen
from flightlog.tui.screens.prompt import Confirm
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.widgets.key_bar import KeyBar
from seeing import loaded, shows, text_of, until


def fill(folder, storage):
    """Three finished runs, of which one is archived and spoiled there; a file that others can read; states of nobody.

    Where journals are the store, another run has a line that is no event, and a third one half a line.
    """
    with flightlog.open(folder, storage=storage) as store:
        runs = []
        for n in range(3):
            with store.run("triage", name=f"n{n}") as run:
                run.log("whole")
            runs.append(run.id)
        store.runs.totals()
        list(store.upkeep.archive(new_order(), [Chosen(run=runs[0])]))
    (packed,) = folder.rglob(f"{runs[0]}.flz")
    whole = bytearray(packed.read_bytes())
    whole[len(whole) // 2] ^= 4
    packed.write_bytes(whole)
    packed.chmod(0o644)
    spool = folder / "spool" if storage == "sqlite" else next(folder.rglob(f"{runs[1]}.jsonl")).parent
    (spool / f"{new_ulid()}.states.jsonl").write_bytes(b"{}\n")
    if storage == "file":
        spoil(spool / f"{runs[1]}.jsonl", spool / f"{runs[2]}.jsonl")
        shutil.rmtree(folder / ".flightlog")
    return runs


def spoil(damaged, torn):
    damaged.write_bytes(damaged.read_bytes().replace(b"whole", b"wHole"))
    with torn.open("ab") as journal:
        journal.write(b'{"half of a l')


@pytest.fixture
def data(request, tmp_path):
    folder = tmp_path / "data"
    return folder, fill(folder, getattr(request, "param", "file"))


def browser(folder, **options):
    app = FlightlogApp(lambda: flightlog.open(folder, **options), options=("--data", str(folder)))
    app.said, notify = [], app.notify

    def noted(message, **options):
        app.said.append(message)  # what is told is gone again soon
        notify(message, **options)

    app.notify = noted
    return app


def told(app, text):
    return any(text in message for message in app.said)


def recorded_files(folder):
    """Mode and bytes of all that is no database, nor made anew from what was recorded."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".flightlog" not in path.parts]
    return {path: (path.stat().st_mode, path.read_bytes()) for path in files if ".db" not in path.name}


def offered(app):
    return {key.id for key in app.screen.query_one(KeyBar).keys}


def kinds(app):
    """What is listed: kind, and whether it was put right."""
    return [(row.finding.kind, bool(row.done)) for row in app.screen.rows.items]


async def at_doctor(pilot, *keys):
    await loaded(pilot)
    await pilot.press(*keys, "exclamation_mark")
    await looked(pilot)
    return pilot.app.screen


async def looked(pilot):
    """The look is over, and what it found is shown."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, DoctorScreen) and app.screen.under_way is None)
    await until(pilot, lambda: "looked at" in text_of(app.screen) or "stopped" in text_of(app.screen))


@pytest.mark.parametrize(("data", "size"), [("file", (120, 36)), ("sqlite", (80, 24))], indirect=["data"])
async def test_what_is_wrong_is_listed_asked_about_put_right_and_logged(data, size):
    folder, runs = data
    app = browser(folder)
    async with app.run_test(size=size) as pilot:
        await loaded(pilot)
        await pilot.press("4")
        await until(pilot, lambda: "app.doctor" in offered(app))
        screen = await at_doctor(pilot)
        shown = text_of(screen)
        assert "✖ error" in shown and "! warning" in shown and "damaged-archive" in shown
        curable = screen.curable
        wrong = {"permissions", "orphaned-states"} | (
            {"damaged-line", "torn-line"} if "runs" in str(curable) else set()
        )
        assert {one.kind for one in curable} == wrong
        before = recorded_files(folder)
        await pilot.press("F")
        asked = await shows(pilot, "right?")
        assert f"Put {len(curable)} findings right?" in asked
        assert all(f"{one.kind}: {one.repair}" in asked for one in curable)
        await pilot.press("n")
        await until(pilot, lambda: app.screen is screen)
        assert recorded_files(folder) == before
        await one_is_put_right(pilot, folder)
        assert len(screen.curable) == len(curable) - 1
        app.said.clear()
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: told(app, " put right"))
        assert told(app, f"{len(curable) - 1} finding")
        await looked(pilot)
        assert {kind for kind, done in kinds(app) if done} == wrong
        assert not wrong & {kind for kind, done in kinds(app) if not done}
        assert ("damaged-archive", False) in kinds(app)
        assert "doctor.fix" not in offered(app)
        await pilot.press("at")
        await shows(pilot, "2 changes", "put right")
        assert app.commands.commands[0].line == f"flightlog --data {folder} doctor --fix --yes"
    app.close()
    with flightlog.open(folder) as store:
        left = {one.kind for one in store.upkeep.check() if one.severity != "note"}
        assert left == {"damaged-archive"}
        assert {run.id for run in store.runs.query(EVERYTHING).items} == set(runs)


async def one_is_put_right(pilot, folder):
    """What the line under the cursor is about, and nothing else; of a line of which nothing can be, that is said."""
    app = pilot.app
    screen = app.screen
    before = {one.kind for one in screen.curable}
    await to_line(pilot, "damaged-archive")
    assert "doctor.fix_one" not in offered(app) and "doctor.fix" in offered(app)
    await pilot.press("f")
    await until(pilot, lambda: told(app, "nothing that can be put right"))
    await to_line(pilot, "orphaned-states")
    where = screen.rows.current.finding.where
    await pilot.press("f")
    asked = await shows(pilot, "Put 1 finding right?")
    assert "orphaned-states: moves it into quarantine/" in asked and "permissions:" not in asked
    await pilot.press("y")
    await until(pilot, lambda: told(app, "1 finding put right"))
    await looked(pilot)
    assert {one.kind for one in screen.curable} == before - {"orphaned-states"}
    line = f"doctor --fix --yes --only orphaned-states --only {where}"
    assert app.commands.commands[0].line == f"flightlog --data {folder} {line}"


async def to_line(pilot, kind):
    rows = pilot.app.screen.rows
    await pilot.press("g")
    await until(pilot, lambda: rows.cursor == 0)
    while rows.current.finding.kind != kind:
        before = rows.cursor
        await pilot.press("j")
        await until(pilot, lambda before=before: rows.cursor == before + 1)


async def test_a_damaged_run_leads_to_its_finding_and_back(data):
    folder, runs = data
    app = browser(folder)
    async with app.run_test(size=(120, 36)) as pilot:
        home = await loaded(pilot)
        await shows(pilot, "unreadable part", "damaged")
        assert "1 lost" in text_of(home) or "● 0" in text_of(home), "an archive that cannot be read is no run that runs"
        for _ in range(3):
            if home.ailing == runs[1]:
                break
            assert ("app.doctor" in offered(app)) is bool(home.ailing)
            before = home.run_list.cursor
            await pilot.press("j")
            await until(pilot, lambda before=before: home.run_list.cursor != before)
        assert "app.doctor" in offered(app)
        screen = await at_doctor(pilot)
        assert screen.rows.current.finding.run == runs[1]
        await shows(pilot, "--fix   sets the bytes aside", "next    the rest was read")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.run is not None)
        assert app.screen.run_id == runs[1]
        await shows(pilot, "! or flightlog doctor says more")
        assert "app.doctor" in offered(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)


async def test_nothing_is_looked_for_before_somebody_asks(data, monkeypatch):
    asked = []
    monkeypatch.setattr(StoreUpkeep, "check", lambda *_, **__: iter(asked.append(1) or ()))
    app = browser(data[0])
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        for key, name in (("2", "Workflows"), ("3", "Costs"), ("4", "Space"), ("5", "Retention"), ("1", "Runs")):
            await pilot.press(key)
            await until(pilot, lambda name=name: type(app.screen).__name__ == f"{name}Screen" and not app.typed.busy)
        assert not asked
        await at_doctor(pilot)
        assert asked == [1]


async def test_nothing_is_put_right_where_it_is_only_read(data):
    folder, _ = data
    app = browser(folder, read_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_doctor(pilot)
        assert len(screen.rows.items) > 2 and "doctor.fix" not in offered(app)
        await pilot.click(screen.rows, offset=(9, 2))
        await until(pilot, lambda: screen.rows.cursor == 2)
        await shows(pilot, f"{screen.rows.current.finding.kind} ─")
        await pilot.press("F")
        await until(pilot, lambda: told(app, "opened read-only: nothing is changed"))
        assert app.screen is screen


class Held:
    """A check that finds something, waits until it may go on, and finds more."""

    def __init__(self):
        self.came, self.may, self.calls = threading.Event(), threading.Event(), 0

    def check(self, *_, **__):
        from flightlog.core.progress import go_on

        self.calls += 1
        yield Finding(severity="error", kind="held", what="the first", where="here")
        self.came.set()
        assert self.may.wait(300)
        go_on()
        yield Finding(severity="error", kind="held", what="the second", where="there")


async def test_a_look_shows_what_it_finds_and_is_stopped(data, monkeypatch):
    held = Held()
    monkeypatch.setattr(StoreUpkeep, "check", held.check)
    app = browser(data[0])
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("exclamation_mark")
        await until(pilot, held.came.is_set)
        await until(pilot, lambda: isinstance(app.screen, DoctorScreen) and app.screen.rows.items)
        await shows(pilot, "the first", "looking", "X stops")
        await pilot.press("X", "F", "r")  # which have to wait
        await until(pilot, lambda: told(app, "one thing at a time"))
        assert not isinstance(app.screen, Confirm)
        held.may.set()
        await shows(pilot, "the first", "stopped: there may be more")
        assert "the second" not in text_of(app.screen) and held.calls == 1
        held.came.clear()
        held.may.clear()
        await pilot.press("r")
        await until(pilot, held.came.is_set)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.under_way.stopped)
        held.may.set()
        await shows(pilot, "stopped: there may be more")
        await pilot.press("r")
        await shows(pilot, "the second", "looked at")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.home)


@pytest.mark.parametrize("data", ["sqlite"], indirect=True)
async def test_a_database_that_cannot_be_opened_is_one_key_away_from_doctor(data):
    folder, _ = data
    with sqlite3.connect(folder / "flightlog.db") as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    with (folder / "flightlog.db").open("r+b") as file:
        file.write(b"spoiled " * 1024)
    app = browser(folder)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "a damaged one", "! says more", "! doctor")
        assert "app.doctor" in offered(app)
        await pilot.press("exclamation_mark")
        await shows(pilot, "damaged-database", "copy it away", "looked at")
        assert "doctor.fix" not in offered(app)
        await pilot.press("F")
        await until(pilot, lambda: told(app, "nothing can be put right here"))
        await pilot.press("escape")
        await shows(pilot, "tries again")
