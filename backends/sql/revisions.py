"""The numbers that changes are stamped with, and up to which of them nothing can come any more.

SQLite's writers follow each other: a number that grows in the table `state`. PostgreSQL's overlap: the
transaction's own number, and what is settled is below the oldest transaction that is still open. So a
cursor never passes a transaction that has yet to commit.
"""

from typing import NamedTuple

from sqlalchemy import Connection, func, select, text

from ...core.clock import now_ns
from .tables import removed, runs, state
from .writes import upsert


class Revisions(NamedTuple):
    """What a read sees."""

    settled: int
    """Whatever has this number or a smaller one is seen, and no more of it will come."""
    newest: int
    """There may be some after it already; greater than `settled` only while transactions overlap."""


def next_revision(connection: Connection) -> int:
    """The number of all changes of the transaction under way, which is to ask once."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(_OWN).scalar_one())
    # The first one of a database is the time in microseconds: no transaction is that short, so what
    # is made anew begins above all that cursors of its forerunner have passed.
    revision = int(connection.scalar(_KEPT) or now_ns() // 1000) + 1
    upsert(connection, state, [{"key": "revision", "value": str(revision)}])
    return revision


def revisions(connection: Connection) -> Revisions:
    """What is settled, and the newest number that is seen."""
    if connection.dialect.name == "postgresql":
        oldest_open, first_unknown = connection.execute(_SNAPSHOT).one()
        # Greater ones are of another server, from which this database was brought here.
        newest = min(max(int(value or 0) for value in connection.execute(_NEWEST).one()), first_unknown - 1)
        # Never beyond what is there: the numbers of transactions that wrote nothing are given again after a crash.
        return Revisions(min(oldest_open - 1, newest), newest)
    newest = max(int(value or 0) for value in connection.execute(_NEWEST_KEPT).one())
    return Revisions(newest, newest)


_KEPT = select(state.c.value).where(state.c.key == "revision")
_NEWEST = select(
    select(func.max(runs.c.revision)).scalar_subquery(), select(func.max(removed.c.revision)).scalar_subquery()
)
_NEWEST_KEPT = _NEWEST.add_columns(_KEPT.scalar_subquery())
_OWN = text("SELECT pg_current_xact_id()::text::bigint")
_SNAPSHOT = text(
    "SELECT pg_snapshot_xmin(seen)::text::bigint, pg_snapshot_xmax(seen)::text::bigint"
    " FROM pg_current_snapshot() AS seen"
)
