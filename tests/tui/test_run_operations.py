"""Delete and undo from the run list, on a real store: asked about with counts and bytes, done, and taken back."""

import asyncio
import random
import subprocess
import sys
import threading

import flightlog
import pytest
from flightlog.backends.operations import engine
from flightlog.core import undoing
from flightlog.core.annotations import Pinned
from flightlog.core.operations import Done, new_order
from flightlog.core.query.query import parse
from flightlog.tui.app import FlightlogApp
from flightlog.tui.operations.operations import Work
from flightlog.tui.runs import annotating
from flightlog.tui.screens import operating
from flightlog.tui.screens.prompt import Confirm, Prompt
from seeing import text_of, until
from textual import events

SIZES = [(120, 36), (80, 24)]


@pytest.fixture
def data(tmp_path):
    """Six runs of triage, one of report."""
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for number in range(6):
            with store.run("triage", name=f"no{number}") as run:
                run.log("x" * 2000)
        with store.run("report", name="alone"):
            pass
    return tmp_path / "data"


@pytest.fixture
def app(data) -> FlightlogApp:
    return FlightlogApp(lambda: flightlog.open(data))


async def loaded(pilot, runs: int = 7):
    """The run list, once so many runs are in it."""
    await until(pilot, lambda: hasattr(pilot.app, "home"))
    screen = pilot.app.home
    await until(pilot, lambda: screen.run_list.ready and screen.run_list.lines == runs and not screen.loader.busy)
    return screen


def told(app: FlightlogApp, text: str) -> bool:
    """Whether somebody was told so."""
    return any(text in note.message for note in app._notifications)


async def asked(pilot, kind=Confirm) -> str:
    """What is asked."""
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    await pilot.pause()
    return text_of(pilot.app.screen)


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_is_deleted_and_comes_back(app, size):
    async with app.run_test(size=size) as pilot:
        screen = await loaded(pilot)
        await pilot.press("j")
        run = screen.run_list.cursor
        await pilot.press("D")
        question = await asked(pilot)
        assert "Delete 1 run (" in question
        assert "kB)?" in question
        assert "It goes to the trash; z takes it back." in question
        await pilot.press("n")
        assert not app.operations.busy
        await pilot.press("D")
        await asked(pilot)
        await pilot.press("y")
        await loaded(pilot, 6)
        await until(pilot, lambda: told(app, "1 run moved to the trash"))
        assert [one.run for one in app.store.upkeep.trashed().items] == [run]
        await pilot.press("z")
        question = await asked(pilot)
        assert "Undo: 1 run deleted" in question and "It comes back from the trash." in question
        await pilot.press("y")
        await loaded(pilot)
        assert app.store.runs.get(run).name
        await until(pilot, lambda: not app.operations.busy)
        await pilot.press("z")
        await until(pilot, lambda: told(app, "there is nothing to be taken back"))


async def test_browser_and_command_line_take_back_what_the_other_did(app, data):
    def verb(*words: str) -> None:
        program = [sys.executable, "-c", "from flightlog.tui.cli.main import main; main()"]
        subprocess.run([*program, *words, "--yes", "--data", data], check=True, capture_output=True)

    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        await asyncio.to_thread(verb, "rm", "no1")
        await loaded(pilot, 6)
        await pilot.press("z")
        assert "Undo: 1 run deleted" in await asked(pilot)
        await pilot.press("y")
        await loaded(pilot)
        await until(pilot, lambda: not app.operations.busy)
        await pilot.press("g", "j", "D")
        await asked(pilot)
        await pilot.press("y")
        await loaded(pilot, 6)
        await until(pilot, lambda: not app.operations.busy)
        await asyncio.to_thread(verb, "undo")
        await loaded(pilot)


