"""What the places over the run list share: the header, and that they read when there is news, while somebody looks."""

import asyncio
from typing import Any, Protocol

from textual.screen import Screen

from ...core import clock
from ...core.feed import Watch
from ...core.runs import Totals
from ...core.store import Store
from ..live.pulse import quiet_of
from ..loading import Loader
from ..messages import StoreChanged
from ..widgets.frame import FrameLine
from ..widgets.header import Facts
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import OneLine
from ..widgets.store_header import store_facts


class Read(Protocol):
    """What one reading of a store brought."""

    @property
    def cursor(self) -> int:
        """Of the feed: what is read is of no moment before it."""
        ...

    @property
    def totals(self) -> Totals:
        """What the header tells."""
        ...


class PlaceScreen(Screen[None]):
    """A place. A subclass has a `loader`, and hands what that brought to `_note` before it shows it."""

    loader: Loader[Any]
    _opening: asyncio.Event | None = None

    def __init__(self, store: Store, watching: Watch) -> None:
        super().__init__()
        self.store, self.watching = store, watching
        self._whole = True
        """Whether everything is to be read again, news or not."""
        self._read: Read | None = None
        self._changed: float | None = None

    @property
    def opening(self) -> asyncio.Event | None:
        """There while something is read that was asked for: keys wait for it."""
        return self._opening

    def on_mount(self) -> None:
        self.query_one(KeyBar).read_only = self.store.read_only
        self.set_interval(1.0, self._tick)

    def on_screen_resume(self) -> None:
        self.loader.request()

    def on_store_changed(self, message: StoreChanged) -> None:
        if self.is_current:
            self.loader.request()

    def action_refresh(self) -> None:
        """Reads everything again."""
        self._whole = True
        self.loader.request()

    def _note(self, found: Read) -> None:
        """Remembers what was read, for the header."""
        if self._read is not None and found.cursor != self._read.cursor:
            self._changed = clock.now_s()
        self._read = found

    def _ask(self) -> None:
        """Something else is to be shown."""
        if self._opening is None or self._opening.is_set():
            self._opening = asyncio.Event()
        self._show_panes()
        self.loader.request(at_once=True)

    def _opened(self) -> None:
        """What was asked for is there."""
        if self._opening is not None:
            self._opening.set()
            self._opening = None

    def _show_panes(self) -> None:
        """Shows what there is something to be said in; for a subclass that asks."""

    def _draw_lines(self) -> None:
        """Draws all titles, heads and frames anew."""
        for line in self.query(OneLine):
            line.refresh()
        for frame in self.query(FrameLine):
            frame.update()

    def _tick(self) -> None:
        if self.is_current:
            self.query_one("#header").refresh()

    @property
    def _known_totals(self) -> Totals | None:
        """What the run list knows, until this place has read for itself."""
        home = getattr(self.app, "home", None)
        return None if home is None else home.run_list.totals

    def _header(self) -> Facts:
        return store_facts(
            self,
            name=self.store.name,
            store=self.store,
            watching=self.watching,
            totals=self._read.totals if self._read else self._known_totals,
            quiet=quiet_of(self) if self._changed is None else clock.now_s() - self._changed,
        )
