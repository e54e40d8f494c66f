"""What tests are given as an empty database is what the program makes."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flightlog.backends.sql import schema
from flightlog.backends.sqlite.engine import open_database
from made_stores import remembering


@pytest.fixture(autouse=True)
def _made_once() -> None:
    """Here the program itself makes every table."""


def made(path: Path, *, truth: bool) -> dict[str, object]:
    """All that an empty database has: its tables and indexes word for word, and their rows."""
    open_database(path, truth=truth).close()
    with closing(sqlite3.connect(path)) as database:
        said = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        tables = [name for kind, name, _, _ in said if kind == "table" and name != "log_words"]
        rows = {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
        return rows | {"": sorted(said, key=str)}


@pytest.mark.parametrize("truth", [True, False])
def test_an_empty_database_is_written_again_as_it_was_made(tmp_path, monkeypatch, truth):
    asked = []
    real = made(tmp_path / "real", truth=truth)
    name = "upgrade" if truth else "_make"
    making = getattr(schema, name)
    quickly = remembering(lambda *words, **how: (asked.append(how), making(*words, **how)))
    monkeypatch.setattr(schema, name, quickly)
    assert made(tmp_path / "first", truth=truth) == real
    assert made(tmp_path / "second", truth=truth) == real
    assert len(asked) == 1


def test_what_is_not_empty_is_left_to_the_program(tmp_path, monkeypatch):
    for name in ("upgrade", "_make"):
        monkeypatch.setattr(schema, name, remembering(getattr(schema, name)))
    open_database(tmp_path / "index", truth=False).close()
    with closing(sqlite3.connect(tmp_path / "index")) as database:
        database.execute("UPDATE state SET value = 'old' WHERE key = 'schema'")
        database.execute("CREATE TABLE stale (n)")
        database.commit()
    again = made(tmp_path / "index", truth=False)
    assert "stale" not in again and again == made(tmp_path / "other", truth=False)
