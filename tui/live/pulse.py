"""What runs now and how fast that spends, followed once for the whole program, however many screens tell it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ...core import clock
from ...core.clock import from_seconds, seconds_at
from ...core.costs import Spent
from ...core.numbers.rates import WINDOW, Rate, Rates
from ...core.pages import Sort
from ...core.query.query import EVERYTHING, Query, parse
from ...core.runs import Run, Totals
from ..loading import Loader
from ..messages import Pulsed
from .watching import Watching

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode

    from ...core.store import Store
    from .board import Board

EVERY, REST = 0.25, 4.0
"""Seconds between two looks, whatever is recorded, and at least so many times as long as one took."""
MOST = 1000
"""Runs of one kind that are followed at most; the newest ones."""
MANY = 500
"""So many changes at once are not looked at one by one: then what is live is read anew."""
_GOING = parse("status:running|waiting|pending")
_ENDED_BADLY = parse("status:lost"), parse("status:failed")
_FEW = 100
_TIDY = 60.0


class Beat(NamedTuple):
    """What one look brought."""

    cursor: int
    totals: Totals
    runs: Sequence[Run] = ()
    """All that are live, or those that changed."""
    removed: Sequence[str] = ()
    spent: Sequence[Spent] = ()
    """By runs in the last minutes, where everything was read."""
    whole: bool = False
    more: bool = False


class Pulse:
    """Reads what is live once, and from then on what changed; nothing while nothing changes.

    It begins when somebody has something to look at, so that the first rows wait for nothing.
    """

    def __init__(self, app: App[None]) -> None:
        self.rates = Rates()
        self.beat: Beat | None = None
        """The newest look; None before the first."""
        self.watching = Watching(app)
        """Which runs a person wants to be told of."""
        self.last: float | None = None
        """When the newest event that anybody knows of came, in Unix seconds."""
        self._app = app
        self._store: Store | None = None
        self._begun = self._anew = False
        self._tidied = 0.0
        self.loader: Loader[Beat | None] = Loader(app, self._prepare, self._loaded, every=EVERY, rest=REST)

    @cached_property
    def board(self) -> Board:
        """What is live, read when there is something to be told of it."""
        from .board import Board

        return Board()

    def of(self, store: Store) -> None:
        """The runs of this store, from now on."""
        self._store = store

    def begin(self) -> None:
        """Somebody sees the store; may be called often."""
        if not self._begun:
            self._begun = True
            self.loader.request()

    def look(self) -> None:
        """The store may have changed."""
        if self._begun:
            self.loader.request()

    def again(self) -> None:
        """Reads everything anew."""
        self._anew = True
        self.look()

    def _prepare(self) -> Callable[[], Beat | None] | None:
        store, before, watched = self._store, self.beat, self.watching.ids
        if store is None:
            return None
        since = None if before is None or self._anew else before.cursor
        self._anew = False

        def read() -> Beat | None:
            with store.moment():
                if since is None:
                    return _whole(store, store.feed.cursor(), watched)
                changes = store.feed.changes(since)
                if not changes.changed and not changes.removed:
                    return None
                if len(changes.changed) > MANY:
                    return _whole(store, store.feed.cursor(), watched)
                found = store.runs.some(changes.changed)
                return Beat(changes.cursor, store.runs.totals(), found, changes.removed, more=changes.more)

        return read

    def _loaded(self, beat: Beat | None) -> None:
        if beat is None:
            return
        now = clock.now_s()
        self.beat = beat
        if beat.whole:
            self.rates.begin(beat.spent, now, {run.id: (run.tokens.total, run.money) for run in beat.runs})
            self.board.begin(beat.runs, now)
        else:
            self.board.take(beat.runs, beat.removed, now)
        for run in beat.runs:
            began, last = seconds_at(run.started, now), seconds_at(run.last_event, now)
            self.rates.see(run.id, last, run.tokens.total, run.money, began)
            self.last = max(self.last or last, last)
        if now - self._tidied > _TIDY:
            self._tidied = now
            self.board.forget(now)
            self.rates.forget(now, keep=self.board)
        self.watching.take(beat.runs, beat.removed)
        self._app.post_message(Pulsed())
        if beat.more:
            self.loader.request()


def _whole(store: Store, cursor: int, watched: frozenset[str]) -> Beat:
    found = {run.id: run for run in _live(store, watched)}
    spent = store.runs.spending("minute", "run", since=from_seconds(clock.now_s() - WINDOW))
    return Beat(cursor, store.runs.totals(), list(found.values()), spent=spent, whole=True)


def _live(store: Store, watched: frozenset[str]) -> Iterator[Run]:
    """Asked so that an index has the answers in their order: by time of their newest event all runs would be gone
    through for those that run. What ended badly is looked at newest first, and what did so long ago left out later."""
    yield from store.runs.query(_GOING, limit=MOST).items
    for query in _ENDED_BADLY:
        yield from _ended(store, query)
    yield from store.runs.query(EVERYTHING, Sort(field="last_event", descending=True), limit=1).items
    if watched:
        yield from store.runs.some(sorted(watched))


def _ended(store: Store, query: Query) -> Iterator[Run]:
    """Those that a board still shows, which began last: a page of them, and more where it shows one of that page."""
    from .board import is_shown

    after, now = None, clock.now_s()
    for _ in range(MOST // _FEW):
        page = store.runs.query(query, limit=_FEW, after=after)
        yield from page.items
        after = page.next
        if after is None or not any(is_shown(run, now) for run in page.items):
            return


def pulse_of(node: DOMNode) -> Pulse | None:
    """The pulse of the program that a widget or screen belongs to."""
    found = getattr(node.app, "pulse", None)
    return found if isinstance(found, Pulse) else None


def rate_of(node: DOMNode) -> Rate | None:
    """How fast all runs of the program that a widget or screen belongs to spend; None before anybody looked."""
    pulse = pulse_of(node)
    return None if pulse is None or pulse.beat is None else pulse.rates.total(clock.now_s())


def quiet_of(node: DOMNode) -> float | None:
    """Seconds since the newest event of any run; None before anybody looked, or where there is none."""
    pulse = pulse_of(node)
    return None if pulse is None or pulse.last is None else max(clock.now_s() - pulse.last, 0.0)
