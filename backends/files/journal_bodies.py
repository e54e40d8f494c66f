"""Recorded bytes read from the journals themselves, by the marks that the index keeps of them."""

import os
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock

from sqlalchemy import Select, bindparam, select

from ...core.errors import NotFound, StorageError
from ..journal.disk import storage_error
from ..journal.layout import Layout
from ..journal.seeking import places_of
from ..journal.states import States
from ..line_bodies import LineBodies, Recorded
from ..sql import tables
from ..sql.database import Database

_STATES_KEPT = 16


class JournalBodies(LineBodies):
    """See `sql.bodies.Bodies`. Thread-safe."""

    def __init__(self, layout: Layout, database: Database) -> None:
        super().__init__(self._recorded)
        self._layout, self._database = layout, database
        self._states: OrderedDict[tuple[str, int], States] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def _recorded(self, run: str) -> Iterator[Recorded]:
        try:
            path = self._layout.journal(run)
        except StorageError as error:
            raise NotFound(f"there is no run {run[:60]!r}") from error
        try:
            yield Recorded(path, _KeptMarks(self._database, run, path), partial(self._states_of, run), path)
        except FileNotFoundError as error:
            raise NotFound("the file is gone", where=path) from error
        except OSError as error:
            raise storage_error(error, path, "reading it") from error

    def _states_of(self, run: str) -> States:
        path = self._layout.states(run)
        key = (run, os.stat(path, follow_symlinks=False).st_ino)
        with self._lock:
            states = self._states.pop(key, None) or States(path)
            self._states[key] = states
            while len(self._states) > _STATES_KEPT:
                self._states.popitem(last=False)
        return states


class _KeptMarks:
    """The marks that the index keeps of a journal, and behind the last of them what its lines say themselves; see
    `line_bodies.Marks`.
    """

    def __init__(self, database: Database, run: str, journal: Path) -> None:
        self._database, self._run, self._journal = database, run, journal

    def before(self, seq: int) -> int:
        return self._place(seq)[0]

    def behind(self, seq: int) -> int | None:
        behind = self._ask(_BEHIND, seq)
        return self._place(seq)[1] if behind is None else behind

    def _place(self, seq: int) -> tuple[int, int | None]:
        known = self._ask(_BEFORE, seq) or 0
        if self.next_mark(seq) is not None:
            return known, None
        return places_of(self._journal, seq, known)

    def next_mark(self, seq: int) -> int | None:
        return self._ask(_NEXT_MARK, seq)

    def _ask(self, statement: Select[int], seq: int) -> int | None:
        with self._database.read() as connection:
            return connection.scalar(statement, {"of": self._run, "at": seq})


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
