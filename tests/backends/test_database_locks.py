"""One write at a time: who waits for it, who lets others in, and who is named when it was waited for in vain."""

import os
import sqlite3
import threading
import time

import pytest
from flightlog.backends.sqlite import write_lock
from flightlog.backends.sqlite.engine import open_database
from flightlog.backends.sqlite.write_lock import WriteLock
from flightlog.core.errors import Locked
from state_rows import put


def test_a_writer_that_waits_in_vain_names_the_holder(index_path, monkeypatch):
    monkeypatch.setattr(write_lock, "WAIT_S", 0.1)
    lock = WriteLock(index_path)
    other = WriteLock(index_path)
    with lock.held(), pytest.raises(Locked, match=f"process {os.getpid()} "), other.held(0.1):
        pass
    with other.held(0.1):
        pass


def test_a_writer_waits_for_a_short_one(index_path):
    lock, other = WriteLock(index_path), WriteLock(index_path)
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with lock.held():
            begun.set()
            go_on.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    begun.wait(30)
    threading.Timer(0.05, go_on.set).start()
    with other.held(30):
        assert go_on.is_set()
    holder.join()


def test_a_writer_that_never_rests_lets_others_in(index_path):
    busy, other = WriteLock(index_path), WriteLock(index_path)
    stop = threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            with busy.held():
                time.sleep(0.25)

    writing = threading.Thread(target=write_on)
    writing.start()
    try:
        for _ in range(5):
            with other.held(30):
                pass
    finally:
        stop.set()
        writing.join()


def test_another_program_that_writes_is_named_as_such(index_path, monkeypatch):
    monkeypatch.setattr("flightlog.backends.sqlite.engine.WAIT_S", 0.1)
    database = open_database(index_path, truth=False)
    foreign = sqlite3.connect(index_path, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    with pytest.raises(Locked, match="another program"):
        put(database, "a")
    foreign.execute("ROLLBACK")
    foreign.close()
    put(database, "a")
    database.close()
