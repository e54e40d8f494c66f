"""Indexes made after the rows: to sort a hundred thousand once costs a fraction of finding each one its place.

A database remembers (`state`, in the transaction that drops them) that indexes are missing, so
that whoever opens it after a bulk load was interrupted makes them first. Without them, every
answer is right, only slow.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Executable, delete, insert, select
from sqlalchemy.schema import CreateIndex, DropIndex

from . import tables

_KEY = "indexes"
# Not those by which a load itself looks rows up: of damage, and of checkpoints that come again.
_LATE = [
    index
    for table in (
        *(tables.runs, tables.run_tags, tables.steps, tables.items, tables.costs, tables.metrics),
        tables.journals,
    )
    for index in sorted(table.indexes, key=lambda index: str(index.name))
]
_MISSING = select(tables.state.c.value).where(tables.state.c.key == _KEY)


def drop(connection: Connection) -> None:
    """Drops the indexes of the large query tables, until `making`."""
    if connection.execute(_MISSING).first() is None:
        connection.execute(insert(tables.state), {"key": _KEY, "value": "missing"})
    for index in _LATE:
        connection.execute(DropIndex(index, if_exists=True))


def are_missing(connection: Connection) -> bool:
    """Whether a load that dropped them has not come to its end."""
    return connection.execute(_MISSING).first() is not None


def making() -> Iterator[Sequence[Executable]]:
    """The statements of each transaction that makes those that are missing: some microseconds a row and index.

    One for each index, so that who is stopped keeps what is made; the last remembers that there are all, and makes
    what another load has dropped meanwhile.
    """
    every = [CreateIndex(index, if_not_exists=True) for index in _LATE]
    yield from ([one] for one in every)
    yield [*every, delete(tables.state).where(tables.state.c.key == _KEY)]
