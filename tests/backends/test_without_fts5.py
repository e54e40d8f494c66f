"""An SQLite without FTS5: everything is found all the same, and it is said once."""

import _sqlite3
import ctypes
import logging
import sqlite3
from contextlib import contextmanager

import flightlog
import pytest
from flightlog.backends.sql import words_kept
from flightlog.core.query.query import EVERYTHING, parse

KEPT = ("json_each", "json_tree", "pragma_module_list", "rtree")


@pytest.fixture(autouse=True)
def _made_once() -> None:
    """Here the program itself makes every table."""


def without_fts5(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Takes the module away from a connection, as if SQLite had been built without it."""
    library = ctypes.CDLL(_sqlite3.__file__)
    # A connection begins with what every object begins with, and then holds SQLite's own handle.
    handle = ctypes.c_void_p.from_address(id(connection) + object.__basicsize__)
    names = (ctypes.c_char_p * (len(KEPT) + 1))(*(name.encode() for name in KEPT), None)
    assert library.sqlite3_drop_modules(handle, names) == 0
    return connection


@contextmanager
def an_old_sqlite(monkeypatch):
    with monkeypatch.context() as patched:
        real = sqlite3.connect
        patched.setattr(sqlite3, "connect", lambda *args, **options: without_fts5(real(*args, **options)))
        words_kept._say.cache_clear()
        yield


def record(store, *messages):
    with store.run("w") as run:
        for message in messages:
            run.log(message)
    return run.id


def check(store, told):
    for word in ("needle", "hay", "nothing"):
        having = sorted((run for run, said in told.items() if word in said), reverse=True)
        assert [entry.run for entry in store.logs.search(word, EVERYTHING)] == having
        assert [run.id for run in store.runs.query(parse(f"log:{word}")).items] == having
        assert store.runs.count(parse(f"log:{word}")) == len(having) == store.runs.totals(parse(f"log:{word}")).runs


def test_the_module_is_really_absent():
    with pytest.raises(sqlite3.OperationalError, match="no such module"):
        without_fts5(sqlite3.connect(":memory:")).execute("CREATE VIRTUAL TABLE t USING fts5(a)")


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_without_it_the_logs_are_read_and_one_sentence_says_so(tmp_path, monkeypatch, caplog, storage):
    told = {}
    with an_old_sqlite(monkeypatch), caplog.at_level(logging.WARNING, "flightlog"):
        with flightlog.open(tmp_path, storage=storage) as store:
            for words in (("needle", "hay"), ("hay",), ()):
                told[record(store, *words)] = words
            check(store, told)
            (finding,) = (one for one in store.upkeep.check() if one.kind == "no-full-text")
            assert finding.severity == "note" and finding.what == words_kept.WITHOUT
        assert caplog.messages.count(words_kept.WITHOUT) == 1
    # The same place with an SQLite that has it: the index is made, and has everything.
    with flightlog.open(tmp_path) as store:
        told[record(store, "needle")] = ("needle",)
        check(store, told)
        assert not [one for one in store.upkeep.check() if one.kind == "no-full-text"]
        with store.runs._database.read() as connection:
            assert words_kept.are_kept(connection)
    # And back: what the index knows cannot be asked, and is found all the same.
    with an_old_sqlite(monkeypatch), flightlog.open(tmp_path) as store:
        told[record(store, "hay")] = ("hay",)
        check(store, told)


def test_who_may_only_read_a_database_that_has_no_index_of_words(tmp_path, monkeypatch):
    with an_old_sqlite(monkeypatch), flightlog.open(tmp_path, storage="sqlite") as store:
        told = {record(store, "needle"): ("needle",)}
    with flightlog.open(tmp_path, read_only=True) as store:
        check(store, told)
