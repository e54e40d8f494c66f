"""Indexes that are declared and not there: without one every answer is right, and some are slow."""

from sqlalchemy import Connection, Index, inspect
from sqlalchemy.schema import CreateIndex

from ...core.progress import heard
from . import late_indexes
from .database import Database
from .tables import derived, truth


def missing(connection: Connection) -> list[Index]:
    """Those that a database lacks, by name; none while a load that dropped some goes on, or is to be gone on with."""
    if late_indexes.are_missing(connection):
        return []
    found = inspect(connection).get_multi_indexes()
    there = {table: {one["name"] for one in indexes} for (_, table), indexes in found.items()}
    tables = [table for group in (derived, truth) for table in group.sorted_tables if table.name in there]
    lacking = [index for table in tables for index in table.indexes if index.name not in there[table.name]]
    return sorted(lacking, key=lambda index: str(index.name))


def make(database: Database) -> int:
    """Makes them, each in a transaction of its own, so that who is stopped keeps what is made; how many it made."""
    with database.read() as connection:
        lacking = missing(connection)
    for index in heard(lacking):
        with database.write() as connection:
            connection.execute(CreateIndex(index, if_not_exists=True))
    return len(lacking)
