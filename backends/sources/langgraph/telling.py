"""Telling threads: from the rows of a database to what is new in its index.

A thread is read in one of two depths. Its keys alone give checkpoints, steps, times, errors and
interrupts. Deep reading adds messages, tokens and what only a state tells; it is done at once
where it costs next to nothing, else when somebody looks at the run.
"""

from collections.abc import Iterable
from pathlib import Path
from sqlite3 import Connection as Source

from sqlalchemy import Connection, select

from ....core import events
from ...sql.projector import Recorded
from ..foreign_ids import foreign_ulid
from . import rows
from .events import Teller
from .graph import Thread
from .memory import Known, Memory
from .render import Renderer
from .standing import Standing, standing
from .tables import facts, threads, told_until
from .told import Told, another, beginning, deepened, first_of_each, with_turns

_CHEAP = 256 << 10  # bytes that deep reading of one thread may take without being asked for


class Telling:
    """One reading of the database at `path`. Changes nothing in the index, for it may have to be done again.

    `attended` is the time since when a program has the database open. For one thread at a time.
    """

    def __init__(
        self, connection: Connection, source: Source, memory: Memory, *, path: Path, workflow: str, attended: str
    ) -> None:
        self._connection, self._source, self._memory = connection, source, memory
        self._path, self._workflow, self._attended = str(path), workflow, attended

    def new_of(self, group: Iterable[str], budget: int) -> list[Told]:
        """What is new of some threads; those that were not read deeply yet are, while the budget of bytes lasts."""
        found = []
        for thread_id in group:
            known, touched = self._present(thread_id)
            if not known.thread.checkpoints:
                continue
            if anew := another(known):
                known, touched = self._unknown(known.thread), set(known.thread.checkpoints)
            if not known.deep:
                known.cost = Teller(known.thread, self._source, deep=False).cost()
                if known.cost <= min(_CHEAP, budget):
                    budget -= known.cost
                    known, anew = deepened(known), anew or known.seq > 0
                    touched = set(known.thread.checkpoints)
            found.append(self._told(known, touched, anew))
        return found

    def anew(self, thread_id: str) -> Told:
        """A thread told from its beginning, deeply, so that its events come in the order of time."""
        known = deepened(self._load(thread_id))
        return self._told(known, set(known.thread.checkpoints), True)

    def _present(self, thread_id: str) -> tuple[Known, set[tuple[str, str]]]:
        """A thread with its new rows, and the snapshots that these concern."""
        known, reach = self._memory.take(thread_id), self._memory.cursor
        if known is not None and reach and told_until(self._connection, known.run) == (known.seq, known.deep):
            new = (
                rows.checkpoints_of(self._source, thread_id, reach.checkpoints.rowid),
                rows.writes_of(self._source, thread_id, reach.writes.rowid),
            )
            return known, known.thread.add(*new)
        known = self._load(thread_id)
        return known, set(known.thread.checkpoints)

    def _unknown(self, thread: Thread) -> Known:
        return Known(foreign_ulid(thread.began(), self._path, thread.id), thread)

    def _load(self, thread_id: str) -> Known:
        """A thread with all its rows, and what the index says was told of it."""
        thread = Thread(thread_id)
        thread.add(rows.checkpoints_of(self._source, thread_id), rows.writes_of(self._source, thread_id))
        row = self._connection.execute(select(threads).where(threads.c.thread == thread_id)).first()
        if row is None:
            return self._unknown(thread)
        known = Known(row.run, thread)
        known.seq, known.deep, known.cost = row.seq, row.deep, row.cost
        known.now = Standing(row.status, row.reason)
        query = select(facts.c.kind, facts.c.key).where(facts.c.run == row.run)
        known.told = {(kind, key) for kind, key in self._connection.execute(query)}
        for kind, key in known.told:
            if kind == "message":
                thread.messages.remember(key)
        return known

    def _told(self, known: Known, touched: set[tuple[str, str]], anew: bool) -> Told:
        teller = Teller(known.thread, self._source, deep=known.deep)
        render = Renderer(self._source, self._path, self._workflow, known.run, known.thread.id)
        now = standing(known.thread, teller, attended=self._attended)
        found = teller.about(touched, working=now.status in ("running", "waiting"))
        if not known.seq:
            found.insert(0, beginning(known, render, found))
        new = [fact for key, fact in first_of_each(found).items() if key not in known.told]
        new = with_turns(known, now, new)
        made = (render.event(fact, seq, light=True) for seq, fact in enumerate(new, known.seq + 1))
        recorded = [Recorded(event, len(events.encode(event)) + 1) for event in made]
        return Told(known, anew, now, new, recorded, teller.troubles)
