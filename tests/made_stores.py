"""Empty SQLite databases, made once by the program itself and from then on of the statements that came of it.

Every test of a store makes one, two or four databases. To compile the history of the schema or its tables for each
took half of the processor's time of the contract tests. How they are made is proved by the files that
override the fixture `_made_once`; here the outcome is written down, word for word, and written again.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from flightlog.backends.sql import schema, tables
from sqlalchemy import Connection

_SHADOWS = "SELECT name FROM pragma_table_list WHERE type = 'shadow'"
_MADE = (
    "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    f" AND name NOT IN ({_SHADOWS}) ORDER BY rowid"
)
_FILLED = ("alembic_version", "state")

Make = Callable[..., None]


def remembering(make: Make) -> Make:
    """`make`, which is asked once in a process for each kind of empty database."""
    made: dict[object, list[tuple[str, tuple[Any, ...]]]] = {}

    def quickly(connection: Connection, *_: object, **how: Any) -> None:
        database: Any = connection.connection.driver_connection
        if not isinstance(database, sqlite3.Connection) or database.execute("SELECT 1 FROM sqlite_master").fetchone():
            make(connection, *_, **how)
            return
        kind = (*how.items(), schema.HEAD, tables.SCHEMA)
        if kind in made:
            for statement, values in made[kind]:
                database.execute(statement, values)
            return
        make(connection, *_, **how)
        made[kind] = _written_down(database)

    return quickly


MAKERS = {"upgrade": remembering(schema.upgrade), "_make": remembering(schema._make)}
"""By their names in `backends.sql.schema`."""


def _written_down(database: sqlite3.Connection) -> list[tuple[str, tuple[Any, ...]]]:
    statements: list[tuple[str, tuple[Any, ...]]] = [(sql, ()) for (sql,) in database.execute(_MADE)]
    there = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in there & set(_FILLED):
        rows = database.execute(f"SELECT * FROM {table}").fetchall()
        statements += [(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row) for row in rows]
    if "log_words_config" in there:
        told = database.execute("SELECT k, v FROM log_words_config WHERE k != 'version'").fetchall()
        statements += [("INSERT INTO log_words (log_words, rank) VALUES (?, ?)", pair) for pair in told]
    return statements
