"""Two to five runs beside each other, tab by tab, live."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from ...core.runs import FINISHED, Run
from ...core.store import Store
from .. import format
from ..compare import LEAST, NAMES
from ..compare.pages import PAGES, Reader
from ..compare.reading import Asked, Found, context_of, look, missing
from ..compare.rows import Context, Row, remark
from ..compare.tab import TICKED, Tab
from ..cycle import after
from ..glyphs import glyphs_of
from ..hinting import hint, no_change
from ..keys import bindings
from ..lines import Line, leading, one_line
from ..loading import FRAME, Loader
from ..messages import StoreChanged
from ..operations.jobs import waiting
from ..personal.person import key_for
from ..widgets.compare_table import CompareTable
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import OneLine
from ..widgets.tab_bar import TabBar, TabRule, TabTitle
from .compare_leading import CompareLeading

EVERY = 6 * FRAME
"""Seconds between two readings of runs that change all the time."""


class CompareScreen(CompareLeading):
    """What is alike and what differs. Only the tab in sight reads, and only runs that have changed."""

    BINDINGS = bindings("compare", "place")
    CSS_PATH = "../styles/compare.tcss"
    PLACES = ("compare", "place", "moves", "app")
    AT_ONCE = ("compare.next_tab", "compare.previous_tab", *(f"compare.{name}" for name in NAMES))
    """Rows of the table that work before a tab is read: another one may be wanted."""

    def __init__(self, store: Store, ids: Sequence[str]) -> None:
        """`ids`: two to five runs; they stand in the order in which they began, and the first is the baseline."""
        super().__init__()
        self.store, self.ids = store, tuple(ids)
        self.runs: tuple[Run, ...] = ()
        self.base = ""
        """Id of the run that the others are compared with."""
        self.current = "facts"
        self.tabs = {one.name: Tab(one) for one in PAGES}
        self.opening = asyncio.Event()
        """Set when the tab in sight is read: keys wait for that."""
        self.why = ""
        self._reader = Reader(store)
        self._rows: Sequence[Row] = ()
        self._since: int | None = None
        self._gone: tuple[str, ...] = ()
        self.loader: Loader[Found | None] = Loader(
            self, self._prepare, self._loaded, every=EVERY, rest=2.0, tell=self._tell
        )

    def compose(self) -> ComposeResult:
        yield FrameLine("top", self._titles, id="compare-top")
        bar = TabBar(id="compare-tabs")
        yield bar
        yield TabRule(bar)
        with Vertical(id="compare-body"):
            table = CompareTable(id="compare-table")
            yield OneLine(table.head, id="compare-head")
            yield table
        yield KeyBar("compare")

    def on_mount(self) -> None:
        self.query_one(KeyBar).read_only = self.store.read_only
        self.table.focus()
        self._show()
        self.loader.request()
        self.set_interval(1.0, self._tick)

    def on_unmount(self) -> None:
        self.loader.drop()

    # Reading.

    def on_store_changed(self, message: StoreChanged) -> None:
        self.loader.request()

    def on_screen_resume(self) -> None:
        self.loader.request()

    @property
    def tab(self) -> Tab:
        """The tab in sight."""
        return self.tabs[self.current]

    def _prepare(self) -> Callable[[], Found | None]:
        wanted, glyphs = not self.tab.fresh, glyphs_of(self)
        asked = Asked(self.ids, self.current, self._since, wanted, self.base, glyphs, self.runs, self._gone)
        return partial(look, self._reader, asked)

    def _loaded(self, found: Found | None) -> None:
        if found is not None:
            self._since = found.cursor
            if found.runs != self.runs:
                self._stale()
                self.runs = found.runs
            self._gone, self.why = found.gone, missing(found.gone, len(found.runs))
            tab = self.tabs[found.name]
            tab.found, tab.fresh = found, True
            if self.base not in (run.id for run in self.runs):
                self.base = self.runs[0].id if self.runs else ""
            if found.name == self.current:
                self._show()
            else:
                self.loader.request()
        if found is None or found.name == self.current:
            self.opening.set()

    def action_refresh(self) -> None:
        """Reads everything again."""
        self.loader.drop()
        self._since, self._reader = None, Reader(self.store)
        self._stale()
        self._expect()
        self.loader.request()

    def _expect(self) -> None:
        """What is to be shown is not read yet: keys wait for it."""
        if self.opening.is_set():
            self.opening = asyncio.Event()

    def _stale(self) -> None:
        for tab in self.tabs.values():
            tab.fresh = False

    # Showing.

    @property
    def context(self) -> Context:
        """What cells are made with."""
        return context_of(self.runs, self.base, glyphs_of(self))

    def _show(self) -> None:
        tab, now = self.tab, self.context
        context = now
        told = waiting(self.loader, now.glyphs)
        if self._since is None:
            self._rows = [Row("reading", told, None)]
        elif len(self.runs) < LEAST:
            self._rows = [remark("few", self.why)]
        else:
            context, self._rows = tab.rows(now, told)
            if context.base != now.base:
                tab.fresh = False  # very many rows, made for another baseline
                self.loader.request(at_once=True)
        self.table.show(tab.shown(self._rows, key_for(self, "compare.all")), context)
        self._show_frame()

    def _tell(self) -> None:
        """Where nothing is shown yet, how far the reading is."""
        if self.tab.found is None:
            self._show()

    def _show_frame(self) -> None:
        self.query_one(TabBar).show_titles(
            [TabTitle(one.name, one.hot, self.tabs[one.name].count or 0, row=f"compare.{one.name}") for one in PAGES],
            self.current,
        )
        for id in ("#compare-top", "#compare-head"):
            self.query_one(id).refresh()
        self.query_one(TabRule).refresh()

    def _tick(self) -> None:
        # Ages and running times go on; of very many rows with the next reading.
        live = any(run.status not in FINISHED for run in self.runs)
        if live and self.is_current and self.tab.found is not None and len(self._rows) < TICKED:
            self._show()

    def _titles(self, width: int) -> tuple[Line, Line]:
        left: Line = [(" compare ", "title")]
        names = list(dict.fromkeys(one_line(run.workflow, 40) for run in self.runs))
        left.append((f"{', '.join(names[:3])} ", "strong"))
        if not self.runs:
            return left, []
        right: Line = [(f" {len(self.runs)} runs", "muted")]
        count = self.tab.count
        if count is not None:
            told = leading(f"  {format.plural(count, 'difference')}", "compare.next")
            right.append((told, "text" if count else "muted"))
        if self.tab.only:
            right.append((leading("  only differing", "compare.all"), "accent"))
        if self.why:
            right.append((f"  {self.why}", "warn"))
        return left, [*right, (" ", "text")]

    def when_changes(self) -> bool:
        """Whether another row below differs."""
        return any(row.kind not in (None, "same") for row in self.table.rows[self.table.cursor + 1 :])

    def when_other_column(self) -> bool:
        """Whether the cursor is not on the baseline."""
        return bool(self.runs) and self.runs[self.table.column].id != self.base

    def when_all(self) -> bool:
        """Whether what is the same is shown too."""
        return not self.tab.only

    def when_only(self) -> bool:
        """Whether only what differs is shown."""
        return self.tab.only

    def when_run(self) -> bool:
        """Whether there is one to go to."""
        return bool(self.runs)

    # What the person does.

    def action_tab(self, name: str) -> None:
        if name == self.current:
            return
        if self.table.current is not None:
            self.tab.cursor = self.table.current.key
        self.current = name
        self.loader.drop()  # what was read for the other tab
        if self.tab.found is None:
            self._expect()
        self._show()
        found = self.table.find_key(self.tab.cursor)
        self.table.move_to(found or 0)
        self.loader.request(at_once=True)

    def action_next_tab(self, step: int) -> None:
        self.action_tab(after(self.current, NAMES, step))

    @on(TabBar.Picked)
    def picked(self, message: TabBar.Picked) -> None:
        """A tab was clicked on."""
        self.action_tab(message.name)

    def action_column(self, step: int) -> None:
        self.table.move_column(self.table.column + step)

    @on(CompareTable.ColumnMoved)
    def _column_moved(self) -> None:
        self.query_one("#compare-head").refresh()
        self.refresh_bindings()

    def action_baseline(self) -> None:
        if self.runs:
            self.base = self.runs[self.table.column].id
            self._show()

    def action_only(self) -> None:
        self.tab.only = True
        self._show()

    def action_all(self) -> None:
        self.tab.only = False
        self._show()

    def action_change(self, direction: int) -> None:
        """To the next or previous row that differs."""
        here = self.table.cursor
        places = [n for n, row in enumerate(self.table.rows) if row.kind not in (None, "same")]
        ahead = [n for n in places if (n > here if direction > 0 else n < here)]
        if ahead:
            self.table.move_to(ahead[0] if direction > 0 else ahead[-1], center=True)
        else:
            hint(self, no_change(direction))

    def action_back(self) -> None:
        self.dismiss()
