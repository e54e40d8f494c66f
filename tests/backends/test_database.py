"""The database: reads beside writes, threads and forks, and errors that a person can act on."""

import gc
import os
import threading
import weakref

import pytest
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import Conflict, StorageError
from sqlalchemy import func, select, text
from state_rows import STATE, keys, put


@pytest.fixture(params=["truth", "index", "memory"])
def database(request, tmp_path):
    path = None if request.param == "memory" else tmp_path / "a?b#c%20.db"
    opened = open_database(path, truth=request.param == "truth")
    yield opened
    opened.close()


def test_what_is_written_is_read(database):
    put(database, "a")
    assert keys(database) == {"a"}


def test_an_exception_undoes_the_whole_write_tables_included(database):
    def half() -> None:
        with database.write() as connection:
            connection.execute(STATE.insert(), {"key": "a", "value": ""})
            connection.execute(text("CREATE TABLE extra (a)"))
            raise KeyError

    with pytest.raises(KeyError):
        half()
    assert keys(database) == set()
    with database.read() as connection:
        assert not connection.scalar(text("SELECT count(*) FROM sqlite_master WHERE name = 'extra'"))


def test_nested_uses_in_one_thread(database):
    with database.read() as outer, database.read() as inner:
        assert inner is outer
        put(database, "a")
    with database.write() as writing:
        put(database, "b")
        with database.read() as reading:
            assert reading is writing
        assert "b" in keys(database)
    assert keys(database) == {"a", "b"}


def test_a_write_that_joined_another_goes_with_it(database):
    def joined() -> None:
        with database.write():
            put(database, "a")
            raise KeyError

    with pytest.raises(KeyError):
        joined()
    assert keys(database) == set()


def test_a_read_is_of_one_moment(tmp_path):
    database = open_database(tmp_path / "x.db", truth=False)
    with database.read() as connection:
        before = connection.scalar(select(func.count()).select_from(STATE))
        other = threading.Thread(target=put, args=(database, "a"))
        other.start()
        other.join()
        assert connection.scalar(select(func.count()).select_from(STATE)) == before
    assert keys(database) == {"a"}
    database.close()


def test_threads_share_a_database(database):
    wrong = []

    def work(number: int) -> None:
        try:
            for turn in range(20):
                put(database, f"{number}-{turn}")
                assert f"{number}-{turn}" in keys(database)
        except Exception as error:  # noqa: BLE001 - shown below
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(keys(database)) == 160


def test_changes_differ_after_each_commit_and_not_without_one(database):
    seen = [database.changes(), database.changes()]
    put(database, "a")
    seen += [database.changes(), database.changes()]
    assert seen[0] == seen[1] != seen[2] == seen[3]


def test_closed_is_closed(database):
    database.close()
    database.close()
    with pytest.raises(StorageError, match="was closed"), database.read():
        pass


def test_a_forked_child_is_told_to_open_its_own(database):
    put(database, "a")
    child = os.fork()
    if child == 0:
        try:
            with database.read():
                os._exit(1)
        except StorageError as error:
            os._exit(0 if "fork" in str(error) else 2)
        finally:
            os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    put(database, "b")


def test_changes_differ_after_a_commit_with_a_fork_in_between(database):
    seen = {database.changes()}
    for key in "abc":
        if (child := os.fork()) == 0:
            os._exit(0)
        os.waitpid(child, 0)
        put(database, key)
        seen.add(database.changes())
    assert len(seen) == 4
    assert keys(database) == {"a", "b", "c"}


def test_a_forked_child_never_frees_what_it_inherited(index_path):
    database = open_database(index_path, truth=False)
    held = weakref.ref(database)
    child = os.fork()
    if child == 0:
        del database
        gc.collect()
        os._exit(0 if held() is not None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    database.close()
    del database
    gc.collect()
    assert held() is None


def test_files_are_for_their_owner_alone(index_path):
    before = os.umask(0)
    try:
        database = open_database(index_path, truth=False)
        put(database, "a")
        assert {entry.name: entry.stat().st_mode & 0o077 for entry in index_path.parent.iterdir()} == {
            name: 0 for name in ("index.db", "index.db-wal", "index.db-shm", "index.db.lock", "index.db.use")
        }
        database.close()
    finally:
        os.umask(before)


def test_a_full_disk_is_an_error_and_nothing_is_half_done(index_path):
    database = open_database(index_path, truth=False)
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=150")
    with pytest.raises(StorageError, match="disk is full"):
        put(database, "big", "x" * 4_000_000)
    assert keys(database) == set()
    put(database, "small")
    database.close()


def test_a_row_that_is_refused_is_a_conflict(database):
    put(database, "a")
    with pytest.raises(Conflict):
        put(database, "a")


def test_text_that_cannot_be_looked_for_is_an_error_of_ours(database):
    with database.read() as connection:  # no row can have it
        assert connection.execute(select(STATE).where(STATE.c.key == "\ud800")).all() == []
    with pytest.raises(StorageError, match="surrogate"), database.read() as connection:
        connection.exec_driver_sql("SELECT ?", ("\ud800",))
