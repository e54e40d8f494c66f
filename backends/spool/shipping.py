"""From the spool into the database: what agents recorded is shipped, and what is shipped goes.

Anyone may ship anything, at any time and twice: rows are added once by `(run, seq)`. A journal is
removed only after its run is finished and all of it is committed, under the run's own lock; who
is killed in between leaves a file that the next one to look removes.

One process at a time does, by turns (`turn.py`): a transaction of fifty agents' events costs little more than one
of a single agent's. Who finds another at it takes along, at his next turn, what all others have.
"""

import os
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, select

from ...core.errors import Locked
from ...core.ids import is_ulid
from .. import waiting
from ..ingest.catch_up import CatchUp
from ..ingest.finding import Journal
from ..ingest.ingest import Ingest
from ..journal import disk, lock
from ..journal.layout import Layout, run_of
from ..sql import tables
from ..sql.database import Database
from ..sql.projector import Projector
from .turn import Turn

_DAMAGED = ".damaged"
_TURN_S = 5.0
"""Who waited so long for his turn goes ahead without: who has it stands still."""
_POLL_S = 0.004, 0.05
"""Shortest and longest pause between two looks whether it is there: each costs a query."""
_AGAIN_S = 1.0
"""So long who found others at what was left behind leaves it to them."""


_Files = Mapping[str, os.stat_result]
"""Journals of runs in the spool, as they were found."""


class _Shipped(NamedTuple):
    run: str
    inode: int
    size: int
    mtime_ns: int
    offset: int
    open: bool

    def differs(self, found: os.stat_result) -> bool:
        return (found.st_ino, found.st_size, found.st_mtime_ns) != (self.inode, self.size, self.mtime_ns)

    def holds(self, found: os.stat_result) -> bool:
        """Whether all that was in the file then was shipped by now."""
        return found.st_ino == self.inode and found.st_size <= self.size and found.st_mtime_ns <= self.mtime_ns