async def test_what_stays_and_what_the_filter_hides_is_counted_before(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        (pinned,) = (run.id for run in app.store.runs.query(parse("name:no5")).items)
        app.store.runs.annotate(Pinned(run=pinned))
        await until(pilot, lambda: any(run.pinned for run in screen.run_list._window.rows))
        await pilot.press("g", "J", "J", "J")
        assert screen.run_list.marks.count(7) == 3
        await pilot.press("slash", *"name:no4", "enter")
        await until(pilot, lambda: screen.run_list.ready and screen.run_list.lines == 1)
        await pilot.press("D")
        question = await asked(pilot)
        assert "2 marked runs the filter does not show." in question
        assert "1 stays: it is pinned." in question
        await pilot.press("escape")


async def test_however_many_are_marked_all_that_the_filter_hides_are_counted(app, monkeypatch):
    monkeypatch.setattr(operating, "_FEW", 2)
    monkeypatch.setattr(annotating, "AT_ONCE", 3)
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("g", *("J" for _ in range(5)))
        assert screen.run_list.marks.count(7) == 5
        await pilot.press("slash", *"name:no4", "enter")
        await until(pilot, lambda: screen.run_list.ready and screen.run_list.lines == 1)
        one_by_one, some, get = [], app.store.runs.some, app.store.runs.get
        monkeypatch.setattr(app.store.runs, "some", lambda runs: one_by_one.append(len(runs)) or some(runs))
        monkeypatch.setattr(app.store.runs, "get", lambda run: one_by_one.append(run) or get(run))
        await pilot.press("D")
        assert "4 marked runs the filter does not show." in await asked(pilot)
        assert one_by_one == [3, 2]
        await pilot.press("escape")


async def test_marks_stay_where_something_else_is_under_way(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        wait = threading.Event()

        def busy():
            assert wait.wait(30)
            yield Done(run="1", outcome="done")

        assert app.operations.begin(Work("reading", "read", 1, busy))
        await pilot.press("g", "j", "J", "J", "D")
        await asked(pilot)
        await pilot.press("y")
        await until(pilot, lambda: told(app, "one thing at a time"))
        assert screen.run_list.marks.count(7) == 2
        wait.set()
        await until(pilot, lambda: not app.operations.busy)
        assert app.store.runs.totals().runs == 7


async def test_what_can_be_taken_back_is_found_behind_all_that_cannot(app, data, monkeypatch):
    monkeypatch.setattr(undoing, "_AT_ONCE", 2)
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        with flightlog.open(data) as store:
            assert len(store.archive("name:no1|no2").done) == 2
            for _ in range(5):
                store.upkeep.note_policy(new_order(), "a policy")
            assert store.trash("name:no4").done == store.purge().done
        await pilot.press("z")
        assert "Undo: 2 runs archived" in await asked(pilot)
        await pilot.press("n")


async def test_all_of_a_workflow_is_deleted_only_by_its_name(app):
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("slash", *"workflow:report", "enter")
        await until(pilot, lambda: screen.run_list.ready and screen.run_list.lines == 1)
        for typed, left in (("triage", 1), ("report", 0)):
            await pilot.press("D")
            await asked(pilot)
            await pilot.press("y")
            assert "No run of report would be left." in await asked(pilot, Prompt)
            await pilot.press(*typed, "enter")
            await until(pilot, lambda left=left: screen.run_list.ready and screen.run_list.lines == left)
            await until(pilot, lambda: told(app, "that is not its name"))
            await until(pilot, lambda: app.screen is screen)
        assert app.store.runs.totals().runs == 6


async def test_a_run_that_goes_on_is_not_deleted(app, data):
    async with app.run_test(size=(120, 36)) as pilot:
        with flightlog.open(data) as other, other.run("triage"):
            await loaded(pilot, 8)
            await pilot.press("g", "D")
            await until(pilot, lambda: told(app, "nothing to rm: it is running"))


async def test_all_that_is_marked_goes_at_once(app):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        await pilot.press("slash", *"workflow:triage", "enter")
        await until(pilot, lambda: screen.run_list.ready and screen.run_list.lines == 6)
        await pilot.press("asterisk", "D")
        assert "Delete 6 runs (" in await asked(pilot)
        await pilot.press("y")
        await asked(pilot, Prompt)
        await pilot.press(*"triage", "enter")
        await until(pilot, lambda: screen.run_list.ready and screen.run_list.lines == 0)
        await until(pilot, lambda: not app.operations.busy)
        operation = app.store.upkeep.operations().items[0]
        assert (operation.kind, operation.done) == ("trash", 6)
        assert operation.why == "flightlog rm --where 'workflow:triage' --yes"


async def test_a_store_that_is_read_only_offers_none_of_it(data):
    app = FlightlogApp(lambda: flightlog.open(data, read_only=True))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot)
        assert "delete" not in text_of(screen).splitlines()[-1]
        for key in "ADRz":
            await pilot.press(key)
        await until(pilot, lambda: told(app, "read-only: nothing is changed"))
        assert app.screen is screen


def journals(data) -> dict[str, bytes]:
    """What the runs' files hold."""
    return {path.name: path.read_bytes() for path in (data / "runs").rglob("*.jsonl")}


async def test_a_run_is_archived_opened_where_it_lies_and_restored(app, data):
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await loaded(pilot)
        before = journals(data)
        await pilot.press("j", "A")
        assert "It stays readable; R restores it." in await asked(pilot)
        await pilot.press("y")
        await until(pilot, lambda: told(app, "1 run archived"))
        run = screen.run_list.cursor
        await until(pilot, lambda: screen.run_list.current is not None and screen.run_list.current.archived)
        assert f"{run}.jsonl" not in journals(data)
        await pilot.press("enter", "l")
        await until(pilot, lambda: "xxxx" in text_of(app.screen))
        await pilot.press("escape", "R")
        assert "Restore 1 run (" in await asked(pilot)
        await pilot.press("y")
        await until(pilot, lambda: told(app, "1 run restored"))
        assert journals(data) == before
        await until(pilot, lambda: not app.operations.busy)
        await pilot.press("z")
        assert "It goes back to the archive." in await asked(pilot)
        await pilot.press("y")
        await until(pilot, lambda: told(app, "1 run as before"))
        assert f"{run}.jsonl" not in journals(data)


WORDS = ("plan", "search", "rank", "draft", "review", "the", "candidates", "score", "within", "customer", "answer")


@pytest.mark.heavy
async def test_three_hundred_runs_are_archived_while_keys_answer(tmp_path, monkeypatch):
    random.seed(5)
    one, archived = engine.Operations._one, []
    monkeypatch.setattr(engine.Operations, "_one", lambda *given: archived.append(one(*given)) or archived[-1])
    data = tmp_path / "data"
    with flightlog.open(data, storage="file") as store:
        for number in range(300):
            with store.run("triage", name=f"no{number}") as run, run.step("plan") as step:
                for _ in range(150):
                    step.log(" ".join(random.choices(WORDS, k=14)), attempt=random.randint(1, 9))
    before = journals(data)
    app = FlightlogApp(lambda: flightlog.open(data))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await loaded(pilot, 300)
        await pilot.press("slash", *"workflow:triage", "enter")
        await until(pilot, lambda: screen.run_list.ready and screen.run_list.matching == 300)
        await pilot.press("asterisk", "A")
        assert "Archive 300 runs (" in await asked(pilot)
        # Not pressed by the pilot, which waits until nothing at all is to be done any more.
        app.post_message(events.Key("y", "y"))
        await until(pilot, lambda: app.operations.busy or told(app, "300 runs archived"))
        answered = []  # how many runs were archived before each key was answered
        while app.operations.busy:
            line, before_it = screen.run_list.cursor_line, len(archived)
            key = "j" if line < 100 else "g"
            app.post_message(events.Key(key, key))
            while screen.run_list.cursor_line == line:  # noqa: ASYNC110 - nobody tells when a key was answered
                await asyncio.sleep(0.005)
            answered.append(len(archived) - before_it)
        assert len(answered) > 20
        assert sorted(answered)[len(answered) // 2] < 5
        await until(pilot, lambda: told(app, "300 runs archived"))
        packed = sum(path.stat().st_size for path in (data / "archive").rglob("*.flz"))
        assert packed * 5 <= sum(map(len, before.values()))
        assert not journals(data)
        await pilot.press("z")
        await asked(pilot)
        await pilot.press("y")
        await until(pilot, lambda: told(app, "300 runs as before"), 120)
        assert journals(data) == before
