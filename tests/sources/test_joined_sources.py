"""Sources that cannot be opened, come and go: they are named, and nothing else is in their way."""

import json
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from types import SimpleNamespace

import flightlog
import pytest
from beside import everything, foreign, name_sources, until
from click.testing import CliRunner
from flightlog.backends.joined import parts
from flightlog.backends.joined.joined_feed import JoinedWatch
from flightlog.backends.sources.langgraph.index import LangGraphIndex
from flightlog.backends.sources.langgraph.telling import Telling
from flightlog.core.config import Source
from flightlog.core.errors import NotFound, StorageError
from flightlog.tui.app import FlightlogApp
from flightlog.tui.cli.main import main


def damage(path):
    path.write_bytes(b"SQLite format 3\0" + bytes(range(256)) * 40)


def make_other(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mails (id TEXT)")


WRONG = {
    "gone": lambda path: None,
    "damaged": damage,
    "text": lambda path: path.write_text("no database" * 1000),
    "other": make_other,
    "folder": lambda path: path.mkdir(),
}


def test_a_source_that_comes_while_its_watch_is_closed_is_watched_by_nobody():
    """It may take long to open one, and who leaves the browser does not wait for that."""
    noticed, closed = [], []

    class OfOne:
        def close(self):
            closed.append(self)

    def watch(on_change):
        noticed.append(on_change)
        return OfOne()

    reading = SimpleNamespace(feed=SimpleNamespace(watch=watch))

    class Late:
        def ask(self, question):
            both.close()
            return question(reading)

    whole = SimpleNamespace(own=reading, sources=[])
    both = JoinedWatch(whole, lambda: None)
    whole.sources.append(Late())
    noticed[0]()
    assert len(noticed) == len(closed) == 2


@pytest.mark.parametrize("wrong", WRONG)
def test_a_source_that_cannot_be_opened_keeps_nothing_else_from_being_shown(folder, twenty, tmp_path, wrong):
    bad = tmp_path / "bad.sqlite"
    WRONG[wrong](bad)
    name_sources(folder, bad, twenty.path)
    with flightlog.open(folder) as store:
        assert {run.workflow for run in everything(store)} == {"triage", "mail-bot"}
        assert store.runs.get(foreign(store, "agent-1").id).source == "langgraph"
        with pytest.raises(StorageError):
            store.runs.get("nowhere")
        watch = store.feed.watch(lambda: None)
        assert watch.problem.startswith("source bad.sqlite: ")
        watch.close()
        (finding,) = [one for one in store.upkeep.check() if one.kind == "unreadable-source"]
        assert (finding.severity, finding.where) == ("error", str(bad)) and finding.advice


def test_a_missing_source_is_said_once_and_its_path_acts_on_no_terminal(folder, caplog):
    name_sources(folder, folder.parent / "\x1b]2;PWNED\x07.sqlite")
    with flightlog.open(folder) as store:
        for _ in range(3):
            assert store.runs.totals().runs == 7
    (record,) = caplog.records
    assert "PWNED" in record.getMessage() and "\x1b" not in record.getMessage() and "\x07" not in record.getMessage()


def test_a_source_that_goes_and_comes_back_is_named_and_shown_again(folder, twenty, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "AGAIN_S", 0.0)
    path = tmp_path / "live.sqlite"
    name_sources(folder, path)
    with flightlog.open(folder) as store:
        cursor = store.feed.cursor()
        watch = store.feed.watch(lambda: None)
        assert store.runs.totals().runs == 7 and "live.sqlite" in watch.problem
        shutil.copy(twenty.path, path)
        changes = until(lambda: store.feed.changes(cursor), lambda found: len(found.changed) > 20)
        until(lambda: watch.problem, lambda problem: problem == "")
        whole = store.runs.totals().runs
        assert whole == 7 + len(changes.changed)
        path.rename(tmp_path / "away.sqlite")
        until(store.runs.totals, lambda totals: totals.runs == 7)
        assert "live.sqlite" in watch.problem
        assert store.feed.changes(changes.cursor).changed == ()
        (tmp_path / "away.sqlite").rename(path)
        until(store.runs.totals, lambda totals: totals.runs == whole)
        until(lambda: watch.problem, lambda problem: problem == "")
        watch.close()


@pytest.mark.parametrize("how", ["ask", "find"])
def test_what_became_of_a_question_that_began_before_the_last_answer_tells_nothing(twenty, how):
    """A slow question that failed while the source was away must not take it away again; nor the other way round."""
    part = parts.Part(Source(type="langgraph", path=str(twenty.path)))
    asked, go_on = threading.Event(), threading.Event()
    gone = StorageError("it was away", where=twenty.path)

    def slowly(reading):
        asked.set()
        assert go_on.wait(20)
        raise gone

    thread = threading.Thread(target=lambda: part.ask(slowly))
    thread.start()
    assert asked.wait(20)
    assert getattr(part, how)(lambda reading: 1) == 1
    go_on.set()
    thread.join()
    assert part.problem == ""

    def late(reading):
        part.note(gone, part.number())
        return 1

    assert getattr(part, how)(late) == 1
    assert part.problem == f"source {twenty.path.name}: it was away"
    part.close()


def test_what_may_be_in_a_source_that_cannot_be_read_is_not_said_to_be_nowhere(folder, twenty, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "AGAIN_S", 0.0)
    path = tmp_path / "live.sqlite"
    shutil.copy(twenty.path, path)
    name_sources(folder, path)
    unless = "unless in what cannot be read just now: source live.sqlite: "
    with flightlog.open(folder) as store:
        run = next(run.id for run in everything(store) if run.source and run.checkpoints)
        point = store.checkpoints.list(run)[-1].id
    away = tmp_path / "away.sqlite"
    path.rename(away)
    with flightlog.open(folder) as store:
        asked = (store.runs.get, store.runs.resolve, store.checkpoints.get, store.runs.steps)
        for ask, id in zip(asked, (run, run[:20], point, run), strict=True):
            with pytest.raises(StorageError, match=unless) as told:
                ask(id)
            assert not isinstance(told.value, NotFound) and told.value.where == str(path)
        assert store.runs.totals().runs == 7
        away.rename(path)
        assert store.runs.get(run).source == "langgraph"
        with pytest.raises(NotFound):
            store.runs.get("nowhere")
        path.rename(away)
        # Also where it was read before, and where it is known that it has the run.
        with pytest.raises(StorageError, match=unless):
            store.runs.get("nowhere")
        with pytest.raises(StorageError, match=r"^source live\.sqlite cannot be read just now: "):
            store.runs.get(run)


def call(*words, code=0):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_the_verbs_show_both_and_name_what_is_missing(folder, twenty, tmp_path):
    name_sources(folder, twenty.path, tmp_path / "gone.sqlite")
    rows = [json.loads(line) for line in call("ls", "--json", "--limit", "99", "--data", folder).stdout.splitlines()]
    assert {row.get("source") for row in rows} == {None, "langgraph"}
    (run,) = [row for row in rows if row.get("source_id") == "asked"]
    assert "mail-bot" in call("ls", "--data", folder).stdout
    assert "langgraph asked" in call("show", run["id"], "--data", folder).stdout
    assert "needle 3" in call("search", "needle", "--data", folder).stdout
    assert "gpt-4o" in call("costs", "--by", "model", "--data", folder).stdout
    refused = call("pin", run["id"], "--data", folder, code=1)
    assert "a LangGraph database is only read" in refused.output
    assert "gone.sqlite" in call("doctor", "--data", folder, code=3).stdout


def screen_text(screen):
    return "\n".join(strip.text for strip in screen._compositor.render_strips(screen.size))


async def test_the_browser_lists_both_and_names_what_is_missing(folder, twenty, tmp_path):
    name_sources(folder, twenty.path, tmp_path / "gone.sqlite")
    app = FlightlogApp(lambda: flightlog.open(folder))
    async with app.run_test(size=(140, 50)) as pilot:
        end = time.monotonic() + 30
        while not all(text in (shown := screen_text(app.screen)) for text in ("gone.sqlite", "mail-bot", "own 6")):
            assert time.monotonic() < end, shown
            await pilot.pause(0.05)
    app.close()


def close_meanwhile(app, progress, may):
    """Closes the program while a thread is held, which may go on when it was told to stop."""
    closing, end = threading.Thread(target=app.close), time.monotonic() + 30
    closing.start()
    while not progress.stopped:
        assert time.monotonic() < end
        time.sleep(0.01)
    may.set()
    closing.join(60)
    assert not closing.is_alive()


async def test_who_quits_while_an_index_is_made_waits_for_one_thread_of_it_and_the_next_start_goes_on(
    folder, twenty, monkeypatch
):
    came, may, indexes, threads = threading.Event(), threading.Event(), [], []
    take, tell = LangGraphIndex._take_group, Telling._told

    def taken(index, *words):
        indexes.append(index)
        return take(index, *words)

    def told(telling, *words):
        threads.append(words)
        if len(threads) == 3:
            came.set()
            assert may.wait(60)
        return tell(telling, *words)

    async def until(condition):
        end = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < end, screen_text(app.screen)
            await pilot.pause(0.02)

    monkeypatch.setattr(LangGraphIndex, "_take_group", taken)
    monkeypatch.setattr(Telling, "_told", told)
    name_sources(folder, twenty.path)
    app = FlightlogApp(lambda: flightlog.open(folder))
    async with app.run_test(size=(100, 30)) as pilot:
        await until(came.is_set)
        await until(lambda: f" threads of {twenty.path.name} read" in screen_text(app.screen))
        await pilot.press("X")
        await until(lambda: any("q quits, and the next start goes on" in note.message for note in app._notifications))
        await pilot.press("q")
        await until(lambda: app._exit)
    close_meanwhile(app, indexes[0].progress, may)
    assert len(threads) == 3
    with flightlog.open(folder) as store:
        assert store.runs.totals().runs > 20 and not [one for one in store.upkeep.check() if one.severity == "error"]
