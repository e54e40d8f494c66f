"""Which schema a database has, and how it gets the present one.

The truth has a history (Alembic, `migrations/`); an index is simply made anew. In the common
case, the schema is the present one, and two small reads are all that opening costs.
"""

import time
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection, MetaData, inspect, select, text

from ...core.errors import Locked, StorageError
from ...core.progress import Progress, told
from . import tables
from .claims import SCHEMA, claim, exclude_writers
from .database import Database
from .migrations import HEAD, upgrade

PATIENCE_S = 60.0
"""How long a start waits for another process that is changing the schema."""


class Precaution(Protocol):
    """What is done about an upgrade beside its transaction, by who holds the writers' lock."""

    def make(self) -> None:
        """Before anything is changed; what it raises leaves the database as it is."""

    def heeding(self, connection: Connection) -> AbstractContextManager[None]:
        """Around the upgrade, which may be stopped, also in the middle of a statement; what it raises undoes it."""

    def compare(self, connection: Connection) -> None:
        """Before the upgrade is committed; what it raises undoes that."""

    def is_left(self) -> bool:
        """Whether something of it is still there."""

    def remove(self) -> None:
        """Once the upgrade is committed, by whoever meets what is left."""


def prepared(database: Database, *, truth: bool, versioned: bool, precaution: Precaution | None = None) -> Database:
    """Brings a database to the present schema. `versioned`: by migrations, and never back."""
    wanted = HEAD if versioned else tables.SCHEMA
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            _prepare(database, wanted, truth=truth, versioned=versioned, precaution=precaution)
            break
        except Locked:
            if time.monotonic() > until:
                raise
    if precaution is not None and precaution.is_left():
        with database.write() as connection:
            if _version(connection, database, versioned) == wanted:
                precaution.remove()
    return database


def _version(connection: Connection, database: Database, versioned: bool) -> str:
    return _truth_version(connection, database) if versioned else _index_version(connection)


def _prepare(database: Database, wanted: str, *, truth: bool, versioned: bool, precaution: Precaution | None) -> None:
    """The same, tried once. Locked."""
    with database.read() as connection:
        if _version(connection, database, versioned) == wanted:
            return
    with database.write() as connection:
        claim(connection, [SCHEMA])
        found = _version(connection, database, versioned)
        if found == wanted:
            return  # somebody was quicker
        if not versioned:
            _make(connection, truth=truth)
            return
        _refuse_newer(found, database)
        if found:
            exclude_writers(connection)
        _upgrade(connection, precaution if found else None)


def guarded(database: Database, *, versioned: bool) -> Database:
    """From now on each write makes sure that nobody has given the database another schema; costs one small read."""
    database.check_writes(lambda connection: _unchanged(connection, database, versioned=versioned))
    return database


def _upgrade(connection: Connection, precaution: Precaution | None) -> None:
    if precaution is None:
        upgrade(connection)
        return
    precaution.make()
    progress = told() or Progress()
    progress.begin(0, "upgrading the database")
    try:
        with precaution.heeding(connection):
            upgrade(connection)
            precaution.compare(connection)
    finally:
        progress.end()


def _unchanged(connection: Connection, database: Database, *, versioned: bool) -> None:
    """StorageError if another Flightlog has changed the schema since this process opened the database."""
    found = connection.exec_driver_sql(_TRUTH if versioned else _INDEX).scalar()
    wanted = HEAD if versioned else tables.SCHEMA
    if found != wanted:
        raise StorageError(
            f"another Flightlog has given the database schema {found}, and this program knows {wanted}",
            where=database.name,
            advice="start it again with that Flightlog; what it records until then waits in the spool",
        )


_TRUTH = "SELECT version_num FROM alembic_version"
_INDEX = "SELECT value FROM state WHERE key = 'schema'"


def refuse_others(database: Database) -> None:
    """StorageError if the database is another program's, or a newer Flightlog's. An empty one is nobody's yet."""
    with database.read() as connection:
        _refuse_newer(_truth_version(connection, database), database)


def checked(database: Database, *, truth: bool) -> Database:
    """The database as it is, for reading; StorageError if its schema is not the present one."""
    with database.read() as connection:
        found = _version(connection, database, truth)
    wanted = HEAD if truth else tables.SCHEMA
    if found != wanted:
        if truth:
            _refuse_newer(found, database)
        raise StorageError(
            "the database has an older schema" if found else "this is no database of Flightlog's",
            where=database.name,
            advice="open it once for writing, which brings it up to date" if found else "look at the path",
        )
    return database


def _index_version(connection: Connection) -> str:
    if not inspect(connection).has_table("state"):
        return ""
    return connection.scalar(select(tables.state.c.value).where(tables.state.c.key == "schema")) or ""


def _truth_version(connection: Connection, database: Database) -> str:
    present = set(inspect(connection).get_table_names())
    if present >= {"alembic_version", "events"}:  # other programs have a table of that name, too
        return connection.scalar(text(_TRUTH)) or ""
    if present:
        raise StorageError(
            "this is a database, but none of Flightlog's",
            where=database.name,
            advice=f"name another one{_OR_SCHEMA.get(connection.dialect.name, '')}; nothing was changed",
        )
    return ""


_OR_SCHEMA = {"postgresql": ", or a schema of its own (…/DATABASE?options=-csearch_path%3DSCHEMA)"}


def _refuse_newer(found: str, database: Database) -> None:
    if found > HEAD:
        raise StorageError(
            f"the database was written by a newer Flightlog (schema {found}, this one knows {HEAD})",
            where=database.name,
            advice="use that Flightlog; nothing was changed",
        )


def _make(connection: Connection, *, truth: bool) -> None:
    # In place, and not by taking the file away: other processes may have it open.
    connection.exec_driver_sql("DROP TABLE IF EXISTS log_words")  # with the tables that SQLite makes for it
    present = MetaData()
    present.reflect(connection)
    present.drop_all(connection)
    if truth:
        tables.truth.create_all(connection)
    tables.derived.create_all(connection)
    connection.execute(tables.state.insert(), {"key": "schema", "value": tables.SCHEMA})
