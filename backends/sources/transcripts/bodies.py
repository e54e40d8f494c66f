"""The events of transcripts, made anew from their lines whenever somebody looks."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Row, select

from ....core.errors import Corrupt, NotFound
from ....core.events import TYPES, encode
from ....core.progress import heard
from ...journal.disk import storage_error
from ...sql.bodies import Excerpt, Place, between, picked_by_run
from . import tables
from .fields import decoded
from .formats import Format, Session, Told
from .index import TranscriptIndex
from .packed import opened
from .telling import put

_PART = 500  # events in one query


class TranscriptBodies:
    """See `sql.bodies.Bodies`. Thread-safe. A line is a function of its address and of what lies there."""

    def __init__(self, index: TranscriptIndex) -> None:
        self._index = index

    def line(self, run: str, seq: int) -> bytes:
        """One event's line; NotFound, Corrupt."""
        found = self._picked(run, [seq])
        if not found:
            raise NotFound(f"run {run} has no event {seq}", where=self._index.path)
        return found[0][1]

    def lines(self, run: str, excerpt: Excerpt = Excerpt()) -> list[tuple[int, bytes]]:
        """See the interface; reads the lines at the addresses that fit."""
        address = tables.addresses.c
        wanted = between(select(tables.addresses).where(address.run == run), address.seq, excerpt)
        if excerpt.types is not None:
            wanted = wanted.where(address.type.in_(sorted(excerpt.types)))
        with self._index.database.read() as connection:
            rows = connection.execute(wanted).all()
        return self._lines(run, rows[::-1] if excerpt.newest else rows)

    def picked(self, places: Sequence[Place]) -> dict[Place, bytes]:
        """Single events, a run after the other."""
        return picked_by_run(places, self._picked)

    def values(self, run: str, digests: Collection[str]) -> dict[str, bytes]:
        """A transcript keeps no states; NotFound for each."""
        if missing := next(iter(digests), None):
            raise NotFound(f"a transcript keeps no states: {missing[:12]}", where=self._index.path)
        return {}

    def _picked(self, run: str, seqs: list[int]) -> list[tuple[int, bytes]]:
        address = tables.addresses.c
        rows: list[Row[Any]] = []
        with self._index.database.read() as connection:
            for begin in range(0, len(seqs), _PART):
                part = address.seq.in_(seqs[begin : begin + _PART])
                wanted = select(tables.addresses).where(address.run == run, part).order_by(address.seq)
                rows += connection.execute(wanted).all()
        return self._lines(run, rows)

    def _lines(self, run: str, rows: Sequence[Row[Any]]) -> list[tuple[int, bytes]]:
        if all(row.line is not None for row in rows):
            return [(row.seq, bytes(row.line)) for row in rows]
        return [(row.seq, line) for row, line in self._opened(run).lines(rows)]

    def _opened(self, run: str) -> "_Transcript":
        with self._index.database.read() as connection:
            wanted = select(tables.transcripts).where(tables.transcripts.c.run == run)
            row = connection.execute(wanted).first()
        if row is None:
            raise NotFound(f"there is no run {run[:60]!r}", where=self._index.path)
        return _Transcript(row.path, self._index.folder.format_of(row.path), tables.session_of(row))


class _Transcript(NamedTuple):
    """A transcript whose lines are read where they lie."""

    path: str
    format: Format
    session: Session

    def lines(self, rows: Iterable[Row[Any]]) -> list[tuple[Row[Any], bytes]]:
        """The events of addresses, in their order. NotFound, Corrupt, StorageError."""
        found: list[tuple[Row[Any], bytes]] = []
        at, told = -1, list[Told]()
        try:
            with opened(self.path) as file:
                for row in heard(
                    sorted(rows, key=lambda row: row.offset or 0)
                ):  # to go back costs time in a packed one
                    if row.line is not None:
                        found.append((row, bytes(row.line)))
                        continue
                    if row.offset != at:
                        file.seek(row.offset)
                        at, told = row.offset, self._told(file.read(row.length))
                    found.append((row, self._line(row, told)))
        except FileNotFoundError as error:
            raise NotFound("the transcript is not there any more", where=self.path) from error
        except OSError as error:
            raise storage_error(error, Path(self.path), "reading the transcript") from error
        return sorted(found, key=lambda one: one[0].seq)

    def _told(self, data: bytes) -> list[Told]:
        line = decoded(data)
        return [] if line is None else list(self.format.told(line, self.session))

    def _line(self, row: Row[Any], told: list[Told]) -> bytes:
        event = told[row.part].event if row.part < len(told) else None
        if type(event) is not TYPES[row.type]:
            raise Corrupt("the transcript is another than was read", where=self.path, advice="look again")
        assert event is not None
        return encode(put(event, row.seq, row._mapping["t"], row.step))
