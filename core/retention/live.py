"""All runs of a store, read once and then followed: what a plan is made from while somebody writes a policy."""

import threading
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING

from ..pages import Page, Sort
from ..progress import Progress
from ..query.query import EVERYTHING, Query, parse
from ..runs import Run
from .catalogue import PAGE, Catalogue, asks_elsewhere, dropped
from .policy import Policy
from .restored import restored
from .sharing import Sharing

if TYPE_CHECKING:
    from ..store import Store

MANY = 2000
"""Changed runs that are asked for by their ids however few there are; more only up to a quarter of all, which are read
anew then."""


class LiveCatalogue:
    """What a store holds, for plans. One thread takes in what is new while another makes a plan."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._lock = threading.Lock()
        self._runs: dict[str, Run] | None = None
        self._found: dict[str, frozenset[str]] = {}
        self._bare: frozenset[str] | None = None
        self._restored: tuple[str, dict[str, str]] | None = None
        self._cursor = 0
        self._sharing = Sharing()
        self.progress = Progress()
        """Of a reading of all runs, in runs."""
        self.revision = 0
        """Another one after each change."""
        self.total: int | None = None
        """How many runs there are, as of the last look; None before any."""

    @property
    def ready(self) -> bool:
        """Whether all runs were read once."""
        return self._runs is not None

    def __len__(self) -> int:
        return len(self._runs or {})

    def count(self) -> bool:
        """Looks only how many runs there are, whatever they are; whether that has changed."""
        before, self.total = self.total, self._store.runs.totals().runs
        return self.total != before

    def refresh(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Takes in what changed since the last time, at first everything; whether there was anything.

        Costs what changed. `stop` ends it between two pages; then nothing was taken in.
        """
        if self._runs is None:
            return self._read_all(stop)
        changed, removed = set[str](), set[str]()
        cursor, more = self._cursor, True
        while more:
            changes = self._store.feed.changes(cursor)
            changed.update(changes.changed)
            removed.update(changes.removed)
            cursor, more = changes.cursor, changes.more
            if len(changed) > max(MANY, len(self._runs) // 4):
                return self._read_all(stop)
        if changed or removed:
            self._take_in(changed | removed)
        self._cursor = cursor
        return bool(changed or removed)

    def catalogue(self, policy: Policy) -> Catalogue:
        """What a plan by this policy is made from. Costs a query for each block that asks for more than runs hold,
        but only the first time since something changed.
        """
        asked = {block.match for block in policy.blocks if asks_elsewhere(parse(block.match))}
        states = any(block.then == "states" for block in policy.blocks)
        with self._lock:
            for text in asked - self._found.keys():
                self._found[text] = frozenset(run.id for run in self._each(parse(text)))
            if states and self._bare is None:
                self._bare = frozenset(dropped(self._store.runs))
            found = {text: self._found[text] for text in asked}
            if self._restored is None or self._restored[0] != policy.trash_for:
                self._restored = policy.trash_for, restored(self._store.upkeep, policy)
            bare = self._bare if states and self._bare else frozenset[str]()
            runs = tuple((self._runs or {}).values())
            return Catalogue(runs=runs, found=found, bare=bare, restored=self._restored[1])

    def _read_all(self, stop: Callable[[], bool]) -> bool:
        cursor = self._store.feed.cursor()
        runs, sharing = dict[str, Run](), Sharing()
        self.progress.begin(self._store.runs.totals().runs)
        try:
            # A run that moves while pages are turned is met twice at most, and counts once.
            for run in self._each(EVERYTHING, stop):
                runs[run.id] = sharing(run)
                if len(runs) % PAGE == 0:
                    self.progress.reach(len(runs))
        finally:
            self.progress.end()
        if stop():
            return False
        with self._lock:
            self._runs, self._cursor, self._sharing = runs, cursor, sharing
            self._changed()
        return True

    def _take_in(self, changed: Collection[str]) -> None:
        sharing = self._sharing
        found = {run.id: sharing(run) for run in self._store.runs.some(sorted(changed))}
        with self._lock:
            assert self._runs is not None
            for id in changed:
                if id in found:
                    self._runs[id] = found[id]
                else:
                    self._runs.pop(id, None)
            self._changed()

    def _changed(self) -> None:
        self.total = len(self)
        self._found, self._bare, self._restored = {}, None, None
        self.revision += 1

    def _each(self, query: Query, stop: Callable[[], bool] = lambda: False) -> Iterator[Run]:
        after: str | None = None
        while not stop():
            page: Page[Run] = self._store.runs.query(query, Sort(), limit=PAGE, after=after)
            yield from page.items
            after = page.next
            if after is None:
                return
