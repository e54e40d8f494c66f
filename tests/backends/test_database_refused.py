"""A file that is damaged, of another schema or somebody else's: an index is made anew, truth is left alone."""

import sqlite3

import pytest
from flightlog.backends.sqlite.engine import open_database, set_aside
from flightlog.core.errors import Corrupt, StorageError
from sqlalchemy import text
from state_rows import STATE, keys, put


@pytest.mark.parametrize("damage", [b"this is no database at all " * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_index_is_remade_and_damaged_truth_is_left_alone(index_path, damage):
    index_path.write_bytes(damage)
    with pytest.raises(Corrupt, match="flightlog doctor"):
        open_database(index_path, truth=True)
    assert index_path.read_bytes() == damage
    database = open_database(index_path, truth=False)
    put(database, "a")
    assert keys(database) == {"a"}
    database.close()


def test_a_damaged_index_in_use_elsewhere_is_not_taken_away(index_path):
    database = open_database(index_path, truth=False)
    with pytest.raises(Corrupt, match="another process has it open"):
        set_aside(index_path)
    assert index_path.exists()
    database.close()
    set_aside(index_path)
    assert not index_path.exists()


def test_an_index_of_another_schema_is_remade_in_place(index_path):
    first = open_database(index_path, truth=False)
    put(first, "a")
    with first.write() as connection:
        connection.execute(STATE.update().where(STATE.c.key == "schema").values(value="0"))
        connection.execute(text("CREATE TABLE old (a)"))
    inode = index_path.stat().st_ino
    second = open_database(index_path, truth=False)
    assert keys(second) == keys(first) == set()
    assert index_path.stat().st_ino == inode
    second.close()
    first.close()


def test_somebody_elses_database_is_refused_as_truth_and_left_alone(index_path):
    with sqlite3.connect(index_path) as foreign:
        foreign.execute("CREATE TABLE theirs (a)")
    foreign.close()
    with pytest.raises(StorageError, match="none of Flightlog's"):
        open_database(index_path, truth=True)
    with sqlite3.connect(index_path) as foreign:
        assert foreign.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    foreign.close()


def test_a_folder_that_is_missing_or_a_file_is_an_error(tmp_path):
    with pytest.raises(StorageError):
        open_database(tmp_path / "no" / "such" / "x.db", truth=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        open_database(tmp_path / "file" / "x.db", truth=True)
