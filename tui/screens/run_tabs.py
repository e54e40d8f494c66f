"""The tabs of a run's screen: each is made when it is opened first, and read in sight where something is new."""

import asyncio
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from textual.screen import Screen

from ...core.runs import Run
from ...core.store import Store
from ..glyphs import glyphs_of
from ..loading import FRAME, Loader
from ..operations.jobs import waiting
from ..parts.tabs import NAMES
from ..widgets.run_tab import RunTab

KINDS = {
    "overview": ("overview", "OverviewTab"),
    "steps": ("step_tree", "StepsTab"),
    "logs": ("log_view", "LogTab"),
    "states": ("state_view", "StateTab"),
    "costs": ("cost_view", "CostTab"),
    "messages": ("message_view", "MessageTab"),
    "items": ("item_view", "ItemTab"),
    "approvals": ("approval_view", "ApprovalTab"),
    "artifacts": ("artifact_view", "ArtifactTab"),
}
"""The module of each tab, below `widgets`, and the class in it. It is read when somebody opens the tab first: none
takes more than ten milliseconds, and all of them take 1.5 MB of memory.
"""

EVERY = 3 * FRAME
"""Seconds between two readings of a run that changes all the time."""
REST = 1.0
"""Times as long as one reading took rests the next: a run of very many steps leaves the keys their share."""


def kind_of(name: str) -> type[RunTab]:
    """What a tab is."""
    module, kind = KINDS[name]
    found: type[RunTab] = getattr(import_module(f"..widgets.{module}", __package__), kind)
    return found


class RunTabs:
    """The tabs that are open on a run's screen. For the event loop; a tab's `read` alone runs in a thread."""

    def __init__(self, screen: Screen[None], store: Store) -> None:
        self._screen, self._store = screen, store
        self.run: Run | None = None
        """The run as it was read last; before that no tab is read."""
        self.open: dict[str, RunTab] = {}
        self.loaders: dict[str, Loader[Any]] = {}
        self.shown = asyncio.Event()
        """Set when a tab shows what was read for it."""
        self._stale = set(NAMES)
        self._making = asyncio.Lock()

    async def make(self, name: str) -> RunTab:
        """The tab of a name, made when it is opened first."""
        # A key may ask for a tab that is being mounted: it waits until the tab has its parts.
        async with self._making:
            if name not in self.open:
                tab = kind_of(name)(id=f"run-{name}")
                await self._screen.query_one("#run-body").mount(tab)
                begin, show, tell = partial(self._begin, name), partial(self._read, name), partial(self._tell, name)
                self.loaders[name] = Loader(self._screen, begin, show, every=EVERY, rest=REST, tell=tell)
                self.open[name] = tab
        return self.open[name]

    def outdate(self, *names: str) -> None:
        """What was read for these tabs (none named: for all) is old: it is read again at the next request."""
        self._stale.update(names or NAMES)

    def request(self, name: str, *, at_once: bool = False) -> None:
        """Reads a tab if it is open and what it shows is old; `at_once`: the person wants to see something else."""
        if name in self.loaders:
            self.loaders[name].request(at_once=at_once)

    def drop(self, name: str) -> None:
        """What is being read for a tab is wanted no more."""
        if name in self.loaders:
            self.loaders[name].drop()

    def leave(self, name: str) -> None:
        """Reads a tab anew when the person comes back, where what is read for it can be dropped."""
        if name in self.open and self.open[name].DROPPED and self.loaders[name].busy:
            self.drop(name)
            self.outdate(name)

    def _begin(self, name: str) -> Callable[[], Any] | None:
        if self.run is None or name not in self._stale:
            return None
        self._stale.discard(name)
        return partial(self.open[name].read, self._store, self.run)

    def _read(self, name: str, found: Any) -> None:
        if self.run is not None:
            self.open[name].show(self.run, found)
            self.shown.set()

    def _tell(self, name: str) -> None:
        self.open[name].wait_for(waiting(self.loaders[name], glyphs_of(self._screen)))
