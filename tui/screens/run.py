"""The run screen: one run, tab by tab, live."""

import asyncio
from collections.abc import Callable
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from ...core.feed import news_of
from ...core.runs import FINISHED, Run
from ...core.store import Store
from ..cycle import after
from ..keys import bindings
from ..lines import Line
from ..live.watching import watching_of
from ..loading import Loader
from ..messages import StoreChanged
from ..parts.tabs import shown
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import LineList
from ..widgets.run_tab import RunTab
from ..widgets.tab_bar import TabBar, TabRule
from .run_crumbs import run_crumbs
from .run_tabs import EVERY, RunTabs, kind_of


class RunScreen(Screen[None]):
    """Everything about one run. Only the tab in sight reads, and only when the feed named the run."""

    BINDINGS = bindings("run", "place")
    CSS_PATH = "../styles/run.tcss"

    def __init__(self, store: Store, run: str, *, tab: str = "overview", target: Any = None) -> None:
        """`target` is what the tab shall bring into sight."""
        super().__init__()
        self.store, self.run_id = store, run
        self.current = tab
        self.tabs = RunTabs(self, store)
        self.shown = self.tabs.shown
        """Set when a tab shows what was read for it."""
        self._target = target
        self._cursor: int | None = None
        self._opened = asyncio.Event()
        """Set when the first tab is there."""
        self._head: Loader[tuple[int, Run] | None] = Loader(self, self._look, self._looked, every=EVERY)

    def compose(self) -> ComposeResult:
        yield FrameLine("top", self._titles, id="run-top")
        bar = TabBar(id="run-tabs")
        yield bar
        yield TabRule(bar)
        yield Vertical(id="run-body")
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        self._head.request()
        self.set_interval(1.0, self._tick)

    def on_unmount(self) -> None:
        for loader in (self._head, *self.tabs.loaders.values()):
            loader.drop()

    # Reading.

    @property
    def run(self) -> Run | None:
        """The run as it was read last; None before that."""
        return self.tabs.run

    def on_screen_resume(self) -> None:
        """What was done on another screen may show here: marks, for one."""
        if self.tab is not None:
            self.tab.post_message(RunTab.Reread())

    def on_store_changed(self, message: StoreChanged) -> None:
        self._head.request()

    def _look(self) -> Callable[[], tuple[int, Run] | None]:
        store, run, since = self.store, self.run_id, self._cursor

        def look() -> tuple[int, Run] | None:
            cursor, named = news_of(store.feed, since, [run])
            return (cursor, store.runs.get(run)) if named or cursor != since else None

        return look

    def _looked(self, found: tuple[int, Run] | None) -> None:
        if found is None:
            return
        first = self.run is None
        changed = found[1] != self.run
        self._cursor, self.tabs.run = found
        self._show_frame()
        if first:
            self.call_later(self._open, self.current)
        elif changed:
            self.tabs.outdate()
            self.tabs.request(self.current)
        elif self.current == "overview":
            self.tabs.outdate("overview")
            self.tabs.request("overview")

    @on(RunTab.Reread)
    def reread(self, message: RunTab.Reread) -> None:
        """Reads the tab in sight again: the person asked it for something else."""
        self.tabs.outdate(self.current)
        if message.instead:
            self.tabs.drop(self.current)
        self.tabs.request(self.current, at_once=True)

    def action_refresh(self) -> None:
        """Reads everything again."""
        self.tabs.outdate()
        self._head.request()
        self.tabs.request(self.current)

    # Tabs.

    @property
    def opening(self) -> asyncio.Event | None:
        """What is read before keys can be acted on: the run, then what was asked for in the tab in sight."""
        if not self._opened.is_set():
            return self._opened
        return None if self.tab is None else self.tab.opening

    @property
    def AT_ONCE(self) -> tuple[str, ...]:
        """Rows of the table of keys that need not wait for the tab in sight, for they lead to another."""
        return ("run.",) if self._opened.is_set() else ()

    @property
    def tab(self) -> RunTab | None:
        """The tab in sight."""
        return self.tabs.open.get(self.current)

    @on(TabBar.Picked)
    async def picked(self, message: TabBar.Picked) -> None:
        """A tab was clicked on."""
        await self._open(message.name)

    async def action_tab(self, name: str) -> None:
        await self._open(name)

    async def action_next_tab(self, step: int) -> None:
        if self.run is not None:
            names = [tab.name for tab in shown(self.run, self.current)]
            await self._open(after(self.current, names, step))

    @on(RunTab.Jump)
    async def jump(self, message: RunTab.Jump) -> None:
        """Another tab knows more."""
        await self._open(message.tab, message.target)

    async def _open(self, name: str, target: Any = None) -> None:
        if name != self.current:
            self.tabs.leave(self.current)
        self.current = name
        if self.run is None:
            return
        self._show_frame()
        tab = await self.tabs.make(name)
        if not tab.query(LineList):
            return  # the person left the run meanwhile, and the tab went with it
        for other, one in self.tabs.open.items():
            one.display = other == self.current
        target, self._target = (target if target is not None else self._target), None
        if target is not None:
            tab.go_to(target)
        if name == self.current:
            if tab.opening is not None:
                self.tabs.outdate(name)  # it was left before what it asked for was read
            self.tabs.request(name)
            tab.query(LineList).first().focus()
        self._opened.set()

    def action_export(self, redact: bool = False) -> None:
        """Writes the run into a page of HTML; `redact`: without what looks secret."""
        from .exporting import export_runs

        export_runs(self, self.store, [self.run_id], redact=redact)

    def action_back(self) -> None:
        """Steps out of what is open in the tab, then out of the run."""
        if self.tab is None or not self.tab.back():
            self.dismiss()

    @property
    def ailing(self) -> str:
        """The run, if parts of it could not be read."""
        return self.run_id if self.run is not None and self.run.damaged else ""

    def when_ailing(self) -> bool:
        """Whether doctor knows more."""
        return bool(self.ailing)

    def action_watch(self) -> None:
        """Tells from now on when the run ends, fails or asks; or no more."""
        watching = watching_of(self)
        if self.run is not None and watching is not None:
            watching.toggle(self.run)
            self._show_frame()

    # The frame.

    @property
    def PLACES(self) -> tuple[str, ...]:
        """Places of the table of keys that work here and now."""
        own = kind_of(self.current).PLACE
        shared = ("log_bars" if self.current == "logs" else "tree", "run", "place", "moves", "app")
        return (own, *shared) if own else shared

    def _show_frame(self) -> None:
        if self.run is None:
            return
        self.query_one("#run-top", FrameLine).update()
        self.query_one(TabBar).show(self.run, self.current)
        self.query_one(TabRule).refresh()
        keys = self.query_one(KeyBar)
        keys.places, keys.read_only = self.PLACES[:-2], self.store.read_only
        keys.refresh()

    def _tick(self) -> None:
        if self.run is None:
            return
        self.query_one("#run-top", FrameLine).update()
        if self.tab and self.run.status not in FINISHED:
            self.tab.tick()

    def _titles(self, width: int) -> tuple[Line, Line]:
        return run_crumbs(self, self.run_id, self.run, width, self.store.catching_up())
