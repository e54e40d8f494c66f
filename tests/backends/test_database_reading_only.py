"""A database that is only read: it is left as it is, and seen as it is now."""

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import NotFound, ReadOnly
from flightlog.core.query.query import EVERYTHING
from state_rows import keys, put


def snapshot(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


@pytest.mark.parametrize("truth", [True, False])
def test_reading_only_leaves_no_trace(index_path, truth):
    database = open_database(index_path, truth=truth)
    put(database, "a")
    database.close()
    before = snapshot(index_path.parent)
    reading = open_database(index_path, truth=truth, read_only=True)
    assert reading.read_only
    assert keys(reading) == {"a"}
    reading.changes()
    with pytest.raises(ReadOnly):
        put(reading, "b")
    reading.close()
    assert snapshot(index_path.parent) == before


def test_reading_only_sees_what_a_writer_that_is_open_has_committed(index_path):
    database = open_database(index_path, truth=False)
    put(database, "a")
    names = {entry.name for entry in index_path.parent.iterdir()}
    reading = open_database(index_path, truth=False, read_only=True)
    first = reading.changes()
    put(database, "b")
    assert keys(reading) == {"a", "b"}
    assert reading.changes() != first
    reading.close()
    assert {entry.name for entry in index_path.parent.iterdir()} == names
    database.close()


def test_reading_only_what_is_not_there(index_path):
    with pytest.raises(NotFound):
        open_database(index_path, truth=True, read_only=True)
    assert not list(index_path.parent.iterdir())


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
