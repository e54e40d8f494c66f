"""The write-ahead log: small, and never checkpointed by anybody who does not hold the writers' lock."""

import fcntl
import os
import threading
import time
from pathlib import Path

import pytest
from flightlog.backends.sql import tables
from flightlog.backends.sqlite import connecting, sqlite_wal
from flightlog.backends.sqlite import engine as opening
from flightlog.backends.sqlite.engine import open_database, sqlite_is_fixed

MB = 1 << 20


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "x.db"


def fill(database, size: int) -> None:
    with database.write() as connection:
        connection.execute(tables.run_bodies.insert(), {"run": os.urandom(8).hex(), "words": "x" * size})


def wal(path: Path) -> int:
    return path.with_name(path.name + "-wal").stat().st_size


@pytest.mark.parametrize(
    ("version", "fixed"),
    [
        ((3, 6, 23), True),
        ((3, 7, 0), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), False),
        ((3, 53, 0), True),
    ],
)
def test_which_releases_are_fixed(version, fixed):
    assert sqlite_is_fixed(version) == fixed


def test_settings_of_connections(path):
    for truth, synchronous in ((True, 2), (False, 1)):
        file = path.with_suffix(f".{truth}")
        database = open_database(file, truth=truth)
        with database.write() as connection:
            found = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint", "busy_timeout")
            }
        assert found == {
            "journal_mode": "wal",
            "synchronous": synchronous,
            "foreign_keys": 1,
            "wal_autocheckpoint": 0,
            "busy_timeout": 5000,
        }
        with database.read() as connection, pytest.raises(Exception, match="readonly"):
            connection.exec_driver_sql("DELETE FROM state")
        database.close()


def test_the_log_stays_small_while_much_is_written(path):
    database = open_database(path, truth=False)
    largest = 0
    for _ in range(120):
        fill(database, MB // 2)
        largest = max(largest, wal(path))
    assert largest < 8 * MB
    assert path.stat().st_size > 40 * MB
    database.close()


@pytest.mark.parametrize("sizes", [(5,), (5, 6, 7, 8)], ids=str)
def test_the_log_stays_small_though_every_commit_is_large(path, sizes):
    database = open_database(path, truth=False)
    largest = 0
    for number in range(16):
        fill(database, sizes[number % len(sizes)] * MB)
        largest = max(largest, wal(path))
    assert largest < 3 * max(sizes) * MB + 4 * MB
    database.close()


def test_the_log_is_bounded_though_somebody_always_reads(path):
    database = open_database(path, truth=False)
    stop, changed, reading, alone = threading.Event(), threading.Condition(), [0], []

    def read() -> None:
        while not stop.is_set():
            with database.read() as connection:
                connection.exec_driver_sql("SELECT * FROM state").all()
                with changed:
                    reading[0] += 1
                    changed.notify_all()
                time.sleep(0.03)
                with changed:
                    # There is never a moment without a reader: each goes on until another has begun.
                    changed.wait_for(lambda: reading[0] > 1 or stop.is_set())
                    reading[0] -= 1

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    with changed:
        assert changed.wait_for(lambda: reading[0], 30)
    largest = 0
    for _ in range(160):
        fill(database, MB // 2)
        largest = max(largest, wal(path))
        alone.append(not reading[0])
    with changed:
        stop.set()
        changed.notify_all()
    for thread in threads:
        thread.join()
    assert largest < 64 * MB
    assert not any(alone)
    database.close()


def test_a_reader_that_was_stopped_does_not_stop_the_writers(path, monkeypatch):
    monkeypatch.setattr(sqlite_wal, "_TRUNCATE_BYTES", 6 * MB)
    monkeypatch.setattr(sqlite_wal, "_TRUNCATE_WAITS_MS", 20)
    database = open_database(path, truth=False)
    stopped = connecting.connect(path, "mode=ro")
    stopped.execute("BEGIN")
    stopped.execute("SELECT * FROM state").fetchall()
    for _ in range(40):
        fill(database, MB // 2)
    assert wal(path) > 15 * MB
    with database.write() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 5000
    stopped.close()
    for _ in range(20):
        fill(database, MB // 2)
    assert wal(path) < 6 * MB
    database.close()


def test_checkpoints_happen_only_under_the_writers_lock(path, monkeypatch):
    """Every statement of every connection is looked at: while a checkpoint runs, the lock is taken."""
    seen = []
    connect = opening.connect

    def watched(*args):
        connection = connect(*args)

        def note(statement: str) -> None:
            if "wal_checkpoint" in statement:
                seen.append((statement, is_locked(path)))

        connection.set_trace_callback(note)
        return connection

    monkeypatch.setattr(opening, "connect", watched)
    database = open_database(path, truth=False)
    for _ in range(30):
        fill(database, MB // 2)
        with database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
    database.close()
    checkpoints = [locked for _, locked in seen]
    assert len(checkpoints) >= 2
    assert all(checkpoints)


def is_locked(path: Path) -> bool:
    fd = os.open(f"{path}.lock", os.O_RDWR)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False


def test_a_reader_that_closes_last_leaves_the_log_as_it_is(path):
    database = open_database(path, truth=False)
    reader = connecting.connect(path, "mode=ro")
    fill(database, 1000)
    reader.execute("SELECT * FROM state").fetchall()
    database.close()
    frames = wal(path)
    assert frames > 0
    reader.close()
    assert wal(path) == frames
    again = open_database(path, truth=False)
    again.close()
    assert not path.with_name("x.db-wal").exists()


def test_closing_takes_the_log_away_also_when_nothing_was_written(path):
    for _ in range(2):
        database = open_database(path, truth=False)
        with database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
        database.close()
        assert sorted(entry.name for entry in path.parent.iterdir()) == ["x.db", "x.db.lock", "x.db.use"]
