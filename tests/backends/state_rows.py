"""Rows of the small table that every database of ours has: what is put into it, and what is found there."""

from flightlog.backends.sql import tables
from sqlalchemy import select

STATE = tables.state


def put(database, key: str, value: str = "") -> None:
    with database.write() as connection:
        connection.execute(STATE.insert(), {"key": key, "value": value})


def keys(database) -> set[str]:
    with database.read() as connection:
        return set(connection.scalars(select(STATE.c.key))) - {"schema"}
