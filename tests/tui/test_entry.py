"""Straight from the shell into a run: what the command line says, and what then is on screen."""

import subprocess
import sys
import threading

import click
import flightlog
import pytest
from click.testing import CliRunner
from flightlog.backends.glancing import newest_log
from flightlog.backends.ingest import catch_up
from flightlog.backends.ingest.batch import Batch
from flightlog.core.errors import StorageError
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.app import FlightlogApp
from flightlog.tui.cli import browse as browsing
from flightlog.tui.cli.main import main
from flightlog.tui.program.entry import Entry, Nowhere
from flightlog.tui.screens.run import RunScreen
from flightlog.tui.widgets.log_glance import LogGlance
from seeing import shows, text_of, until


@pytest.fixture
def data(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for name in ("first", "second", "third"):
            with store.run("triage", name=name) as run, run.step("ask") as step:
                step.log(f"entry {name}")
    return tmp_path / "data"


def ids_of(data):
    with flightlog.open(data) as store:
        return {run.name: run.id for run in store.runs.query(EVERYTHING).items}


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_it_opens_on_the_run_and_esc_leads_to_the_list_with_the_cursor_on_it(data, size):
    app = FlightlogApp(lambda: flightlog.open(data), name=str(data), entry=Entry("second", "logs"))
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "entry second", "second")
        assert isinstance(app.screen, RunScreen)
        assert app.screen.current == "logs"
        assert app.home.loader.loads == 0  # the list is read when somebody comes back to it
        await pilot.press("escape")
        await shows(pilot, "first", "third")
        assert app.screen is app.home
        await until(pilot, lambda: app.home.run_list.cursor == ids_of(data)["second"])
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))
    app.close()


def glance_into(data, run):
    return lambda limit: newest_log(data, run, limit=limit)


@pytest.mark.parametrize("size", [(120, 36), (40, 12)])
async def test_the_end_of_the_log_stands_there_before_the_store_is_open(data, size):
    run, may_open = ids_of(data)["second"], threading.Event()

    def opening():
        assert may_open.wait(30)
        return flightlog.open(data)

    entry = Entry(run, "logs", glance_into(data, run))
    app = FlightlogApp(opening, name=str(data), entry=entry)
    async with app.run_test(size=size) as pilot:
        seen = await shows(pilot, "entry second")
        await until(pilot, lambda: hasattr(app, "home") and app.screen is app.home)
        await until(pilot, lambda: text_of(app.screen) == seen)  # the list is behind it
        may_open.set()
        await until(pilot, lambda: not app.screen.query(LogGlance) and app.screen is not app.home)
        assert isinstance(app.screen, RunScreen)
        line = seen.split("\n")[3]
        assert " ask entry second" in line
        await until(pilot, lambda: text_of(app.screen).split("\n")[3] == line)  # it stands where it stood
        await pilot.press("escape")
        await shows(pilot, "first", "third")
        assert not app.screen.query(LogGlance)
    app.close()


async def test_a_store_that_cannot_be_opened_is_told_over_the_end_of_the_log(data):
    def opening():
        raise StorageError("the disk is away", where="x", advice="plug it in")

    run = ids_of(data)["second"]
    app = FlightlogApp(opening, entry=Entry(run, "logs", glance_into(data, run)))
    async with app.run_test() as pilot:
        await shows(pilot, "the disk is away")
        await until(pilot, lambda: not app.screen.query(LogGlance))
    app.close()


@pytest.mark.parametrize(("named", "told"), [("nobody", "there is no run 'nobody'"), ("01", "means several runs")])
async def test_a_run_that_is_not_there_ends_it_with_a_sentence(data, named, told):
    app = FlightlogApp(lambda: flightlog.open(data), entry=Entry(named, "overview"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.nowhere is not None)
    assert isinstance(app.nowhere, Nowhere)
    assert told in str(app.nowhere)
    app.close()


@pytest.fixture
def begun(monkeypatch):
    """Settings and entries with which the browser would have been run."""
    seen = []

    def run_browser(settings, *, entry):
        if entry is not None and entry.run == "nobody":
            raise Nowhere("there is no run 'nobody'", where=settings.data)
        seen.append((settings.data, entry))

    monkeypatch.setattr(browsing, "run_browser", run_browser)
    monkeypatch.setattr(browsing, "check_terminal", lambda: None)
    return seen


def test_the_words_may_stand_anywhere(begun, data):
    runs = ids_of(data)
    journal = str(next(data.glob(f"runs/*/{runs['first']}.jsonl")))
    for words, expected in (
        ([str(data)], None),
        ([str(data), "--run", "first"], Entry("first", "overview")),
        (["--run", "first", str(data), "--tab", "logs"], Entry("first", "logs")),
        (["browse", "--tab", "logs", "--run", "first", "--data", str(data)], Entry("first", "logs")),
        (["--run", "first", "--tab", "steps", "--data", str(data)], Entry("first", "steps")),
        ([journal], Entry(runs["first"], "overview")),
        ([journal, "--tab", "costs"], Entry(runs["first"], "costs")),
    ):
        begun.clear()
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
        assert begun == [(str(data), expected)], words


def test_wrong_use_is_said_in_a_sentence(begun, data):
    journal = str(next(data.glob("runs/*/*.jsonl")))
    for words, told in (
        (["--tab", "logs"], "say which with --run"),
        (["--run", "first", "ls"], "open the browser"),
        (["--run", "first", "--tab", "nonsense"], "there is no tab 'nonsense'"),
        ([journal, "--run", "first"], "leave --run out"),
        ([str(data), "--run", "nobody"], "there is no run 'nobody'"),
    ):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 2, words
        assert told in result.output
        assert isinstance(result.exception, SystemExit | click.UsageError)
    assert not begun


def test_a_file_that_is_no_journal_is_a_place_like_any_other(begun, data, tmp_path):
    other = tmp_path / "notes.jsonl"
    other.write_text("{}\n")
    states = data / "runs" / "x.states.jsonl"
    states.write_text("")
    for path in (other, states, tmp_path / "not-there.jsonl"):
        begun.clear()
        assert CliRunner().invoke(main, [str(path)]).exit_code == 0
        assert begun == [(str(path), None)]


def test_help_loads_nothing_for_it():
    code = (
        "import sys; from click.testing import CliRunner; from flightlog.tui.cli.main import main\n"
        "assert '--run' in CliRunner().invoke(main, ['--help']).output\n"
        "assert not {'msgspec', 'flightlog.core.runs'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd="/")


async def test_one_goes_anywhere_in_a_long_log_while_it_is_being_read(tmp_path, monkeypatch):
    with flightlog.open(tmp_path / "data", storage="file").run("w", name="long") as run:
        for number in range(2_000):
            run.log(f"entry {number:05}")
    read, portions, goes_on = Batch.read_events, [], threading.Event()

    def slow(self, *given):
        assert len(portions) < 2 or goes_on.wait(60)
        portions.append(read(self, *given))

    monkeypatch.setattr(Batch, "read_events", slow)
    monkeypatch.setattr(catch_up, "BATCH_BYTES", 20_000)
    app = FlightlogApp(lambda: flightlog.open(tmp_path / "data"), name="data", entry=Entry("long", "logs"))
    async with app.run_test(size=(120, 36)) as pilot:
        try:
            await shows(pilot, "entry 01999", "% read", "✔")
            await pilot.press("home")
            await shows(pilot, "entry 00000")
            assert "2,000 entries" not in text_of(app.screen)
        finally:
            goes_on.set()
        await shows(pilot, "2,000 entries")
        await until(pilot, lambda: "% read" not in text_of(app.screen))
    app.close()
