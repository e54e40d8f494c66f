"""COPY: the way in which PostgreSQL takes many rows at a third of what an INSERT of each costs."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

MANY = 50
"""Rows for which it is worth its three questions more."""


def copied(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bool:
    """Adds all the rows, whose values are as the driver takes them; False, and none was added, if one is there.

    That is rare (somebody was killed between commit and clean-up), and is found out by trying.
    """
    import psycopg

    driver: Any = connection.connection.driver_connection
    names = ", ".join(f'"{column}"' for column in columns)
    try:
        # Within a savepoint.
        with driver.transaction(), driver.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.errors.UniqueViolation:
        return False
    except psycopg.Error as error:
        lost = driver.closed or driver.broken
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance("COPY", None, error, psycopg.Error, True, lost, connection.dialect) from error
    return True
