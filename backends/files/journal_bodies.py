"""Recorded bytes read from the journals themselves: by mark and reading on, or backwards from the newest line.

A page costs what it shows, whatever the journal's size.
"""

import os
import re
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Lock

from sqlalchemy import bindparam, select

from ...core.errors import Corrupt, NotFound, StorageError
from ...core.events import LEVELS
from ..journal.disk import storage_error
from ..journal.event_heads import Head, events_in, head_of
from ..journal.layout import Layout
from ..journal.reader import LongLine, read_lines, read_lines_back
from ..journal.states import States
from ..sql import tables
from ..sql.bodies import Place, picked_by_run
from ..sql.database import Database

_LEVEL = re.compile(rb'"level":"(' + "|".join(LEVELS).encode() + rb')"')
_LEVEL_IN = 256  # the level stands near the beginning of a log entry
_STATES_KEPT = 16


class JournalBodies:
    """See `sql.bodies.Bodies`. Thread-safe."""

    def __init__(self, layout: Layout, database: Database) -> None:
        self._layout, self._database = layout, database
        self._states: OrderedDict[tuple[str, int], States] = OrderedDict()
        self._lock = Lock()

    def line(self, run: str, seq: int) -> bytes:
        """The bytes of one event; NotFound, Corrupt. Reads at most about a MiB beside it."""
        path = self._path(run)
        with _errors(path):
            for _, line in read_lines(path, self._mark(_BEFORE, run, seq) or 0):
                for head, found in events_in(line):
                    if head.seq == seq:
                        return found
                    if head.seq > seq:
                        raise NotFound(f"run {run} has no event {seq}", where=path)
                claimed = head_of(line.head if isinstance(line, LongLine) else line)
                if claimed and claimed.seq == seq:
                    raise Corrupt(f"event {seq} of run {run} is damaged", where=path, advice="run `flightlog doctor`")
        raise NotFound(f"run {run} has no event {seq}", where=path)

    def lines(
        self,
        run: str,
        *,
        after: int = 0,
        before: int | None = None,
        limit: int = 1000,
        newest: bool = False,
        types: frozenset[str] | None = None,
        level: int = 0,
    ) -> list[tuple[int, bytes]]:
        """`(seq, bytes)` ascending: the first `limit` events between, or with `newest` the last ones."""
        path = self._path(run)
        with _errors(path):
            between = self._back(run, path, before, after) if newest else self._on(run, path, after, before)
            wanted = ((head.seq, line) for head, line in between if _wanted(head, line, types, level))
            found = list(islice(wanted, limit))
        return found[::-1] if newest else found

    def picked(self, places: Sequence[Place]) -> list[tuple[Place, bytes]]:
        """Single events, a run after the other."""
        return picked_by_run(places, self._picked)

    def _picked(self, run: str, seqs: list[int]) -> list[tuple[int, bytes]]:
        """Single events: reads on from one to the next where no mark lies between them."""
        path, found, left = self._path(run), list[tuple[int, bytes]](), list(seqs)
        with _errors(path):
            while left:
                begin = self._mark(_BEFORE, run, left[0])
                coming, left = self._until_mark(run, left)
                wanted = set(coming)
                for _, line in read_lines(path, begin or 0):
                    events = events_in(line)
                    found += [(head.seq, at) for head, at in events if head.seq in wanted]
                    wanted -= {head.seq for head, _ in events}
                    if not wanted or (events and events[-1][0].seq > coming[-1]):
                        break
        return found

    def _until_mark(self, run: str, seqs: list[int]) -> tuple[list[int], list[int]]:
        """Those that lie before the next mark, and the rest."""
        with self._database.read() as connection:
            mark = connection.scalar(_NEXT_MARK, {"of": run, "at": seqs[0]})
        count = len(seqs) if mark is None else bisect_left(seqs, mark)
        return seqs[:count], seqs[count:]

    def values(self, run: str, digests: Collection[str]) -> dict[str, bytes]:
        """Whole values by digest; NotFound, Corrupt."""
        path = self._layout.states(run)
        with _errors(path):
            states = self._states_of(run, path)
            return {digest: states.value(digest) for digest in digests}

    def _on(self, run: str, path: Path, after: int, before: int | None) -> Iterator[tuple[Head, bytes]]:
        last = after
        for _, line in read_lines(path, self._mark(_BEFORE, run, after + 1) or 0):
            for head, found in events_in(line):
                if before is not None and head.seq >= before:
                    return
                if head.seq > last:
                    last = head.seq
                    yield head, found

    def _back(self, run: str, path: Path, before: int | None, after: int) -> Iterator[tuple[Head, bytes]]:
        end = None if before is None else self._mark(_BEHIND, run, before)
        held: tuple[Head, bytes] | None = None
        for _, line in read_lines_back(path, end):
            for head, found in reversed(events_in(line)):
                # Of a number that is there twice the first one counts, which this way is met last.
                if held and head.seq < held[0].seq:
                    yield held
                held = (head, found) if before is None or head.seq < before else None
                if head.seq <= after:
                    return
        if held:
            yield held

    def _mark(self, statement: object, run: str, seq: int) -> int | None:
        with self._database.read() as connection:
            offset: int | None = connection.scalar(statement, {"of": run, "at": seq})  # type: ignore[call-overload]
            return offset

    def _path(self, run: str) -> Path:
        try:
            return self._layout.journal(run)
        except StorageError as error:
            raise NotFound(f"there is no run {run[:60]!r}") from error

    def _states_of(self, run: str, path: Path) -> States:
        key = (run, os.stat(path, follow_symlinks=False).st_ino)
        with self._lock:
            states = self._states.pop(key, None) or States(path)
            self._states[key] = states
            while len(self._states) > _STATES_KEPT:
                self._states.popitem(last=False)
        return states


def _wanted(head: Head, line: bytes, types: frozenset[str] | None, level: int) -> bool:
    if types is not None and head.type not in types:
        return False
    found = _LEVEL.search(line, 0, _LEVEL_IN) if level > 1 and head.type == "log" else None
    return found is None or LEVELS.index(found[1].decode()) + 1 >= level


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound("the file is gone", where=path) from error
    except OSError as error:
        raise storage_error(error, path, "reading it") from error


_marks = tables.marks.c
_BEFORE = (
    select(_marks.offset)
    .where(_marks.run == bindparam("of"), _marks.seq <= bindparam("at"))
    .order_by(_marks.seq.desc())
    .limit(1)
)
_BEHIND = (
    select(_marks.offset)
    .where(_marks.run == bindparam("of"), _marks.seq >= bindparam("at"))
    .order_by(_marks.seq)
    .limit(1)
)
_NEXT_MARK = (
    select(_marks.seq).where(_marks.run == bindparam("of"), _marks.seq > bindparam("at")).order_by(_marks.seq).limit(1)
)
