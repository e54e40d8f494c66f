"""The index of one LangGraph database: its threads as runs in query tables, brought up to date by what is new.

Content is never copied: the index keeps names, numbers and addresses, and can be thrown away.

How deeply a thread is read, `telling.py` says. Prices are looked up when somebody looks at a run,
for their table takes longer to load than a list to show.
"""

import math
import threading
import time
from collections.abc import Iterator, Sequence
from sqlite3 import Connection as Source

from sqlalchemy import Connection, select

from ....core.progress import Progress, heard
from ...prices import price_book
from ...sql.database import Database
from ..foreign_prices import price_events
from .memory import Memory
from .news import News, news_since
from .original import Original, State
from .prices import unpriced
from .render import Renderer
from .standing import attended_since
from .tables import Cursor, keep_cursor, load_cursor, metadata, threads
from .telling import Telling
from .writing import IndexWriter

_BUDGET = 1 << 20  # bytes that deep reading of all threads in one refresh may take
_ATTENDED_S = 2.0  # how often we look whether a program still has the database open
_SWEEP_S = 10.0  # how often we look for threads that were deleted
_TOGETHER = 200  # runs that are priced in one transaction
_AGAIN_S, _LAST_S = 0.02, 4.0
"""A commit lies in SQLite's log before it can be read: who looks in between sees all files as they will stay, and not
what is new. So after each change we look again, each time after twice as long, until a program that is still held up
between the two would be one that stands still."""


class LangGraphIndex:
    """Keeps the index of a database: see `ForeignIndex`. Thread-safe."""

    def __init__(self, original: Original, database: Database, workflow: str) -> None:
        self.original, self.database, self.workflow = original, database, workflow
        self.path = original.path
        self.progress = Progress()
        """Of taking in what is new, in threads."""
        self._lock = threading.RLock()
        self._memory = Memory()
        self._writer = IndexWriter(self._memory)
        self._seen: tuple[State, str] | None = None
        self._attended, self._looked, self._swept = "", 0.0, 0.0
        self._rest, self._again_at = 0.0, math.inf
        with database.write() as connection:
            metadata.create_all(connection)

    # --- what others ask

    def refresh(self) -> None:
        """Takes in what is new. Costs a few `stat` when nothing is, and nothing was for some seconds."""
        with self._lock:
            if time.monotonic() - self._looked > _ATTENDED_S or not self._looked:
                self._attended, self._looked = attended_since(self.original.path), time.monotonic()
            state = (self.original.state(), self._attended)
            is_new = state != self._seen
            if is_new or time.monotonic() >= self._again_at:
                try:
                    self._take_in()
                finally:
                    self.progress.end()
                self._seen, self._rest = state, _AGAIN_S if is_new else 2 * self._rest
                may_hide = state[0].wal is not None and self._rest < _LAST_S
                self._again_at = time.monotonic() + self._rest if may_hide else math.inf

    def details(self, run: str) -> None:
        """Reads a run deeply, if that was not done yet (from then on every refresh does), and prices its calls."""
        with self._lock, self.database.write() as connection:
            row = connection.execute(select(threads).where(threads.c.run == run)).first()
            if row is not None and not row.deep:
                told = self.original.read(lambda source: self._telling(connection, source).anew(row.thread))
                self._writer.write(connection, [told])
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
            news = self._look(connection)
            for thread in news.gone:
                self._writer.forget(connection, thread)
            main = self.original.state().main
            budget = max(_BUDGET, main.size // 200 if main else 0)
            self.progress.begin(sum(map(len, news.groups)), "threads")
            for group in news.groups[:1]:
                budget = self._take_group(connection, group, budget)
            if len(news.groups) < 2:
                self._move_to(connection, news.cursor)
        if len(news.groups) > 1:
            self._take_many(news, budget)
        self._memory.trim()

    def _look(self, connection: Connection) -> News:
        """What is new since the cursor, however the database came to be what it is now."""
        cursor, memory = load_cursor(connection), self._memory
        if cursor != memory.cursor:
            memory.clear()  # another process took something in, or we have only begun
        path, now = self.original.path, time.monotonic()
        due = now - self._swept > _SWEEP_S
        news = self.original.read(
            lambda source: news_since(cursor, connection, source, path, attended=self._attended, sweep=due)
        )
        if news.anew:
            memory.clear()
        if news.anew or due:
            self._swept = now
        return news

    def _take_many(self, news: News, budget: int) -> None:
        """The other groups, in transactions of their own, so that other processes have their turn.

        The cursor moves at the end: if this is broken off, what was told already is known by its facts.
        """
        done = len(news.groups[0])
        self.progress.reach(done)
        for group in news.groups[1:]:
            self._memory.clear()  # in between others may have told of the same threads
            with self.database.write() as connection:
                budget = self._take_group(connection, group, budget)
            done += len(group)
            self.progress.reach(done)
        self._memory.clear()
        with self.database.write() as connection:
            self._move_to(connection, news.cursor)

    def _take_group(self, connection: Connection, group: list[str], budget: int) -> int:
        """Takes some threads in and returns what is left of the budget for deep reading."""
        found = self.original.read(lambda source: self._telling(connection, source).new_of(self._heard(group), budget))
        spent = sum(told.known.cost for told in found if told.known.deep and not told.known.seq)
        self._writer.write(connection, found)
        return budget - spent

    def _heard(self, group: list[str]) -> Iterator[str]:
        """The same threads; Stopped between two, if who waits for it asked for that, or closes the store."""
        for thread in heard(group):
            self.progress.go_on()
            yield thread

    def _move_to(self, connection: Connection, cursor: Cursor) -> None:
        keep_cursor(connection, cursor)
        self._memory.cursor = cursor

    def _telling(self, connection: Connection, source: Source) -> Telling:
        return Telling(
            connection,
            source,
            self._memory,
            path=self.original.path,
            workflow=self.workflow,
            attended=self._attended,
        )

    def _price(self, runs: Sequence[str]) -> None:
        with self.database.read() as connection:
            found = unpriced(connection, runs)
        # In no transaction and under no lock, for the table may have to be loaded first.
        prices = [(calls, price_events(calls, price_book())) for calls in found]
        with self._lock, self.database.write() as connection:
            self._writer.price(connection, prices)
