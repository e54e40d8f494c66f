"""What is told round the run list: the header above all, the list's own line, and how many a filter shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.screen import Screen

from ...core import clock
from ...core.clock import seconds_at
from ...core.query.query import EVERYTHING
from ...core.runs import Run, Totals
from ..glyphs import glyphs_of
from ..lines import Line
from ..live.pulse import pulse_of, quiet_of
from ..loading import FRAME, Loader
from ..messages import StoreChanged
from ..runs.run_list import RunList
from ..runs.titles import list_title, shown_count
from ..runs.waiting import Waiting
from ..widgets.filter_bar import FilterBar
from ..widgets.frame import FrameLine
from ..widgets.header import Facts
from ..widgets.place_line import least_of
from ..widgets.store_header import store_facts

if TYPE_CHECKING:
    from ...core.feed import Watch
    from ...core.store import Store


class RunsFrame(Screen[None]):
    """The lines of text of a screen that shows a `run_list`, and what its header tells under a filter, which waits
    for no list.
    """

    store: Store | None
    watching: Watch | None
    run_list: RunList
    _waiting: Waiting
    _changed: float | None
    """When the newest change was noticed, Unix seconds."""
    _only: str
    _crumb: str
    _place: str

    def __init__(self) -> None:
        super().__init__()
        self.teller: Loader[Totals] = Loader(self, self._ask_totals, self._told, every=FRAME)

    def on_store_changed(self, message: StoreChanged) -> None:
        if self.is_current:
            self.teller.request()

    def on_screen_resume(self) -> None:
        self.teller.request()

    def _ask_totals(self) -> Callable[[], Totals] | None:
        read = self.run_list.next_totals() if self.store is not None else None
        return None if read is None or self.store is None else partial(read, self.store)

    def _told(self, found: Totals) -> None:
        self.run_list.totals = found
        self.query_one("#header").refresh()
        self.query_one("#list-top", FrameLine).update()
        self.query_one(FilterBar).counted()
        if (pulse := pulse_of(self)) is not None:
            pulse.begin()

    def _header(self) -> Facts:
        found, store = self.run_list, self.store
        return store_facts(
            self,
            name=self._waiting.name,
            store=store,
            watching=self.watching,
            totals=found.totals,
            quiet=self._quiet(),
            waiting=self._waiting.behind_glance(found, store, glyphs_of(self)),
        )

    def _title(self) -> Line:
        room = self.size.width - least_of(self._place, self._crumb)
        return list_title(self.run_list, glyphs_of(self), room, named=bool(self._crumb) and self._as_begun)

    @property
    def _as_begun(self) -> bool:
        return self.run_list.query == EVERYTHING or self.run_list.query.text == self._only

    def _quiet(self) -> float | None:
        """Seconds since the newest change: noticed, or, before there was one, recorded by the newest run, for which
        the list's first stands until that is known.
        """
        if self._changed is not None:
            return clock.now_s() - self._changed
        if (known := quiet_of(self)) is not None:
            return known
        first = self.run_list.line(0)
        last = seconds_at(first.last_event) if isinstance(first, Run) else None
        return None if last is None else clock.now_s() - last

    def _filter_count(self, width: int) -> Line:
        text = shown_count(self.run_list, glyphs_of(self)).replace(" of ", "/")
        return [(f"[{text}]".rjust(width - 1), "muted")]
