"""Place 1, Runs: the list of runs, live, with a preview of the one under the cursor."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from ...core import clock
from ...core.feed import Watch
from ...core.query.query import parse
from ...core.runs import Run
from ..glyphs import glyphs_of
from ..keys import bindings
from ..live.pulse import pulse_of
from ..loading import FRAME, Loader
from ..messages import OpenRun, StoreChanged, Trouble
from ..runs.answers import Answer, Counted
from ..runs.run_list import RunList
from ..runs.sections import Head
from ..runs.waiting import Waiting
from ..widgets.empty import Empty
from ..widgets.filter_bar import FilterBar
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.place_line import PlaceLine
from ..widgets.preview import Preview
from ..widgets.run_table import RunTable
from ..widgets.selection import Selection
from ..widgets.store_header import StoreHeader
from ..widgets.view_bar import ViewBar
from .comparing import Comparing
from .operating import RunOperations
from .runs_frame import RunsFrame
from .runs_left import RunsLeft

if TYPE_CHECKING:
    from ...core.errors import FlightlogError
    from ...core.glance import Glance
    from ...core.store import Store


class RunsScreen(RunsLeft, RunOperations, Comparing, RunsFrame):
    """Holds the run list and whoever reads for it; every call to the store is made in a thread."""

    BINDINGS = bindings("runs", "place")
    AUTO_FOCUS = "RunTable"  # and not the filter's line, which comes first and is mostly hidden
    PLACES = ("runs", "place", "moves", "app")
    """Places of the table of keys that work here."""
    AT_ONCE = ("runs.open", "runs.filter")
    """Rows of the table that work before anything is read."""

    def __init__(self, name: str = "", *, only: str = "", crumb: str = "", place: str = "runs") -> None:
        """`name` is what the store is called before it is open; `only` the filter that it begins with.

        With a filter it lies on another screen, of that place, and leads back there: `crumb` says what of.
        """
        super().__init__()
        self.store: Store | None = None
        self.watching: Watch | None = None
        self.run_list = RunList()
        self._waiting = Waiting(name)
        self._changed: float | None = None
        self._only, self._crumb, self._place = only, crumb, place
        self.has_views = not only
        if only:
            self.run_list.set_query(parse(only))
        self.loader: Loader[Answer] = Loader(self, self._prepare, self._loaded, every=FRAME)
        self.counter: Loader[Counted] = Loader(self, self._prepare_count, self._counted, every=1.0)
        self.previewer = Preview(self.run_list, lambda: self.store, lambda: self.query_one("#preview-top", FrameLine))

    @property
    def opening(self) -> asyncio.Event | None:
        """There while something is read that was asked for: keys wait for that."""
        return self._waiting.opening or self.ranging

    def compose(self) -> ComposeResult:
        yield StoreHeader(self._header)
        yield FilterBar(self._filter_count, lambda: self.store.runs if self.store else None)
        yield PlaceLine(self._place, self._title, self._crumb, id="list-top")
        with Vertical(id="list"):
            yield ViewBar(self.views, self.view_shown)
            yield RunTable(self.run_list)
            yield Empty()
        yield Selection(self.run_list, lambda: self.store)
        yield FrameLine("middle", self.previewer.titles, id="preview-top")
        yield self.previewer
        yield KeyBar("runs")

    def on_mount(self) -> None:
        if query := self.run_list.query.text:
            self.query_one(FilterBar).begin(query)
        if not self.shows_preview:
            self.show_preview()
        self.table.focus()
        self.set_interval(0.1, self._tick)
        self._show_empty()
        if self.run_list.ready:
            self._show_glance()

    def glance(self, found: Glance) -> None:
        """Until the store has answered, this stands there."""
        shows, is_mounted = self.run_list.glance(found), self.is_mounted
        if shows and is_mounted:
            self._show_glance()
        elif is_mounted:
            self.query_one("#header").refresh()

    def _show_glance(self) -> None:
        self._waiting.end()
        self._show_list()
        self._return()

    def show_store(self, store: Store, watching: Watch | None, *, read: bool = True) -> None:
        """The store is open: everything begins; without `read` when this screen is come back to."""
        self.store, self.watching = store, watching
        self._waiting.error, self._waiting.name = None, store.name
        bar = self.query_one(KeyBar)
        bar.read_only = store.read_only
        bar.refresh()
        self.run_list.again()
        if read:
            self.teller.request()
            self.loader.request()

    def show_failure(self, error: FlightlogError) -> None:
        """The store could not be opened."""
        self._waiting.fail(error)
        self._show_empty()
        self.query_one("#header").refresh()
        self.refresh_bindings()

    @property
    def ailing(self) -> str:
        """The run under the cursor, if parts of it could not be read."""
        run = self.run_list.current
        return run.id if isinstance(run, Run) and run.damaged else ""

    def when_ailing(self) -> bool:
        """Whether doctor knows more: of that run, or of why nothing can be read."""
        return bool(self.ailing) or self._waiting.error is not None

    def on_trouble(self, message: Trouble) -> None:
        """Nothing could be read yet: the place of the runs says why. Later it is for the app to tell."""
        if not self.run_list.ready or self.run_list.glanced:
            message.stop()
            self.show_failure(message.error)

    # --- reading -----------------------------------------------------------------------------------

    def on_store_changed(self, message: StoreChanged) -> None:
        self.run_list.behind = True
        if self.is_current:
            self.loader.request()

    def on_screen_resume(self) -> None:
        self.loader.request()

    def _prepare(self) -> Callable[[], Answer] | None:
        read = self.run_list.next_read() if self.store is not None else None
        return None if read is None or self.store is None else partial(read, self.store)

    def _loaded(self, answer: Answer) -> None:
        self.run_list.accept(answer)
        self._waiting.error = None
        self._show_list()
        self._return()
        if (pulse := pulse_of(self)) is not None:
            pulse.begin()
        self._go_on()
        changes = answer.changes
        if changes is not None and (changes.changed or changes.removed):
            self._changed = clock.now_s()
        if changes is None or changes.changed or changes.removed:
            self.counter.request()
        self.previewer.request()
        self.loader.request()

    def _go_on(self) -> None:
        """What waited for the list to be there."""
        if self._is_read():
            self._waiting.end()
            if self._waiting.wished:
                self.action_open()
                self._waiting.give_up()

    def _prepare_count(self) -> Callable[[], Counted] | None:
        count = self.run_list.next_count() if self.store is not None else None
        return None if count is None or self.store is None else partial(count, self.store)

    def _counted(self, found: Counted) -> None:
        self.run_list.accept_count(found)
        self._show_list()
        self._go_on()
        self.loader.request()  # groups may have come that are unfolded

    # --- drawing -----------------------------------------------------------------------------------

    def _show_list(self) -> None:
        self.table.sync()
        self.previewer.give_way(self.table.wanted)
        self.query_one("#header").refresh()
        self.query_one("#list-top", FrameLine).update()
        self.query_one(FilterBar).counted()
        self.query_one(ViewBar).update()
        self.query_one(Selection).request()
        self._show_empty()

    def _show_empty(self) -> None:
        lines = self._waiting.lines(self.run_list, self.store, glyphs_of(self))
        self.query_one(Empty).show(lines)
        if self.table.display is bool(lines):
            self.table.display = not lines
            if self.focused is None:
                self.table.focus()

    def _tick(self) -> None:
        is_second = self._waiting.tick()
        if not self.run_list.ready:
            self._show_empty()
        elif self.run_list.glanced and self._waiting.is_slow:
            self.query_one("#header").refresh()
        if is_second and self.is_current:
            self.query_one("#header").refresh()
            self.table.tick()
            self.previewer.redraw()

    # --- what the person does ----------------------------------------------------------------------

    @on(RunTable.Looked)
    def _looked(self) -> None:
        self.loader.request()
        self.previewer.request()
        self.previewer.give_way(self.table.wanted)
        self.query_one("#list-top", FrameLine).update()

    @on(RunTable.Chosen)
    def action_open(self) -> None:
        """Goes in; before the filtered list is read, as soon as it is."""
        if not self._is_read():
            self._waiting.wish()
            return
        line = self.run_list.current
        if isinstance(line, Run):
            self.post_message(OpenRun(line.id))
        elif isinstance(line, Head):
            self.run_list.fold(line)
            self._read_list()

    def other_open(self) -> bool:
        """Whether an unfolded group is under the cursor."""
        line = self.run_list.current
        return isinstance(line, Head) and line.open

    def _is_read(self) -> bool:
        return (
            self.store is not None and self.run_list.ready and self.run_list.query == self.query_one(FilterBar).wanted
        )

    def action_filter(self) -> None:
        self._waiting.give_up()
        super().action_filter()

    def action_back(self) -> None:
        self._waiting.give_up()
        found = self.run_list
        if self._only and self._as_begun and not found.grouping and not found.marked:
            self.dismiss()
        else:
            super().action_back()

    @on(RunTable.SortChosen)
    def _sort_chosen(self, message: RunTable.SortChosen) -> None:
        self.sort_by(message.sort)

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.run_list.set_query(message.query)
        self.list_set()

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        self.table.focus()

    def list_set(self) -> None:
        """Another list is to be shown: read and draw it. What is read for the one before is not waited for, which
        takes minutes where logs are read to know what it holds.
        """
        if self.loader.busy:
            self.run_list.behind = True  # what it was told of is asked for again
        self.loader.drop()
        self.counter.drop()
        self._read_list()

    def _read_list(self) -> None:
        self._waiting.begin()
        self.table.sync(whole=True)
        self._show_list()
        self.teller.request()
        self.loader.request()
        self.counter.request()

    def action_refresh(self) -> None:
        """Reads everything again."""
        self.run_list.again()
        self.loader.request()
