"""Takes what is new in many journals into a database, in transactions of bounded size."""

import gc
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, select

from ...core.events import Writer
from ..journal import liveness
from ..journal.process import is_alive
from ..sql import tables
from ..sql.claims import claim
from ..sql.database import Database
from .finding import Journal
from .ingest import Ingest
from .readings import BATCH_BYTES

_AT_ONCE = 1000  # journals in one transaction
_LIVENESS_S = 1.0
_ALIVE = ("running", "pending")


class OpenJournal(NamedTuple):
    """An unfinished journal as it was left."""

    run: str
    path: str
    inode: int
    size: int
    mtime_ns: int
    recorded: str | None
    status: str | None
    evidence: str | None

    def differs(self, stat: os.stat_result) -> bool:
        """Whether there may be something to be read."""
        return (stat.st_ino, stat.st_size, stat.st_mtime_ns) != (self.inode, self.size, self.mtime_ns)

    @property
    def doubtful(self) -> bool:
        """Whether it may be lost, or be lost by another evidence than is told of it."""
        told = self.status == "lost" and not liveness.passes(self.evidence or "")
        return self.recorded in _ALIVE and not told


class CatchUp:
    """Takes journals into one database. Used by one thread at a time.

    `gone` is the evidence by which an unfinished run is lost whose journal is not there; empty where
    a run without a journal is no run. With `copied` the journals are copies: that nobody holds their lock
    says nothing, only the end of their writer does. `own` is a condition on `journals`: those that lie here.
    """

    def __init__(
        self,
        database: Database,
        ingest: Ingest,
        root: Path,
        *,
        gone: str = "",
        copied: bool = False,
        own: ColumnElement[bool] | None = None,
    ) -> None:
        self._database, self._ingest, self._root, self._gone = database, ingest, root, gone
        self._copied = copied
        self._open = _OPEN if own is None else _OPEN.where(own)
        self._looked_for_life = 0.0

    def unfinished(self) -> list[OpenJournal]:
        """The journals to which more may come."""
        with self._database.read() as connection:
            return list(map(OpenJournal._make, connection.execute(self._open).all()))

    def take(
        self,
        journals: Iterable[Journal],
        anew: Callable[[Connection, Sequence[str]], None] = lambda connection, runs: None,
        reach: Callable[[int, int], None] = lambda done, size: None,
        begun: Callable[[], None] = lambda: None,
    ) -> bool:
        """Takes in all that is new in these; False if one could not be read (which is named as damage).

        `anew` is told the runs that were read from their beginning, in the transaction of that;
        `reach`, after each transaction, how many journals are done, and how many bytes were read; `begun`, once
        a part was read of each: nobody waits behind a long one.
        """
        coming = iter(journals)
        waiting, long = list(islice(coming, _AT_ONCE)), list[Journal]()
        complete, done, size = True, 0, 0
        while waiting:
            with self._database.write() as connection, without_collecting():
                taken = self._ingest.take(connection, waiting, BATCH_BYTES)
                if taken.anew:
                    anew(connection, taken.anew)
            complete = complete and not taken.unreadable
            done += len(waiting) - len(taken.left) - len(taken.more)
            size += taken.size
            long += taken.more
            waiting = taken.left + list(islice(coming, _AT_ONCE - len(taken.left)))
            if not waiting:
                begun()
                waiting, long = long, []
            reach(done, size)
        return complete

    def mark_lost(self, unfinished: Callable[[], list[OpenJournal]]) -> None:
        """Finds those of the unfinished runs whose writer is gone, at most once a second.

        Of one that is lost already only such an evidence is looked at again as passes.
        """
        if time.monotonic() - self._looked_for_life < _LIVENESS_S:
            return
        self._looked_for_life = time.monotonic()
        lost = {}
        for journal in unfinished():
            if journal.doubtful and (why := self._evidence(journal)) and why != journal.evidence:
                lost[journal.run] = why
        if lost:
            with self._database.write() as connection:
                self._mark(connection, lost)

    def _evidence(self, journal: OpenJournal) -> str:
        with self._database.read() as connection:
            row = connection.execute(_WRITER, {"of": journal.run}).first()
        writer = msgspec.json.decode(row.writer, type=Writer) if row and row.writer else None
        if row and row.workflow != "?" and writer is None and journal.status == "waiting":
            return ""  # begun by another program, which asked and ended: a LangGraph thread waits for no process
        if self._copied and (writer is None or is_alive(writer) is not False):
            return ""
        try:
            return liveness.evidence(self._root / journal.path, writer, row.last_event if row else None)
        except FileNotFoundError:
            return self._gone
        except OSError:
            return ""  # it cannot be read, which the scan finds and says

    def _mark(self, connection: Connection, lost: dict[str, str]) -> None:
        claim(connection, lost)
        # The lock was seen free before the journal is looked at: whoever finished it has written that by now.
        for journal in (OpenJournal(*row) for row in connection.execute(self._open)):
            why = lost.get(journal.run)
            if why and journal.doubtful and not self._moved(journal):
                self._ingest.mark_lost(connection, journal.run, why)

    def _moved(self, journal: OpenJournal) -> bool:
        try:
            return journal.differs(os.stat(self._root / journal.path, follow_symlinks=False))
        except FileNotFoundError:
            return not self._gone


@contextmanager
def without_collecting() -> Iterator[None]:
    """A batch makes rows by the ten thousand and no cycles: to look for some among them costs a sixth of its time, and
    where they are the events of one long log, half of it.
    """
    pause = gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()


_OPEN = (
    select(
        tables.journals.c.run,
        tables.journals.c.path,
        tables.journals.c.inode,
        tables.journals.c.size,
        tables.journals.c.mtime_ns,
        tables.runs.c.recorded,
        tables.runs.c.status,
        tables.runs.c.evidence,
    )
    .select_from(tables.journals.outerjoin(tables.runs, tables.runs.c.id == tables.journals.c.run))
    .where(tables.journals.c.open)
)
_WRITER = (
    select(tables.run_bodies.c.writer, tables.runs.c.last_event, tables.runs.c.workflow)
    .select_from(tables.runs.join(tables.run_bodies, tables.run_bodies.c.run == tables.runs.c.id))
    .where(tables.runs.c.id == bindparam("of"))
)