class Shipping:
    """Ships one spool into one database. Thread-safe."""

    def __init__(
        self, layout: Layout, database: Database, projector: Projector, own: ColumnElement[bool] | None = None
    ) -> None:
        """`own` is a condition on the table `journals`: those of this spool (None: there is no other)."""
        self._layout, self._database = layout, database
        ingest, gone = Ingest(projector, keep=True), "its journal is no longer in the spool"
        self._catch_up = CatchUp(database, ingest, layout.root, gone=gone, own=own)
        self._lock = threading.Lock()
        self._is_crowded = False
        self._round_at: float | None = 0.0

    def ship(self, runs: Iterable[str], *, soon: bool = False) -> tuple[set[str], bool]:
        """Ships these runs, as an agent does: which are left in the spool, and whether any had news.

        `soon`: at once or not at all. Locked then tells that others are at it, who take these along.
        """
        runs = list(runs)
        with ExitStack() as stack:
            if soon:
                stack.enter_context(waiting.at_most(0))
            stack.enter_context(waiting.holding(self._lock, self._layout.spool))
            moved = self._ship(runs)
        return {run for run in runs if self._found(run)}, moved

    def ship_all(self) -> None:
        """Ships everything that was recorded before the call, by any process of this machine."""
        with waiting.holding(self._lock, self._layout.spool):
            self._look()

    def make_rounds(self) -> None:
        """Ships what agents left behind that died; once, by the thread of an agent, beside its own runs.

        Waits for nobody, for readers would wait with it: where others are at it, it is tried again at a later call.
        """
        if self._round_at is not None and time.monotonic() >= self._round_at:
            self._round_at = time.monotonic() + _AGAIN_S
            with suppress(Locked), waiting.at_most(0):
                self.ship_all()
                self._round_at = None

    def is_shipped(self, run: str) -> bool:
        """Whether everything that its journal holds was shipped, of one that is still in the spool."""
        found, known = self._found(run), self._known([run]).get(run)
        return found is None or (known is not None and not known.differs(found))

    def _look(self) -> None:
        self._ship(self._names())
        self._catch_up.mark_lost(self._catch_up.unfinished)

    def _names(self) -> list[str]:
        """The runs in the spool."""
        try:
            with os.scandir(self._layout.spool) as entries:
                names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise disk.storage_error(error, self._layout.spool, "looking into the spool") from error
        return [run for name in names if (run := run_of(name)) and is_ulid(run)]

    def _ship(self, runs: Iterable[str]) -> bool:
        try:
            return self._shipped(runs)
        except OSError as error:
            raise disk.storage_error(error, self._layout.spool, "shipping what is in the spool") from error

    def _shipped(self, runs: Iterable[str]) -> bool:
        there = {run: found for run in runs if (found := self._found(run))}
        known = self._known(there)
        news = self._news(there, known)
        if news:
            self._take(news)
            known = self._known(there)
        for run in there:
            if run in known and not known[run].open:
                self._remove(known[run])
        return bool(news)

    def _take(self, news: _Files) -> None:
        with Turn(self._layout.spool) as turn:
            before, news = self._is_crowded, self._left_at(turn, news)
            if news and (before or self._is_crowded):
                there = {run: found for run in self._names() if (found := self._found(run))}
                news = {**news, **self._news(there, self._known(there))}
            # Whoever finds much is alone for one transaction, and then one among others.
            self._catch_up.take((self._journal(run) for run in sorted(news)), self._took, lambda *reached: turn.give())

    def _left_at(self, turn: Turn, news: _Files) -> _Files:
        """What is left of these when it is our turn; nothing if others have shipped them all meanwhile. Locked."""
        until = time.monotonic() + waiting.limited(_TURN_S)
        mine = turn.take()
        self._is_crowded = not mine
        pause, longest = _POLL_S
        while news and not mine and time.monotonic() < until:
            time.sleep(waiting.limited(pause))
            pause = min(pause * 1.5, longest)
            known = self._known(news)
            news = {run: found for run, found in news.items() if run not in known or not known[run].holds(found)}
            mine = turn.take()
        if news and not mine and waiting.limited(_TURN_S) < _TURN_S:
            raise Locked("another process ships what is in the spool", where=self._layout.spool)
        return news

    def _news(self, there: _Files, known: Mapping[str, "_Shipped"]) -> _Files:
        return {run: found for run, found in there.items() if run not in known or self._has_news(known[run], found)}

    def _has_news(self, known: "_Shipped", found: os.stat_result) -> bool:
        # Where a finished run is being written, somebody begins its twin, and is about to be refused.
        return known.differs(found) and (known.open or not self._is_held(known.run))

    def _is_held(self, run: str) -> bool:
        try:
            return lock.is_held(self._layout.journal(run))
        except FileNotFoundError:
            return False

    def _took(self, connection: Connection, runs: Sequence[str]) -> None:
        """These are read from their beginning, in this transaction."""

    def _known(self, runs: Collection[str]) -> dict[str, "_Shipped"]:
        if not runs:
            return {}  # the spool is empty nearly always, and a read costs a fifth of a page
        with self._database.read() as connection:
            rows = connection.execute(_KNOWN, {"of": list(runs)})
            return {row.run: _Shipped(*row) for row in rows}

    def _journal(self, run: str) -> Journal:
        path = self._layout.journal(run)
        return Journal(run, path, self._layout.states(run), path.relative_to(self._layout.root).as_posix())

    def _remove(self, shipped: "_Shipped") -> None:
        """Removes the files of a run that is finished and committed; nobody has taken it up if its lock is free."""
        path = self._layout.journal(shipped.run)
        try:
            fd = disk.open_append(path)
        except FileNotFoundError:
            return  # somebody else did
        try:
            found = os.fstat(fd)
            if not lock.take(fd) or not disk.is_same_file(fd, path) or shipped.differs(found):
                return
            self._layout.states(shipped.run).unlink(missing_ok=True)
            if self._is_damaged(shipped.run, found.st_size - shipped.offset):
                # Lines that are no events are nowhere else: they are set aside with their journal.
                path.rename(path.with_name(path.name + _DAMAGED))
            else:
                path.unlink()
        finally:
            lock.close(fd)

    def _is_damaged(self, run: str, rest: int) -> bool:
        with self._database.read() as connection:
            return rest > 0 or connection.execute(_DAMAGE, {"of": run, "at": f"spool/{run}%"}).first() is not None

    def _found(self, run: str) -> os.stat_result | None:
        try:
            return os.stat(self._layout.journal(run), follow_symlinks=False)
        except FileNotFoundError:
            return None


_journals, _damage = tables.journals.c, tables.damage.c
_KNOWN = select(
    _journals.run, _journals.inode, _journals.size, _journals.mtime_ns, _journals.offset, _journals.open
).where(_journals.run.in_(bindparam("of", expanding=True)))
_DAMAGE = select(_damage.id).where(_damage.run == bindparam("of"), _damage.place.like(bindparam("at"))).limit(1)
