"""What the events and values of one run take, where they were recorded."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, bindparam, func, select

from ...core.errors import NotFound
from ..file_sizes import bytes_below
from ..journal.disk import storage_error
from ..journal.event_heads import head_of
from ..journal.layout import Layout
from ..journal.reader import LongLine, read_heads, read_lines
from ..journal.states import HEAD_BYTES, head_of_record
from ..sql import tables

Sizes = dict[str, tuple[int, int]]
"""How many there are, and their bytes, by type or digest."""


class RunBytes(NamedTuple):
    """What one run takes."""

    whole: int | None
    """All of it; None: as it is kept with the run."""
    events: Sizes
    """By type; what is no event is not here."""
    states: int
    """All that is kept for its states."""
    values: Sizes
    """Of these, by digest."""


class Measure(Protocol):
    """Reads it all, and nothing of another run. NotFound, StorageError."""

    def __call__(self, connection: Connection, run: str) -> RunBytes: ...


def in_journals(layout: Layout) -> Measure:
    """In the files of a data directory: costs to read these."""

    def measured(connection: Connection, run: str) -> RunBytes:
        journal, states = layout.journal(run), layout.states(run)
        # Looked at first: while a run goes on, its files grow.
        whole, kept = bytes_below(journal), bytes_below(states)
        try:
            events = _summed(
                (head.type, len(line) + 1)
                for _, line in read_lines(journal)
                if (head := head_of(line.head if isinstance(line, LongLine) else line))
            )
            values = dict[str, tuple[int, int]]()
            with suppress(FileNotFoundError):  # it has no states
                found = read_heads(states, 0, HEAD_BYTES)
                heads = ((head_of_record(begin), length) for _, length, begin in found)
                values = _summed((head.digest, length + 1) for head, length in heads if head)
        except FileNotFoundError as error:
            raise NotFound("the journal is gone", where=journal) from error
        except OSError as error:
            raise storage_error(error, journal, "reading it") from error
        kept = max(kept, _bytes(values))
        return RunBytes(max(whole, _bytes(events)) + kept, events, kept, values)

    return measured


def in_tables(connection: Connection, run: str) -> RunBytes:
    """In the tables of a database: each line as long as it was recorded."""
    events = {row.type: (row.count_, int(row.size)) for row in connection.execute(_EVENTS, {"of": run})}
    values = {row.digest: (1, row.size) for row in connection.execute(_VALUES, {"of": run})}
    return RunBytes(None, events, _bytes(values), values)


def _bytes(sizes: Sizes) -> int:
    return sum(size for _, size in sizes.values())


def _summed(found: Iterator[tuple[str, int]]) -> Sizes:
    sizes: dict[str, list[int]] = {}
    for name, size in found:
        found_of = sizes.setdefault(name, [0, 0])
        found_of[0] += 1
        found_of[1] += size
    return {name: (count, size) for name, (count, size) in sizes.items()}


_event, _value = tables.events.c, tables.values.c
_EVENTS: Any = (
    select(
        _event.type,
        func.count().label("count_"),
        (func.sum(func.length(_event.line)) + func.count()).label("size"),  # and its newline
    )
    .where(_event.run == bindparam("of"))
    .group_by(_event.type)
)
_VALUES: Any = select(_value.digest, (func.length(_value.record) + 1).label("size")).where(
    _value.run == bindparam("of")
)
