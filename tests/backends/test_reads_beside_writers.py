"""Reads while others write all the time: who is in a hurry waits for nobody, and finds at least his own."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import flightlog
import pytest
from flightlog.backends import waiting
from flightlog.backends.ingest import refresh
from flightlog.backends.open import _backends
from flightlog.backends.spool import shipper, shipping
from flightlog.backends.spool.turn import Turn
from flightlog.backends.sqlite.write_lock import WriteLock
from flightlog.core.errors import Locked
from flightlog.core.hurry import hurried

HOLDING = """
import sys
from pathlib import Path
from flightlog.backends.sqlite.write_lock import WriteLock
with WriteLock(Path(sys.argv[1])).held(60):
    print("held", flush=True)
    sys.stdin.readline()
"""


def until(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


@contextmanager
def another_writes(folder):
    """Another process has the lock of those who write the database, to the end of the block; gives what ends it."""
    command = [sys.executable, "-c", HOLDING, folder / "flightlog.db.lock"]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True, bufsize=1) as other:
        assert other.stdout.readline() == "held\n"
        yield other.stdin.close
        other.stdin.close()  # which it may be already


def left_behind(folder):
    """The id of a run that was recorded by a process which shipped nothing, and was killed."""
    code = f"""
import os, flightlog
store = flightlog.open({str(folder)!r})
store.recording.real._ship = lambda run: None
run = store.run("left")
run.log("behind")
print(run.id, flush=True)
os._exit(0)
"""
    return subprocess.run([sys.executable, "-c", code], stdout=-1, text=True, check=True).stdout.strip()


@pytest.fixture
def waits(monkeypatch):
    """How many seconds each that wanted to write would have waited for it; those who do, wait here for long."""
    asked, held = [], WriteLock.held

    def spied(self, wait=60.0):
        asked.append(wait)
        return held(self, wait if wait < 1 else 60)

    monkeypatch.setattr(WriteLock, "held", spied)
    return asked


@pytest.fixture
def store(tmp_path, waits):
    with flightlog.open(tmp_path) as store:
        store.run("w").finish()
        assert store.runs.totals().runs == 1
        until(lambda: not list((tmp_path / "spool").iterdir()))
        # Or its thread looks for what others left when a test is at that.
        until(lambda: shipping_of(store)._round_at is None)
        waits.clear()
        yield store


def shipping_of(store):
    return _backends[store].engine().shipping


def test_who_hurries_reads_what_is_committed_while_another_process_writes(tmp_path, monkeypatch, caplog, store, waits):
    left_behind(tmp_path)
    with hurried():
        with another_writes(tmp_path):
            assert [store.runs.totals().runs for _ in range(3)] == [1, 1, 1]
            assert waits and max(waits) <= refresh._MOMENT_S
            assert "cannot be brought up to date" not in caplog.text
            monkeypatch.setattr(refresh, "_RETRY_S", 0)  # as if that had gone on for long
            until(lambda: store.runs.totals().runs == 1 and "cannot be brought up to date" in caplog.text)
            assert max(waits) <= refresh._MOMENT_S
        until(lambda: store.runs.totals().runs == 2)


def test_who_does_not_hurry_waits_for_all_that_was_recorded(tmp_path, store, waits):
    run = left_behind(tmp_path)
    with ThreadPoolExecutor() as pool:
        with another_writes(tmp_path) as ends:
            found = pool.submit(store.runs.get, run)
            until(lambda: waits)
            assert max(waits) > 1 and not found.done()
            ends()
        assert found.result(60).logs == 1


def test_who_hurries_waits_for_what_the_store_itself_recorded(tmp_path, store, waits):
    def read(run):
        with hurried():
            return store.runs.get(run)

    with ThreadPoolExecutor() as pool:
        with another_writes(tmp_path) as ends:
            run = store.run("mine")
            run.log("seen")
            found = pool.submit(read, run.id)
            until(lambda: any(wait > 1 for wait in waits))
            assert not found.done()
            ends()
        assert found.result(60).logs == 1
    run.finish()


def test_who_hurries_waits_for_no_program_that_is_not_ours(tmp_path, monkeypatch):
    monkeypatch.setattr("flightlog.backends.sqlite.engine.WAIT_S", 1000.0)
    with flightlog.open(tmp_path) as store, hurried():
        assert store.runs.totals().runs == 0
        left_behind(tmp_path)
        with closing(sqlite3.connect(tmp_path / "flightlog.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert store.runs.totals().runs == 0
            other.execute("ROLLBACK")
        until(lambda: store.runs.totals().runs == 1)


def test_an_agent_that_finds_another_at_it_takes_along_what_others_have(tmp_path, store):
    left = left_behind(tmp_path)
    with Turn(tmp_path / "spool") as turn:
        assert turn.take()
        run = store.run("mine")
        until(lambda: shipping_of(store)._is_crowded)
    with closing(sqlite3.connect(f"file:{tmp_path / 'flightlog.db'}?mode=ro", uri=True)) as connection:
        until(lambda: {(run.id,), (left,)} <= set(connection.execute("SELECT run FROM journals")))
    run.finish()


def test_who_waits_for_a_turn_is_done_when_others_have_shipped_what_was_there(tmp_path, monkeypatch, store):
    monkeypatch.setattr(shipping, "_TURN_S", 1000.0)
    asked, take = [], Turn.take
    monkeypatch.setattr(Turn, "take", lambda self: asked.append(self) or take(self))
    left = left_behind(tmp_path)
    with flightlog.open(tmp_path) as other, ThreadPoolExecutor() as pool, Turn(tmp_path / "spool") as turn:
        theirs = shipping_of(other)
        assert take(turn)
        found = pool.submit(store.runs.get, left)
        until(lambda: len(asked) > 1)
        assert not found.done()
        theirs._catch_up.take([theirs._journal(left)], theirs._took)
        assert found.result(60).logs == 1


def test_a_turn_that_does_not_end_hinders_nobody_for_long(tmp_path, monkeypatch, store):
    monkeypatch.setattr(shipping, "_TURN_S", 0.05)
    monkeypatch.setattr(shipper, "_OTHERS_S", 0.05)
    left = left_behind(tmp_path)
    with Turn(tmp_path / "spool") as turn, store.run("mine") as run:
        assert turn.take()
        with closing(sqlite3.connect(f"file:{tmp_path / 'flightlog.db'}?mode=ro", uri=True)) as connection:
            until(lambda: (run.id,) in set(connection.execute("SELECT run FROM journals")))
        assert store.runs.get(left).logs == 1


def test_a_turn_is_given_back_also_where_a_child_was_forked_meanwhile(tmp_path):
    reading, writing = os.pipe()
    with Turn(tmp_path) as turn:
        assert turn.take()
        child = os.fork()
        if child == 0:
            os.close(writing)
            os.read(reading, 1)  # until the parent is done, or dead
            os._exit(0)
    try:
        with Turn(tmp_path) as one, Turn(tmp_path) as other:
            assert one.take() and not other.take()
    finally:
        os.close(writing)
        os.waitpid(child, 0)
        os.close(reading)


@pytest.mark.parametrize("seconds", [0, 10])
def test_a_limit_is_that_of_the_outermost_block(seconds):
    assert waiting.limited(5) == 5
    with waiting.at_most(seconds):
        assert waiting.limited(5) == min(seconds, 5)
        with waiting.at_most(60):
            assert waiting.limited(100) <= seconds
    assert waiting.limited(5) == 5


def test_a_thread_with_a_limit_does_not_wait_for_another_thread():
    lock = threading.Lock()
    with lock, waiting.at_most(0), pytest.raises(Locked), waiting.holding(lock, "here"):
        pass
    with waiting.at_most(0), waiting.holding(lock):
        assert lock.locked()
