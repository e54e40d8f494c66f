"""Where the recorded bytes are read when somebody looks: the interface, and the one over the events table."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple, Protocol

import msgspec
from sqlalchemy import ColumnElement, Connection, LargeBinary, Select, Text, and_, bindparam, case, func, or_, select

from ...core.errors import Corrupt, NotFound
from ...core.progress import go_on, gone, heard
from ..journal.long_lines import END, shortened
from ..journal.states import base_of, resolve
from . import tables
from .database import Database
from .dialects import pairs
from .ready import Ready
from .writes import add_missing

Place = tuple[str, int]
"""Where an event is: its run and its seq."""

_PART = 500  # digests in one query


class Excerpt(NamedTuple):
    """Which events of a run are read: those between two numbers, of some types, from one end or the other."""

    after: int = 0
    before: int | None = None
    limit: int = 1000
    newest: bool = False
    """The last of those that fit, instead of the first."""
    types: frozenset[str] | None = None
    level: int = 0
    """A hint about log entries (1 DEBUG … 4 ERROR): less severe ones may be left out."""
    longest: int | None = None
    """Of log entries with more bytes only the ends may be read (`journal.long_lines.shortened`)."""


class Bodies(Protocol):
    """Events and state values of runs, in the bytes that were recorded. Thread-safe."""

    def line(self, run: str, seq: int) -> bytes:
        """One event's line, without its newline. NotFound, Corrupt."""
        ...

    def lines(self, run: str, excerpt: Excerpt = Excerpt()) -> list[tuple[int, bytes]]:
        """`(seq, line)` by seq. Stopped between two."""
        ...

    def picked(self, places: Sequence[Place]) -> dict[Place, bytes]:
        """The lines of single events by their places; what is damaged, or not there any more, is left out. Stopped
        between two runs.
        """
        ...

    def values(self, run: str, digests: Collection[str]) -> dict[str, bytes]:
        """Whole state values by digest, *extends* resolved. NotFound, Corrupt."""
        ...


def picked_by_run(
    places: Sequence[Place], read: Callable[[str, list[int]], list[tuple[int, bytes]]]
) -> dict[Place, bytes]:
    """`Bodies.picked` where each run has a place of its own: `read` gives a run's `(seq, line)`, or raises NotFound or
    Corrupt."""
    found: dict[Place, bytes] = {}
    for run, of_run in heard(groupby(places, key=lambda place: place[0])):
        try:
            found.update(((run, seq), line) for seq, line in read(run, [seq for _, seq in of_run]))
        except (NotFound, Corrupt):
            continue  # the run went away meanwhile, or its archive is damaged, which is named elsewhere
    return found


def portions(bodies: Bodies, run: str, excerpt: Excerpt) -> Iterator[list[tuple[int, bytes]]]:
    """All that follows, so many at once as an excerpt has; NotFound, Corrupt."""
    while lines := bodies.lines(run, excerpt):
        yield lines
        excerpt = excerpt._replace(after=lines[-1][0])


