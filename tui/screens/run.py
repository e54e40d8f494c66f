"""The run screen: one run, tab by tab, live."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from ...core import clock
from ...core.clock import between
from ...core.query.query import of_version
from ...core.runs import FINISHED, Run
from ...core.store import Store
from ...core.text import cells, fit
from .. import format
from ..cycle import after
from ..facts import until
from ..glyphs import glyphs_of
from ..jobs import waiting
from ..keys import bindings
from ..lines import Line, one_line, status_ink, width_of
from ..live.watching import watching_of
from ..loading import FRAME, Loader
from ..messages import ShowRuns, StoreChanged
from ..parts.tabs import NAMES, shown
from ..places import title_of, version_name
from ..widgets.approval_view import ApprovalTab
from ..widgets.artifact_view import ArtifactTab
from ..widgets.cost_view import CostTab
from ..widgets.crumb_line import Crumb, CrumbLine
from ..widgets.item_view import ItemTab
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import LineList
from ..widgets.log_view import LogTab
from ..widgets.message_view import MessageTab
from ..widgets.overview import OverviewTab
from ..widgets.place_line import PlaceLine
from ..widgets.run_tab import RunTab
from ..widgets.state_view import StateTab
from ..widgets.step_tree import StepsTab
from ..widgets.tab_bar import TabBar, TabRule
from .exporting import export_runs

MAKE: dict[str, type[RunTab]] = {
    "overview": OverviewTab,
    "steps": StepsTab,
    "logs": LogTab,
    "states": StateTab,
    "costs": CostTab,
    "messages": MessageTab,
    "items": ItemTab,
    "approvals": ApprovalTab,
    "artifacts": ArtifactTab,
}

WIDE = 100
"""Columns from which on the place is told before the workflow."""
EVERY = 3 * FRAME
"""Seconds between two readings of a run that changes all the time."""


REST = 1.0
"""Times as long as one reading took rests the next: a run of very many steps leaves the keys their share."""


class RunScreen(Screen[None]):
    """Everything about one run. Only the tab in sight reads, and only when the feed named the run."""

    BINDINGS = bindings("run")
    CSS_PATH = "../styles/run.tcss"

    def __init__(self, store: Store, run: str, *, tab: str = "overview", target: Any = None) -> None:
        """`target` is what the tab shall bring into sight."""
        super().__init__()
        self.store, self.run_id = store, run
        self.run: Run | None = None
        self.current = tab
        self.tabs: dict[str, RunTab] = {}
        self.loaders: dict[str, Loader[Any]] = {}
        self._stale = set(NAMES)
        self._target = target
        self._cursor: int | None = None
        self._opened = asyncio.Event()
        """Set when the first tab is there."""
        self.shown = asyncio.Event()
        """Set when a tab shows what was read for it."""
        self._mounting = asyncio.Lock()
        self._head: Loader[tuple[int, Run] | None] = Loader(self, self._look, self._looked, every=EVERY)

    def compose(self) -> ComposeResult:
        yield CrumbLine(self._titles, id="run-top")
        bar = TabBar(id="run-tabs")
        yield bar
        yield TabRule(bar)
        yield Vertical(id="run-body")
        yield KeyBar(*self.PLACES)

    def on_mount(self) -> None:
        self._head.request()
        self.set_interval(1.0, self._tick)

    def on_unmount(self) -> None:
        for loader in (self._head, *self.loaders.values()):
            loader.drop()

    # Reading.

    def on_screen_resume(self) -> None:
        """What was done on another screen may show here: marks, for one."""
        if self.tab is not None:
            self.tab.post_message(RunTab.Reread())

    def on_store_changed(self, message: StoreChanged) -> None:
        self._head.request()

    def _look(self) -> Callable[[], tuple[int, Run] | None]:
        store, run, since = self.store, self.run_id, self._cursor

        def look() -> tuple[int, Run] | None:
            if since is None:
                return store.feed.cursor(), store.runs.get(run)
            changes = store.feed.changes(since)
            named = run in changes.changed or run in changes.removed
            while changes.more:
                changes = store.feed.changes(changes.cursor)
                named = named or run in changes.changed or run in changes.removed
            return (changes.cursor, store.runs.get(run)) if named or changes.cursor != since else None

        return look

    def _looked(self, found: tuple[int, Run] | None) -> None:
        if found is None:
            return
        first = self.run is None
        changed = found[1] != self.run
        self._cursor, self.run = found
        self._show_frame()
        if first:
            self.call_later(self._open, self.current)
        elif changed:
            self._stale = set(NAMES)
            self._request()
        elif self.current == "overview":
            self._stale.add("overview")
            self._request()

    def _request(self, *, at_once: bool = False) -> None:
        if self.current in self.loaders:
            self.loaders[self.current].request(at_once=at_once)

    def _begin(self, name: str) -> Callable[[], Any] | None:
        run = self.run
        if run is None or name not in self._stale:
            return None
        self._stale.discard(name)
        return partial(self.tabs[name].read, self.store, run)

    def _read(self, name: str, found: Any) -> None:
        if self.run is not None:
            self.tabs[name].show(self.run, found)
            self.shown.set()

    def _tell(self, name: str) -> None:
        self.tabs[name].wait_for(waiting(self.loaders[name], glyphs_of(self)))

    @on(RunTab.Reread)
    def reread(self, message: RunTab.Reread) -> None:
        """Reads the tab in sight again: the person asked it for something else."""
        self._stale.add(self.current)
        if message.instead and self.current in self.loaders:
            self.loaders[self.current].drop()
        self._request(at_once=True)

    def action_refresh(self) -> None:
        """Reads everything again."""
        self._stale = set(NAMES)
        self._head.request()
        self._request()

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
        return self.tabs.get(self.current)

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

    def _leave(self, name: str) -> None:
        """Reads a tab anew when the person comes back, where what is read for it can be dropped."""
        if name in self.tabs and self.tabs[name].DROPPED and self.loaders[name].busy:
            self.loaders[name].drop()
            self._stale.add(name)

    async def _open(self, name: str, target: Any = None) -> None:
        if name != self.current:
            self._leave(self.current)
        self.current = name
        if self.run is None:
            return
        self._show_frame()
        # A key may ask for a tab that is being mounted: it waits until the tab has its parts.
        async with self._mounting:
            if name not in self.tabs:
                await self._mount(name)
        if not self.tabs[name].query(LineList):
            return  # the person left the run meanwhile, and the tab went with it
        for other, tab in self.tabs.items():
            tab.display = other == self.current
        target, self._target = (target if target is not None else self._target), None
        if target is not None:
            self.tabs[name].go_to(target)
        if name == self.current:
            if self.tabs[name].opening is not None:
                self._stale.add(name)  # it was left before what it asked for was read
            self._request()
            self.tabs[name].query(LineList).first().focus()
        self._opened.set()

    async def _mount(self, name: str) -> None:
        tab = MAKE[name](id=f"run-{name}")
        await self.query_one("#run-body").mount(tab)
        begin, show = partial(self._begin, name), partial(self._read, name)
        tell = partial(self._tell, name)
        self.loaders[name] = Loader(self, begin, show, every=EVERY, rest=REST, tell=tell)
        self.tabs[name] = tab

    def action_export(self, redact: bool = False) -> None:
        """Writes the run into a page of HTML; `redact`: without what looks secret."""
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
        own = (MAKE[self.current].PLACE,) if MAKE[self.current].PLACE else ()
        return (
            (*own, "log_bars", "run", "moves", "app")
            if self.current == "logs"
            else (*own, "tree", "run", "moves", "app")
        )

    def _show_frame(self) -> None:
        if self.run is None:
            return
        self.query_one("#run-top", CrumbLine).update()
        self.query_one(TabBar).show(self.run, self.current)
        self.query_one(TabRule).refresh()
        keys = self.query_one(KeyBar)
        keys.places, keys.read_only = self.PLACES[:-2], self.store.read_only
        keys.refresh()

    def _tick(self) -> None:
        if self.run is None:
            return
        self.query_one("#run-top", CrumbLine).update()
        if self.tab and self.run.status not in FINISHED:
            self.tab.tick()

    def _titles(self, width: int) -> tuple[list[Crumb], Line]:
        glyphs, run = glyphs_of(self), self.run
        id = format.short_id(one_line(self.run_id, 40), glyphs)
        if run is None:
            return [Crumb([(f" {id} ", "muted"), ("reading ", "faint")])], []
        watched = (watching := watching_of(self)) is not None and run.id in watching.ids
        here: Line = [(f" {glyphs.status(run.status)} ", status_ink(run.status))]
        here += [(f"{glyphs.watched} " if watched else "", "accent"), (f"{id} ", "muted")]
        way, facts = self._way(run, width >= WIDE), self._facts(run, width - 36)
        room = width - 8 - sum(width_of(crumb.line) for crumb in way) - width_of(here) - width_of(facts)
        name = one_line(run.name or run.objective, 120)
        if name and room > 8:
            here.append((f" {fit(name, min(room - 2, cells(name)))} ", "text"))
        return [*way, Crumb(here)], [(" ", "text"), *facts, (" ", "text")]

    def _way(self, run: Run, wide: bool) -> list[Crumb]:
        """The place that the person came from, and the workflow."""
        into: Line = [(glyphs_of(self).into, "faint")]
        where = getattr(self.app, "whereabouts", None)
        place = where.place if where is not None else "runs"
        name = version_name(run.workflow, run.version)
        runs = ShowRuns(of_version(run.workflow, run.version).text, name, place=place)
        title = title_of(place)
        way = [Crumb([(f" {title} ", "muted"), *into], PlaceLine.Picked(place))] if wide else []
        return [*way, Crumb([(f" {name} ", "strong"), *into], runs)]

    def _facts(self, run: Run, width: int) -> Line:
        """Short facts, as many as fit; the last ones weigh most."""
        glyphs = glyphs_of(self)
        took = format.duration(between(run.started, until(run, clock.now_s())))
        parts = [
            (f"{one_line(run.session, 24)}" if run.session else "", "muted"),
            (f"attempt {run.attempt}" if run.attempt > 1 else "", "muted"),
            (run.status if run.status != "completed" else "", status_ink(run.status)),
            (took, "text"),
            (f"{format.count(run.tokens.total)} tokens" if run.tokens.total else "", "muted"),
            (format.cost(run.money, glyphs) if run.money.provenance != "none" else "", "text"),
        ]
        line: Line = []
        for text, ink in reversed(parts):
            if text and width_of(line) + len(text) + 2 <= width:
                line = [(text, ink), ("  ", "text"), *line]
        return line[:-1]
