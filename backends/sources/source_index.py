"""The index of one LangGraph database: its threads as runs in query tables, brought up to date by what is new.

Content is never copied: the index keeps names, numbers and addresses, and can be thrown away.

A thread is read in one of two depths. Its keys alone give checkpoints, steps, times, errors and
interrupts. Deep reading adds messages, tokens and what only a state tells; it is done at once
where it costs next to nothing, else when somebody looks at the run. Prices are looked up only then,
for their table takes longer to load than a list to show.
"""

import os
import threading
import time
from collections.abc import Sequence
from functools import partial
from sqlite3 import Connection as Source
from typing import NamedTuple

from sqlalchemy import Connection, select

from ...core import events
from ...core.progress import Progress
from ...core.runs import Damage
from ..prices import price_book
from ..sql import tables
from ..sql.database import Database
from ..sql.projector import Batch, Projector, Recorded
from . import langgraph_ids as ids
from . import langgraph_rows as rows
from .langgraph_db import Original, State
from .langgraph_events import Teller
from .langgraph_facts import Trouble
from .langgraph_graph import Thread
from .langgraph_render import Renderer
from .langgraph_standing import Standing, attended_since, standing
from .source_prices import keep_prices, priced, unpriced
from .source_tables import (
    SOURCE,
    Cursor,
    drop_thread,
    facts,
    keep_cursor,
    keep_facts,
    keep_thread,
    load_cursor,
    metadata,
    threads,
    told_until,
)
from .source_told import Known, Told, another, beginning, deepened, first_of_each, with_turns

_CHEAP = 256 << 10  # bytes that deep reading of one thread may take without being asked for
_BUDGET = 1 << 20  # and of all threads in one refresh
_GROUP_ROWS = 5_000  # rows that are read together
_ATTENDED_S = 2.0  # how often we look whether a program still has the database open
_SWEEP_S = 10.0  # how often we look for threads that were deleted
_TOGETHER = 200  # runs that are priced in one transaction
_KEPT = 256  # threads whose rows stay in memory between refreshes


class News(NamedTuple):
    """Threads with new rows, in groups to be read together; threads that are gone; the cursor after them."""

    groups: list[list[str]]
    gone: list[str]
    cursor: Cursor