def told_of(values: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The same `(digest, value)`, of whose bytes it is told how many were read; Stopped between two of them."""
    for digest, value in values:
        go_on()
        gone(len(value))
        yield digest, value


class EventTableBodies:
    """The bodies that an SQL store keeps in its own tables. Each call is one short read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def line(self, run: str, seq: int) -> bytes:
        """One event's line."""
        with self._database.read() as connection:
            found = connection.scalar(_LINE, {"of": run, "at": seq})
        if found is None:
            raise NotFound(f"run {run} has no event {seq}", where=self._database.name)
        return bytes(found)

    def lines(self, run: str, excerpt: Excerpt = Excerpt()) -> list[tuple[int, bytes]]:
        """Reads the rows that it returns, and of others at most an index."""
        event = tables.events.c
        wanted = between(select(event.seq, *_told(excerpt.longest)).where(event.run == run), event.seq, excerpt)
        if excerpt.types is not None:
            wanted = wanted.where(event.type.in_(sorted(excerpt.types)))
        if excerpt.level:
            wanted = wanted.where(or_(event.type != "log", event.level >= excerpt.level))
        with self._database.read() as connection:
            found = [(seq, _line_of(*told)) for seq, *told in heard(connection.execute(wanted))]
        return found[::-1] if excerpt.newest else found

    def picked(self, places: Sequence[Place]) -> dict[Place, bytes]:
        """One statement, which reads the rows that it returns."""
        asked = msgspec.json.encode(places).decode()
        with self._database.read() as connection:
            return {places[at]: bytes(line) for at, line in _PICKED(connection, {"given": asked})}

    def values(self, run: str, digests: Collection[str]) -> dict[str, bytes]:
        """Asks for all records at once, then for all that these extend, and so on."""
        records: dict[str, bytes] = {}
        wanted = set(digests)
        with self._database.read() as connection:
            while wanted:
                found = _records(connection, run, sorted(wanted))
                if missing := wanted - found.keys():
                    raise NotFound(f"run {run} has no state value {min(missing)[:12]}…", where=self._database.name)
                records |= found
                wanted = {base for base in map(base_of, found.values()) if base} - records.keys()
        return dict(told_of((digest, resolve(digest, records.__getitem__)) for digest in digests))


def between(wanted: Select[Any], seq: ColumnElement[int], excerpt: Excerpt) -> Select[Any]:
    """Of what is wanted the rows between the numbers of an excerpt, nearest to its end first."""
    wanted = wanted.where(seq > excerpt.after)
    if excerpt.before is not None:
        wanted = wanted.where(seq < excerpt.before)
    return wanted.order_by(seq.desc() if excerpt.newest else seq).limit(excerpt.limit)


def _told(longest: int | None) -> list[Any]:
    """What is read of a line: all of it, or of one with more than `longest` bytes its length and its ends."""
    line = tables.events.c.line
    if longest is None:
        return [line]
    length = func.length(line)
    is_long = and_(tables.events.c.type == "log", length > longest)
    head = func.substr(line, 1, END, type_=LargeBinary)
    end = func.substr(line, length - END + 1, END, type_=LargeBinary)
    return [case((is_long, head), else_=line), case((is_long, end)), length]


def _line_of(line: Any, end: Any = None, length: int = 0) -> bytes:
    """A line, shortened if only its ends were read."""
    return bytes(line) if end is None else shortened(bytes(line), bytes(end), length) or bytes(line)


def _records(connection: Connection, run: str, digests: list[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for begin in range(0, len(digests), _PART):
        rows = connection.execute(_RECORDS, {"of": run, "keys": digests[begin : begin + _PART]})
        for digest, record in rows:
            go_on()
            found[digest] = bytes(record)
    return found


class StoredEvent(NamedTuple):
    """An event as the events table keeps it."""

    seq: int
    type: str
    level: int
    """Of a log entry 1 DEBUG … 4 ERROR, else 0."""
    line: bytes
    """As it was recorded, without newline."""


def store_events(connection: Connection, run: str, events: Iterable[StoredEvent]) -> None:
    """Keeps recorded events; those that are there already stay as they are."""
    add_missing(connection, tables.events, [{"run": run, **event._asdict()} for event in events])


def store_values(connection: Connection, run: str, records: Iterable[tuple[str, bytes]]) -> None:
    """Keeps `(digest, line of the states file)`; those that are there already stay as they are."""
    rows = [{"run": run, "digest": digest, "record": record} for digest, record in records]
    add_missing(connection, tables.values, rows)


_event, _value = tables.events.c, tables.values.c
_LINE = select(_event.line).where(_event.run == bindparam("of"), _event.seq == bindparam("at"))
_given = pairs(bindparam("given", type_=Text))
_PICKED = Ready(
    select(_given.c.at, _event.line).select_from(
        _given.join(tables.events, and_(_event.run == _given.c.run, _event.seq == _given.c.seq))
    )
)
_RECORDS: Any = select(_value.digest, _value.record).where(
    _value.run == bindparam("of"), _value.digest.in_(bindparam("keys", expanding=True))
)
