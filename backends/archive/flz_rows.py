"""What goes into the archive of a run whose events are rows: the files that they came from, line by line."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from sqlalchemy import bindparam, select

from ..journal.states import header
from ..sql import tables
from ..sql.database import Database
from .flz_writer import Read

_AT_ONCE = 500


def members_of_rows(database: Database, run: str, annotations: Iterable[bytes] = ()) -> dict[str, Read]:
    """The members of a run's archive: a journal and a states file of its rows, and these lines (without newline).

    Each is read in short reads, some hundred rows at a time. StorageError.
    """
    found: dict[str, Read] = {"journal": partial(_lines, database, run)}
    with database.read() as connection:
        if connection.execute(_NEXT_VALUES, {"of": run, "after": "", "limit": 1}).first():
            found["states"] = partial(_records, database, run)
    lines = [line + b"\n" for line in annotations]
    if lines:
        found["annotations"] = partial(iter, lines)
    return found


def _lines(database: Database, run: str) -> Iterator[bytes]:
    for rows in _pages(database, _NEXT_EVENTS, run, 0):
        yield b"".join(bytes(row.line) + b"\n" for row in rows)


def _records(database: Database, run: str) -> Iterator[bytes]:
    yield header(run) + b"\n"
    for rows in _pages(database, _NEXT_VALUES, run, ""):
        for row in rows:
            yield bytes(row.record) + b"\n"


def _pages(database: Database, statement: Any, run: str, after: Any) -> Iterator[Any]:
    """Rows by their first column, which goes on after the last one."""
    while True:
        with database.read() as connection:
            rows = connection.execute(statement, {"of": run, "after": after, "limit": _AT_ONCE}).all()
        if rows:
            yield rows
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1][0]


_event, _value = tables.events.c, tables.values.c
_NEXT_EVENTS = (
    select(_event.seq, _event.line)
    .where(_event.run == bindparam("of"), _event.seq > bindparam("after"))
    .order_by(_event.seq)
    .limit(bindparam("limit"))
)
_NEXT_VALUES = (
    select(_value.digest, _value.record)
    .where(_value.run == bindparam("of"), _value.digest > bindparam("after"))
    .order_by(_value.digest)
    .limit(bindparam("limit"))
)
