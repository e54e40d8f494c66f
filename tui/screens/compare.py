"""Two to five runs beside each other, tab by tab, live."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from ...core import clock
from ...core.clock import to_seconds
from ...core.comparing.steps import AlignedStep
from ...core.errors import Corrupt, FlightlogError, NotFound
from ...core.runs import FINISHED, Run
from ...core.store import Store
from .. import format
from ..compare import LEAST, NAMES
from ..compare.pages import PAGES, Reader, page
from ..compare.rows import Context, Row, differences, differing, remark
from ..cycle import after
from ..glyphs import Glyphs, glyphs_of
from ..keys import bindings
from ..lines import Line, one_line
from ..loading import FRAME, Loader
from ..messages import StoreChanged
from ..personal.person import key_for
from ..widgets.compare_table import CompareTable
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import LineList, OneLine
from ..widgets.tab_bar import TabBar, TabRule, TabTitle
from .exporting import export_runs

EVERY = 6 * FRAME
"""Seconds between two readings of runs that change all the time."""

TICKED = 1000
"""Rows up to which they are made on the event loop: every second, so that running times go on."""


class Found(NamedTuple):
    """What one reading brought; None for what stayed as it was."""

    cursor: int
    runs: tuple[Run, ...]
    name: str
    joined: Any
    context: Context
    rows: Sequence[Row] = ()
    """What there is to be shown, made for that context."""
    gone: tuple[str, ...] = ()


class CompareScreen(Screen[None]):
    """What is alike and what differs. Only the tab in sight reads, and only runs that have changed."""

    BINDINGS = bindings("compare", "place")
    CSS_PATH = "../styles/compare.tcss"
    PLACES = ("compare", "place", "moves", "app")

    def __init__(self, store: Store, ids: Sequence[str], *, tab: str = "facts") -> None:
        """`ids`: two to five runs; they stand in the order in which they began, and the first is the baseline."""
        super().__init__()
        self.store, self.ids = store, tuple(ids)
        self.runs: tuple[Run, ...] = ()
        self.base = ""
        """Id of the run that the others are compared with."""
        self.current = tab
        self.only = {one.name: one.only for one in PAGES}
        """Of each tab: whether it shows only what differs."""
        self.opening = asyncio.Event()
        """Set when the first tab is there: keys wait for that."""
        self.why = ""
        self._reader = Reader(store)
        self._joined: dict[str, Any] = {}
        self._made: dict[str, tuple[Context, Sequence[Row]]] = {}
        self._rows: Sequence[Row] = ()
        self._counts: dict[str, int] = {}
        self._cursors: dict[str, str] = {}
        self._since: int | None = None
        self._gone: tuple[str, ...] = ()
        self._fresh: set[str] = set()
        self.loader: Loader[Found | None] = Loader(self, self._prepare, self._loaded, every=EVERY, rest=2.0)

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

    @property
    def table(self) -> CompareTable:
        """The rows."""
        return self.query_one(CompareTable)

    # Reading.

    def on_store_changed(self, message: StoreChanged) -> None:
        self.loader.request()

    def on_screen_resume(self) -> None:
        self.loader.request()

    def _prepare(self) -> Callable[[], Found | None]:
        name, since = self.current, self._since
        return partial(self._look, name, since, name not in self._fresh, self.base, glyphs_of(self))

    def _look(self, name: str, since: int | None, wanted: bool, base: str, glyphs: Glyphs) -> Found | None:
        """What there is of the runs, if anything is new: in a thread."""
        cursor, news = self._news(since)
        if since is not None and not news and not wanted:
            return None
        runs, gone = _read(self.store, self.ids) if news else (self.runs, self._gone)
        context = _context(runs, base, glyphs)
        if len(runs) < LEAST:
            return Found(cursor, runs, name, None, context, gone=gone)
        try:
            joined = self._reader.page(name, runs)
        except (Corrupt, NotFound) as error:
            # It stands in the tab, and the other tabs can be read.
            return Found(cursor, runs, name, error, context, gone=gone)
        return Found(cursor, runs, name, joined, context, page(name).rows(context, joined), gone)

    def _news(self, since: int | None) -> tuple[int, bool]:
        if since is None:
            return self.store.feed.cursor(), True
        more, news = True, False
        while more:
            changes = self.store.feed.changes(since)
            news = news or not {*changes.changed, *changes.removed}.isdisjoint(self.ids)
            since, more = changes.cursor, changes.more
        return since, news

    def _loaded(self, found: Found | None) -> None:
        if found is not None:
            self._since = found.cursor
            if found.runs != self.runs:
                self._fresh.clear()
                self.runs = found.runs
            self._gone, self.why = found.gone, _told(found.gone, len(found.runs))
            self._joined[found.name] = found.joined
            self._made[found.name] = found.context, found.rows
            self._fresh.add(found.name)
            if self.base not in (run.id for run in self.runs):
                self.base = self.runs[0].id if self.runs else ""
            if found.name == self.current:
                self._show()
            else:
                self.loader.request()
        self.opening.set()

    def action_refresh(self) -> None:
        """Reads everything again."""
        self._since, self._reader = None, Reader(self.store)
        self._fresh.clear()
        self.loader.request()

    # Showing.

    @property
    def context(self) -> Context:
        """What cells are made with."""
        return _context(self.runs, self.base, glyphs_of(self))

    def _show(self) -> None:
        context, name = self.context, self.current
        if self._since is None:
            self._rows = [remark("reading", "reading")]
        elif len(self.runs) < LEAST:
            self._rows = [remark("few", self.why)]
        elif isinstance(self._joined.get(name), FlightlogError):
            self._rows = [remark("damaged", one_line(str(self._joined[name])), "bad")]
        elif name not in self._joined:
            self._rows = [remark("reading", "reading")]
        else:
            context, self._rows = self._now(name, context)
            self._counts[name] = differences(self._rows)
        shown = differing(self._rows) if self.only[name] else list(self._rows)
        if self.only[name] and name in self._counts and not self._counts[name]:
            shown = [*shown, remark("alike", f"Nothing here differs; {key_for(self, 'compare.all')} shows all")]
        self.table.show(shown, context)
        self._show_frame()

    def _now(self, name: str, context: Context) -> tuple[Context, Sequence[Row]]:
        """The rows of a tab for this moment; very many as they were made in the thread, and asked for anew at need."""
        made, rows = self._made[name]
        if len(rows) < TICKED:
            return context, page(name).rows(context, self._joined[name])
        if made.base != context.base:
            self._fresh.discard(name)
            self.loader.request(at_once=True)
        return made, rows

    def _show_frame(self) -> None:
        self.query_one(TabBar).show_titles(
            [TabTitle(one.name, one.hot, self._counts.get(one.name, 0), row=f"compare.{one.name}") for one in PAGES],
            self.current,
        )
        for id in ("#compare-top", "#compare-head"):
            self.query_one(id).refresh()
        self.query_one(TabRule).refresh()

    def _tick(self) -> None:
        # Ages and running times go on; of very many rows with the next reading.
        live = any(run.status not in FINISHED for run in self.runs)
        if live and self.is_current and self.current in self._joined and len(self._rows) < TICKED:
            self._show()

    def _titles(self, width: int) -> tuple[Line, Line]:
        left: Line = [(" compare ", "title")]
        names = list(dict.fromkeys(one_line(run.workflow, 40) for run in self.runs))
        left.append((f"{', '.join(names[:3])} ", "strong"))
        if not self.runs:
            return left, []
        right: Line = [(f" {len(self.runs)} runs", "muted")]
        count = self._counts.get(self.current)
        if count is not None:
            right.append((f"  {format.plural(count, 'difference')}", "text" if count else "muted"))
        if self.only[self.current]:
            right.append(("  only differing", "accent"))
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
        return not self.only[self.current]

    def when_only(self) -> bool:
        """Whether only what differs is shown."""
        return self.only[self.current]

    def when_run(self) -> bool:
        """Whether there is one to go to."""
        return bool(self.runs)

    # What the person does.

    def action_tab(self, name: str) -> None:
        if name == self.current:
            return
        self._remember()
        self.current = name
        self._show()
        found = self.table.find_key(self._cursors.get(name, ""))
        self.table.move_to(found or 0)
        self.loader.request(at_once=True)

    def _remember(self) -> None:
        if self.table.current is not None:
            self._cursors[self.current] = self.table.current.key

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
        self.only[self.current] = True
        self._show()

    def action_all(self) -> None:
        self.only[self.current] = False
        self._show()

    def action_change(self, direction: int) -> None:
        """To the next or previous row that differs."""
        here = self.table.cursor
        places = [n for n, row in enumerate(self.table.rows) if row.kind not in (None, "same")]
        ahead = [n for n in places if (n > here if direction > 0 else n < here)]
        if ahead:
            self.table.move_to(ahead[0] if direction > 0 else ahead[-1], center=True)

    @on(LineList.Chosen)
    def action_open(self) -> None:
        """Looks into the row: both sides in full; of a mere fact into the run."""
        row = self.table.current
        if row is None or len(self.runs) < LEAST:
            return
        if row.target is None:
            self.action_run()
            return
        from .compare_detail import DetailScreen

        targets = [(one.key, one.target) for one in self.table.rows if one.target is not None]
        at = next(n for n, (key, _) in enumerate(targets) if key == row.key)
        other = self.table.column if self.table.column != self.context.base else self._other()
        screen = DetailScreen(self.store, self.context, targets, at, other)
        self.app.push_screen(screen, self._came_back)

    def _other(self) -> int:
        return next(n for n in range(len(self.runs)) if n != self.context.base)

    def _came_back(self, key: str | None) -> None:
        found = self.table.find_key(key) if key else None
        if found is not None:
            self.table.move_to(found)

    def action_run(self) -> None:
        """Into the run of the column; `esc` leads back to the same place."""
        if not self.runs:
            return
        from .run import RunScreen

        run, row = self.runs[self.table.column], self.table.current
        tab = {"steps": "steps", "costs": "costs", "states": "states"}.get(self.current, "overview")
        target = None
        if row is not None and isinstance(row.target, AlignedStep):
            step = row.target.steps[self.table.column]
            target = step.id if step is not None else None
        self.app.push_screen(RunScreen(self.store, run.id, tab=tab, target=target))

    def action_export(self) -> None:
        """Writes the comparison into a page of HTML."""
        if len(self.runs) >= LEAST:
            export_runs(self, self.store, [run.id for run in self.runs], base=self.context.base)

    def action_back(self) -> None:
        self.dismiss()


def _context(runs: tuple[Run, ...], base: str, glyphs: Glyphs) -> Context:
    place = next((n for n, run in enumerate(runs) if run.id == base), 0)
    return Context(runs, place, clock.now_s(), glyphs)


def _read(store: Store, ids: Sequence[str]) -> tuple[tuple[Run, ...], tuple[str, ...]]:
    """The runs that are there in the order they began, and the ids of those that are not."""
    runs, gone = [], []
    with store.moment():
        for id in ids:
            try:
                runs.append(store.runs.get(id))
            except NotFound:
                gone.append(id)
    return tuple(sorted(runs, key=_began)), tuple(gone)


def _began(run: Run) -> tuple[float, str]:
    try:
        return (to_seconds(run.started) if run.started else float("inf")), run.id
    except ValueError:
        return float("inf"), run.id


def _told(gone: Sequence[str], left: int) -> str:
    """What is missing."""
    if not gone:
        return ""
    told = f"{format.plural(len(gone), 'run')} gone"
    return told if left >= LEAST else f"{told}: there is nothing to compare any more"
