"""What a person waits for is told in the header, or in the frame where there is none; X stops it; nobody quits unasked
while something is changed.
"""

import threading

import flightlog
import pytest
from flightlog.core import progress as progressing
from flightlog.core.operations import Chosen, Done, new_order
from flightlog.core.progress import counted, go_on
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.tui.app import FlightlogApp
from flightlog.tui.export import writing
from flightlog.tui.operations.operations import Work
from flightlog.tui.screens import run_operations
from flightlog.tui.screens.prompt import Confirm
from seeing import shows, text_of, until

RUNS = 60


@pytest.fixture
def data(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for number in range(RUNS):
            store.run("triage", name=f"n{number}").finish()
    return tmp_path / "data"


@pytest.fixture
def app(data, tmp_path, monkeypatch) -> FlightlogApp:
    monkeypatch.chdir(tmp_path)
    return FlightlogApp(lambda: flightlog.open(data))


class Held:
    """Holds a thread up at the so many-th of what it goes through, until it may go on."""

    def __init__(self, at: int) -> None:
        self.at, self.came, self.may = at, threading.Event(), threading.Event()

    def __call__(self, things, total: int, what: str = ""):
        for number, thing in enumerate(counted(things, total, what)):
            if number == self.at:
                self.came.set()
                assert self.may.wait(30)
            yield thing


def told(app: FlightlogApp, text: str) -> bool:
    return any(text in note.message for note in app._notifications)


async def ready(pilot):
    await until(pilot, lambda: hasattr(pilot.app, "home") and pilot.app.home.run_list.lines == RUNS)


async def test_a_look_at_many_runs_is_told_and_stopped(app, monkeypatch):
    held = Held(20)
    monkeypatch.setattr(run_operations, "counted", held)
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot)
        await pilot.press("asterisk", "D")
        await until(pilot, held.came.is_set)
        await shows(pilot, "looking at runs 20/60", "X stops")
        await pilot.press("j", "X")
        await shows(pilot, "stopping looking at runs")
        held.may.set()
        await until(pilot, lambda: told(app, "stopped looking at runs: nothing was changed"))
        assert not isinstance(app.screen, Confirm) and app.store.runs.count(EVERYTHING) == RUNS


async def test_many_runs_are_marked_and_the_rest_stays_as_it_was(app, monkeypatch):
    held = Held(7)
    monkeypatch.setattr("flightlog.tui.runs.annotating.counted", held)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("asterisk", "p")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, held.came.is_set)
        await until(pilot, lambda: app.operations.jobs.line(app.glyphs))
        await pilot.press("q")
        await shows(pilot, "Still marking as pinned. Stop it and quit?", "What was done stays done")
        await pilot.press("n", "X")
        held.may.set()
        await until(pilot, lambda: told(app, "8 runs pinned; stopped, the others are as they were"))
        assert app.store.runs.count(parse("pinned")) == 8


async def test_a_page_is_stopped_in_the_run_that_it_is_of(app, monkeypatch, tmp_path):
    came, may = threading.Event(), threading.Event()
    made = writing.page_of

    def held(*words, **named):
        progressing.told().call("writing states 3 of 90")
        came.set()
        assert may.wait(30)
        go_on()
        return made(*words, **named)

    monkeypatch.setattr(writing, "page_of", held)
    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is not app.home)
        await pilot.press("ctrl+e")
        await until(pilot, came.is_set)
        await shows(pilot, "writing states 3 of 90 0:0", "X stops")
        await pilot.press("X")
        may.set()
        await until(pilot, lambda: told(app, "stopped writing a page: nothing was changed"))
        assert not list(tmp_path.glob("*.html")) and not list(tmp_path.glob(".*.part"))
        await pilot.press("ctrl+e")
        await until(pilot, lambda: list(tmp_path.glob("*.html")))


async def test_one_piece_of_work_is_stopped_and_all_is_as_it_was(app):
    came, may = threading.Event(), threading.Event()

    def compact():
        came.set()
        assert may.wait(30)
        go_on()
        yield Done(run="", outcome="done")

    async with app.run_test(size=(120, 36)) as pilot:
        await ready(pilot)
        app.operations.begin(Work("compacting", "compacted", 1, compact, stops=True))
        await until(pilot, came.is_set)
        await shows(pilot, "compacting 0:0", "X stops")
        await pilot.press("X")
        may.set()
        await until(pilot, lambda: told(app, "stopped compacting: all is as it was"))


async def test_who_quits_while_runs_are_archived_is_asked_and_nothing_is_half_done(app, data):
    came, may = threading.Event(), threading.Event()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)

        def begin():
            chosen = [Chosen(run=run.id) for run in app.store.runs.recent("triage", limit=3)]
            for done in app.store.upkeep.archive(new_order(), chosen):
                came.set()
                assert may.wait(30)
                yield done

        app.operations.begin(Work("archiving", "archived", 3, begin))
        await until(pilot, came.is_set)
        await pilot.press("q")
        await shows(pilot, "Still archiving, 0 of 3. Stop it and quit?")
        await pilot.press("escape")
        assert app.operations.busy and app.is_running
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: "stopping archiving" in text_of(app.screen))
        may.set()
        await until(pilot, lambda: not app.is_running or app._exit)
    app.close()
    with flightlog.open(data) as store:
        assert store.runs.count(parse("archived")) == 1
        (operation,) = store.upkeep.operations().items
        assert operation.done == 1 and not [one for one in store.upkeep.check() if one.severity == "error"]