class SourceIndex:
    """Keeps the index of a database. Thread-safe."""

    def __init__(self, original: Original, database: Database, workflow: str) -> None:
        self.original, self.database, self.workflow = original, database, workflow
        self.progress = Progress()
        """Of taking in what is new, in threads."""
        self._projector = Projector()
        self._lock = threading.RLock()
        self._seen: tuple[State, str] | None = None
        self._attended, self._looked, self._swept = "", 0.0, 0.0
        self._known: dict[str, Known] = {}
        self._cursor: Cursor | None = None
        with database.write() as connection:
            metadata.create_all(connection)

    # --- what others ask

    def refresh(self) -> None:
        """Takes in what is new. Costs a few `stat` when nothing is."""
        with self._lock:
            if time.monotonic() - self._looked > _ATTENDED_S or not self._looked:
                self._attended, self._looked = attended_since(self.original.path), time.monotonic()
            state = (self.original.state(), self._attended)
            if state != self._seen:
                try:
                    self._take_in()
                finally:
                    self.progress.end()
                self._seen = state

    def details(self, run: str) -> None:
        """Reads a run deeply, if that was not done yet (from then on every refresh does), and prices its calls."""
        with self._lock, self.database.write() as connection:
            row = connection.execute(select(threads).where(threads.c.run == run)).first()
            if row is not None and not row.deep:
                self._apply(connection, [self.original.read(lambda source: self._anew(connection, source, row.thread))])
        self._price([run])

    def prices(self) -> None:
        """Prices all calls that were read and not priced yet."""
        with self.database.read() as connection:
            runs = connection.execute(select(threads.c.run).where(threads.c.unpriced)).scalars().all()
        for at in range(0, len(runs), _TOGETHER):
            self._price(runs[at : at + _TOGETHER])

    def needs_details(self, run: str) -> bool:
        """Whether a run is known but was not read deeply yet, or has calls without a look at their price."""
        with self.database.read() as connection:
            query = select(threads.c.run).where(threads.c.run == run, ~threads.c.deep | threads.c.unpriced)
            return connection.execute(query).first() is not None

    def shallow(self, cost: int) -> str | None:
        """The newest run that needs details and whose values take at most so many bytes to read."""
        wanted = select(threads.c.run).where(~threads.c.deep & (threads.c.cost <= cost) | threads.c.unpriced)
        with self.database.read() as connection:
            return connection.execute(wanted.order_by(threads.c.run.desc()).limit(1)).scalar_one_or_none()

    def renderer(self, source: Source, run: str, thread: str) -> Renderer:
        """What makes the events of a thread."""
        return Renderer(source, str(self.original.path), self.workflow, run, thread)

    # --- taking in what is new

    def _take_in(self) -> None:
        with self.database.write() as connection:
            cursor = load_cursor(connection)
            if cursor != self._cursor:
                self._known.clear()  # another process took something in, or we have only begun
            news = self.original.read(lambda source: self._news(connection, source, cursor))
            for thread in news.gone:
                self._forget(connection, thread)
            main = self.original.state().main
            budget = max(_BUDGET, main.size // 200 if main else 0)
            self.progress.begin(sum(map(len, news.groups)), "threads")
            for group in news.groups[:1]:
                budget = self._take_group(connection, group, budget)
            if len(news.groups) < 2:
                keep_cursor(connection, news.cursor)
                self._cursor = news.cursor
        if len(news.groups) > 1:
            self._take_many(news, budget)
        while len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]

    def _take_many(self, news: News, budget: int) -> None:
        """The other groups, in transactions of their own, so that other processes have their turn.

        The cursor moves at the end: if this is broken off, what was told already is known by its facts.
        """
        done = len(news.groups[0])
        self.progress.reach(done)
        for group in news.groups[1:]:
            self._known.clear()  # in between others may have told of the same threads
            with self.database.write() as connection:
                budget = self._take_group(connection, group, budget)
            done += len(group)
            self.progress.reach(done)
        self._known.clear()
        with self.database.write() as connection:
            keep_cursor(connection, news.cursor)
        self._cursor = news.cursor

    def _take_group(self, connection: Connection, group: list[str], budget: int) -> int:
        """Takes some threads in and returns what is left of the budget for deep reading."""
        found = self.original.read(partial(self._tell, connection, group=group, budget=budget))
        spent = sum(told.known.cost for told in found if told.known.deep and not told.known.seq)
        self._apply(connection, found)
        return budget - spent

    def _news(self, connection: Connection, source: Source, cursor: Cursor) -> News:
        inode = os.stat(self.original.path).st_ino
        reached = (rows.reach(source, "checkpoints"), rows.reach(source, "writes"))
        same = (
            cursor.inode == inode
            and rows.stands(source, "checkpoints", cursor.checkpoints)
            and rows.stands(source, "writes", cursor.writes)
        )
        if not same:
            self._known.clear()
        changed = rows.changed_threads(
            source, cursor.checkpoints if same else rows.Reach(), cursor.writes if same else rows.Reach()
        )
        for thread in self._turned(connection):
            changed.setdefault(thread, 1)
        gone: list[str] = []
        if not same or time.monotonic() - self._swept > _SWEEP_S:
            self._swept = time.monotonic()
            gone = sorted(set(connection.execute(select(threads.c.thread)).scalars()) - set(rows.threads(source)))
        groups = _grouped({thread: count for thread, count in changed.items() if thread not in gone})
        return News(groups, gone, Cursor(inode=inode, checkpoints=reached[0], writes=reached[1]))

    def _turned(self, connection: Connection) -> list[str]:
        """Threads that count as running though no program has the database open any more, or the other way round."""
        attended = threads.c.last >= self._attended
        left = (threads.c.status == "running") & ~attended
        taken_up = (threads.c.status == "paused") & attended
        return list(connection.execute(select(threads.c.thread).where(left | taken_up)).scalars())

    # --- telling threads

    def _tell(self, connection: Connection, source: Source, *, group: list[str], budget: int) -> list[Told]:
        """What is new of some threads. Changes nothing, for the reading may have to be done again."""
        found = []
        for thread_id in group:
            known, touched = self._present(connection, source, thread_id)
            if not known.thread.checkpoints:
                continue
            if anew := another(known):
                run = ids.run_id(str(self.original.path), thread_id, known.thread.began() or None)
                known, touched = Known(run, known.thread), set(known.thread.checkpoints)
            if not known.deep:
                known.cost = Teller(known.thread, source, deep=False).cost()
                if known.cost <= min(_CHEAP, budget):
                    budget -= known.cost
                    known, anew = deepened(known), anew or known.seq > 0
                    touched = set(known.thread.checkpoints)
            found.append(self._told(source, known, touched, anew))
        return found

    def _present(self, connection: Connection, source: Source, thread_id: str) -> tuple[Known, set[tuple[str, str]]]:
        """A thread with its new rows, and the snapshots that these concern."""
        known = self._known.pop(thread_id, None)  # if this reading fails, it is loaded anew
        if known is not None and self._cursor and told_until(connection, known.run) == (known.seq, known.deep):
            reach = self._cursor
            new = (
                rows.checkpoints_of(source, thread_id, reach.checkpoints.rowid),
                rows.writes_of(source, thread_id, reach.writes.rowid),
            )
            return known, known.thread.add(*new)
        known = self._load(connection, source, thread_id)
        return known, set(known.thread.checkpoints)

    def _load(self, connection: Connection, source: Source, thread_id: str) -> Known:
        thread = Thread(thread_id)
        thread.add(rows.checkpoints_of(source, thread_id), rows.writes_of(source, thread_id))
        row = connection.execute(select(threads).where(threads.c.thread == thread_id)).first()
        if row is None:
            return Known(ids.run_id(str(self.original.path), thread_id, thread.began() or None), thread)
        known = Known(row.run, thread)
        known.seq, known.deep, known.cost = row.seq, row.deep, row.cost
        known.now = Standing(row.status, row.reason)
        query = select(facts.c.kind, facts.c.key).where(facts.c.run == row.run)
        known.told = {(kind, key) for kind, key in connection.execute(query)}
        for kind, key in known.told:
            if kind == "message":
                thread.messages.remember(key)
        return known

    def _anew(self, connection: Connection, source: Source, thread_id: str) -> Told:
        """A thread told from its beginning, deeply, so that its events come in the order of time."""
        known = deepened(self._load(connection, source, thread_id))
        return self._told(source, known, set(known.thread.checkpoints), True)

    def _told(self, source: Source, known: Known, touched: set[tuple[str, str]], anew: bool) -> Told:
        teller = Teller(known.thread, source, deep=known.deep)
        render = self.renderer(source, known.run, known.thread.id)
        now = standing(known.thread, teller, attended=self._attended)
        found = teller.about(touched, working=now.status in ("running", "waiting"))
        if not known.seq:
            found.insert(0, beginning(known, render, found))
        new = [fact for key, fact in first_of_each(found).items() if key not in known.told]
        new = with_turns(known, now, new)
        made = (render.event(fact, seq, light=True) for seq, fact in enumerate(new, known.seq + 1))
        recorded = [Recorded(event, len(events.encode(event)) + 1) for event in made]
        return Told(known, anew, now, new, recorded, teller.troubles)

    # --- writing the index

    def _apply(self, connection: Connection, found: list[Told]) -> None:
        for told in found:
            if told.anew:
                self._forget(connection, told.known.thread.id)
        batches = [
            Batch(told.known.run, told.recorded, SOURCE, told.known.thread.id) for told in found if told.recorded
        ]
        if batches:
            self._projector.project_all(connection, batches)
        for told in found:
            self._keep(connection, told)

    def _keep(self, connection: Connection, told: Told) -> None:
        known, thread = told.known, told.known.thread
        if told.recorded:
            keep_facts(connection, known.run, known.seq + 1, told.facts)
            self._projector.resize(connection, known.run, thread.size())
        for trouble in told.troubles:
            self._damaged(connection, known.run, trouble)
        known.seq += len(told.facts)
        known.told.update((fact.kind, fact.key) for fact in told.facts)
        known.now = told.now
        values = {"seq": known.seq, "deep": known.deep, "cost": known.cost, "last": thread.last_time}
        if any(fact.kind == "cost" for fact in told.facts):
            values["unpriced"] = True
        keep_thread(connection, known.run, thread.id, status=told.now.status, reason=told.now.reason, **values)
        self._known[thread.id] = known

    def _price(self, runs: Sequence[str]) -> None:
        with self.database.read() as connection:
            found = unpriced(connection, runs)
        # In no transaction and under no lock, for the table may have to be loaded first.
        prices = [(calls, priced(calls, price_book())) for calls in found]
        with self._lock, self.database.write() as connection:
            for calls, new in prices:
                if told_until(connection, calls.run) == (calls.seq, True):  # else the next look prices it
                    keep_prices(connection, self._projector, calls, new)
                    if known := self._known.get(calls.thread):
                        known.seq += len(new)
                        known.told.update((fact.kind, fact.key) for fact in new)

    def _damaged(self, connection: Connection, run: str, trouble: Trouble) -> None:
        table = tables.damage
        same = select(table.c.id).where(table.c.run == run, table.c.place == trouble.where)
        if connection.execute(same).first() is None:
            self._projector.damage(connection, Damage(where=trouble.where, what=trouble.what, run=run))

    def _forget(self, connection: Connection, thread_id: str) -> None:
        self._known.pop(thread_id, None)
        run = connection.execute(select(threads.c.run).where(threads.c.thread == thread_id)).scalar_one_or_none()
        if run is not None:
            self._projector.forget(connection, run)
            drop_thread(connection, run)


def _grouped(counts: dict[str, int]) -> list[list[str]]:
    groups: list[list[str]] = []
    size = _GROUP_ROWS
    for thread, count in counts.items():
        if size >= _GROUP_ROWS:
            groups.append([])
            size = 0
        groups[-1].append(thread)
        size += count
    return groups
