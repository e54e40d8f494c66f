"""A long statement of SQLite's is broken off by who has it done, and what it changed is undone."""

import os
import signal
import sqlite3
import threading
from contextlib import nullcontext

import flightlog
import pytest
from flightlog.backends.sqlite import heeding
from flightlog.core import progress as progressing
from flightlog.core.errors import Stopped
from flightlog.core.events import Json
from flightlog.core.operations import HALFWAY, Chosen, new_order
from flightlog.core.progress import Progress, telling

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT begun() UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n"


@pytest.mark.parametrize("by", ["another thread", "^C", "who closes it", "^C that nobody is told of"])
def test_a_statement_without_end_is_stopped(by):
    progress, connection = Progress(), sqlite3.connect(":memory:")
    ask = (lambda: os.kill(os.getpid(), signal.SIGINT)) if by.startswith("^C") else progress.stop
    alone = by in ("who closes it", "^C that nobody is told of")
    raised = KeyboardInterrupt if by == "^C that nobody is told of" else Stopped
    before, begun = signal.getsignal(signal.SIGINT), threading.Event()
    connection.create_function("begun", 0, lambda: begun.set() or 1)
    asking = threading.Thread(target=lambda: begun.wait(30) and ask())
    asking.start()
    told, heeded = (nullcontext(), [progress]) if alone else (telling(progress), [])
    with pytest.raises(raised), told, heeding.heeding(connection, *heeded):
        connection.execute(ENDLESS).fetchone()
    asking.join()
    assert progress.stopped is (raised is Stopped)
    assert signal.getsignal(signal.SIGINT) is before
    assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.fixture(params=["file", "sqlite"])
def data(request, tmp_path):
    with flightlog.open(tmp_path / "data", storage=request.param) as store:
        for name in ("big", "gone"):
            with store.run("w", name=name) as run:
                for number in range(300):
                    text: Json = f"{number} " * 200
                    run.log(str(text))
    return tmp_path / "data"


def test_a_database_that_is_being_compacted_can_be_left_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(heeding, "_STEPS", 10)
    with flightlog.open(tmp_path / "data", storage="sqlite") as store:
        for text in ("x" * 3_000_000, "short"):
            with store.run("w") as run:
                run.log(text)
        ids = {one.id for one in store.runs.recent("w")}
        list(store.upkeep.archive(new_order(), [Chosen(run=one) for one in ids]))
        seen, stopped = store.upkeep.compact(), Progress()
        assert seen.before_bytes - seen.after_bytes > 2_000_000
        stopped.stop()
        with pytest.raises(Stopped), telling(stopped):
            store.upkeep.compact(new_order())
        assert {one.id for one in store.runs.recent("w")} == ids
        assert [one for one in store.upkeep.check() if one.severity == "error"] == []
        done = store.upkeep.compact(new_order())
        assert done.before_bytes - done.after_bytes > 2_000_000
        assert {one.id for one in store.runs.recent("w")} == ids


@pytest.mark.parametrize("act", ["archive", "restore"])
def test_a_big_run_is_stopped_in_the_middle_and_is_as_it_was(data, monkeypatch, act):
    monkeypatch.setattr(progressing, "BIG", 1000)
    with flightlog.open(data) as store:
        run = store.runs.resolve("big")
        if act == "restore":
            list(store.upkeep.archive(new_order(), [Chosen(run=run)]))
        files = sorted(path for path in data.rglob("*") if path.is_file() and run in path.name)
        before, progress = store.runs.get(run), Progress()
        progress.stop()
        with telling(progress):
            doing = store.upkeep.archive(new_order(), [Chosen(run=run)])
            (done,) = doing if act == "archive" else store.upkeep.restore(new_order(), [run])
        assert (done.outcome, done.why) == ("skipped", HALFWAY)
        assert store.runs.get(run) == before
        assert sorted(path for path in data.rglob("*") if path.is_file() and run in path.name) == files
        (done,) = (
            store.upkeep.archive(new_order(), [Chosen(run=run)])
            if act == "archive"
            else store.upkeep.restore(new_order(), [run])
        )
        assert done.outcome == "done"
        assert store.upkeep.operations().items[0].unfinished is False
