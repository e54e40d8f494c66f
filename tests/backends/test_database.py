"""The database: reads beside writes, one write at a time, and errors that a person can act on."""

import gc
import os
import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.sql import tables
from flightlog.backends.sqlite import write_lock
from flightlog.backends.sqlite.engine import open_database, set_aside
from flightlog.backends.sqlite.write_lock import WriteLock
from flightlog.core.errors import Conflict, Corrupt, Locked, NotFound, ReadOnly, StorageError
from flightlog.core.query.query import EVERYTHING
from sqlalchemy import func, select, text

STATE = tables.state


@pytest.fixture(params=["truth", "index", "memory"])
def database(request, tmp_path):
    path = None if request.param == "memory" else tmp_path / "a?b#c%20.db"
    opened = open_database(path, truth=request.param == "truth")
    yield opened
    opened.close()


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "index.db"


def put(database, key: str, value: str = "") -> None:
    with database.write() as connection:
        connection.execute(STATE.insert(), {"key": key, "value": value})


def keys(database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(select(STATE.c.key))) - {"schema"}


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


def test_a_forked_child_never_frees_what_it_inherited(path):
    database = open_database(path, truth=False)
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


def test_files_are_for_their_owner_alone(path):
    before = os.umask(0)
    try:
        database = open_database(path, truth=False)
        put(database, "a")
        assert {entry.name: entry.stat().st_mode & 0o077 for entry in path.parent.iterdir()} == {
            name: 0 for name in ("index.db", "index.db-wal", "index.db-shm", "index.db.lock", "index.db.use")
        }
        database.close()
    finally:
        os.umask(before)


def test_a_writer_that_waits_in_vain_names_the_holder(path, monkeypatch):
    monkeypatch.setattr(write_lock, "WAIT_S", 0.1)
    lock = WriteLock(path)
    other = WriteLock(path)
    with lock.held(), pytest.raises(Locked, match=f"process {os.getpid()} "), other.held(0.1):
        pass
    with other.held(0.1):
        pass


def test_a_writer_waits_for_a_short_one(path):
    lock, other = WriteLock(path), WriteLock(path)
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


def test_a_writer_that_never_rests_lets_others_in(path):
    busy, other = WriteLock(path), WriteLock(path)
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


def test_another_program_that_writes_is_named_as_such(path, monkeypatch):
    monkeypatch.setattr("flightlog.backends.sqlite.engine.WAIT_S", 0.1)
    database = open_database(path, truth=False)
    foreign = sqlite3.connect(path, isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    with pytest.raises(Locked, match="another program"):
        put(database, "a")
    foreign.execute("ROLLBACK")
    foreign.close()
    put(database, "a")
    database.close()


def test_a_full_disk_is_an_error_and_nothing_is_half_done(path):
    database = open_database(path, truth=False)
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


@pytest.mark.parametrize("damage", [b"this is no database at all " * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_index_is_remade_and_damaged_truth_is_left_alone(path, damage):
    path.write_bytes(damage)
    with pytest.raises(Corrupt, match="flightlog doctor"):
        open_database(path, truth=True)
    assert path.read_bytes() == damage
    database = open_database(path, truth=False)
    put(database, "a")
    assert keys(database) == {"a"}
    database.close()


def test_a_damaged_index_in_use_elsewhere_is_not_taken_away(path):
    database = open_database(path, truth=False)
    with pytest.raises(Corrupt, match="another process has it open"):
        set_aside(path)
    assert path.exists()
    database.close()
    set_aside(path)
    assert not path.exists()


def test_an_index_of_another_schema_is_remade_in_place(path):
    first = open_database(path, truth=False)
    put(first, "a")
    with first.write() as connection:
        connection.execute(STATE.update().where(STATE.c.key == "schema").values(value="0"))
        connection.execute(text("CREATE TABLE old (a)"))
    inode = path.stat().st_ino
    second = open_database(path, truth=False)
    assert keys(second) == keys(first) == set()
    assert path.stat().st_ino == inode
    second.close()
    first.close()


def test_somebody_elses_database_is_refused_as_truth_and_left_alone(path):
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE theirs (a)")
    foreign.close()
    with pytest.raises(StorageError, match="none of Flightlog's"):
        open_database(path, truth=True)
    with sqlite3.connect(path) as foreign:
        assert foreign.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    foreign.close()


def test_a_folder_that_is_missing_or_a_file_is_an_error(tmp_path):
    with pytest.raises(StorageError):
        open_database(tmp_path / "no" / "such" / "x.db", truth=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        open_database(tmp_path / "file" / "x.db", truth=True)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


@pytest.mark.parametrize("truth", [True, False])
def test_reading_only_leaves_no_trace(path, truth):
    database = open_database(path, truth=truth)
    put(database, "a")
    database.close()
    before = snapshot(path.parent)
    reading = open_database(path, truth=truth, read_only=True)
    assert reading.read_only
    assert keys(reading) == {"a"}
    reading.changes()
    with pytest.raises(ReadOnly):
        put(reading, "b")
    reading.close()
    assert snapshot(path.parent) == before


def test_reading_only_sees_what_a_writer_that_is_open_has_committed(path):
    database = open_database(path, truth=False)
    put(database, "a")
    names = {entry.name for entry in path.parent.iterdir()}
    reading = open_database(path, truth=False, read_only=True)
    first = reading.changes()
    put(database, "b")
    assert keys(reading) == {"a", "b"}
    assert reading.changes() != first
    reading.close()
    assert {entry.name for entry in path.parent.iterdir()} == names
    database.close()


def test_reading_only_what_is_not_there(path):
    with pytest.raises(NotFound):
        open_database(path, truth=True, read_only=True)
    assert not list(path.parent.iterdir())


def test_a_folder_that_cannot_be_written_can_be_read():
    # Root may write everywhere, so a child becomes nobody; and pytest's own folders are closed to it.
    folder = Path(tempfile.mkdtemp())
    database = open_database(folder / "x.db", truth=True)
    put(database, "a")
    database.close()
    (folder / "x.db").chmod(0o444)
    folder.chmod(0o555)
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setuid(65534)
        reading = open_database(folder / "x.db", truth=True, read_only=True)
        os._exit(0 if keys(reading) == {"a"} and not os.access(folder, os.W_OK) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    folder.chmod(0o700)
    shutil.rmtree(folder)


def test_reading_keeps_little_of_the_file_and_no_connection_more_than_was_needed_at_once(tmp_path, monkeypatch):
    made = []
    connect = sqlite3.connect

    def counted(*args, **options):
        made.append(connect(*args, **options))
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", counted)
    with flightlog.open(tmp_path, storage="sqlite") as store, store.run("triage") as run:
        run.log("hello")
    made.clear()
    with flightlog.open(tmp_path) as store:
        watch = store.feed.watch(lambda: None)
        for _ in range(3):
            assert store.runs.totals().runs == 1
            assert store.logs.query(run.id)
            assert len(store.runs.query(EVERYTHING).items) == 1
        watch.close()
        sizes = sorted(connection.execute("PRAGMA cache_size").fetchone()[0] for connection in made)
    assert sizes == [-16000, -500, -500]  # what writes, what reads, and what sees that others have written
