"""`!`: what is wrong with the store, what to do about it, and what can be put right: one thing, or all at once."""

from collections.abc import Callable
from functools import partial
from os.path import abspath
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from ...core import clock
from ...core.progress import Progress
from ...core.store import Store
from ...core.text import safe_text
from ...core.upkeep import Finding
from .. import format
from ..doctor.mending import Mended, all_mended, look
from ..doctor.rows import Row, cells_of, detail_lines, inks_of, rows_of
from ..doctor.words import came_of_it, counts, mark, only, preview, question
from ..glyphs import glyphs_of
from ..hinting import hint, may_change
from ..keys import bindings
from ..lines import Line, one_line
from ..messages import OpenRun, OperationEnded
from ..operations.operations import jobs_of, operations_of
from ..program.command_log import log_of
from ..widgets.empty import Empty
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import LineList, OneLine
from ..widgets.line_pane import LinePane
from ..widgets.list_tab import PagedLines, Table
from .prompt import Confirm

WHAT = 36
"""Cells that what is wrong keeps before the place is left out, which is told below."""
TABLE = Table(("", "Kind", "What", "Fix", "Where"), "lllll", 2, (4, 1), {}, WHAT)
EVERY = 0.2
"""Seconds between two looks at what was found meanwhile."""
FIX = ("doctor", "--fix", "--yes")


class DoctorScreen(Screen[None]):
    """Looks once when it is opened, and when it is asked to; of a look that is stopped, what it found is kept."""

    BINDINGS = bindings("doctor", "place")
    AUTO_FOCUS = "PagedLines"
    CSS_PATH = "../styles/doctor.tcss"
    PLACES = ("doctor", "place", "moves", "app")

    def __init__(self, open_store: Callable[[], Store], about: str = "") -> None:
        """`open_store` is for a store that the program could not open, `about` the run whose findings come first."""
        super().__init__()
        self._open_store, self._about = open_store, about
        self.found: list[Finding] = []
        """What is wrong, as far as it is known: a thread adds to it."""
        self.results: list[Mended] = []
        """What came of what was put right before this look."""
        self.under_way: Progress | None = None
        """Of the look, or of what is being put right."""
        self._fixes = False
        self._shown = -1
        self._ended: Line = []

    @property
    def store(self) -> Store | None:
        """The store, if it is open."""
        found = getattr(self.app, "store", None)
        return found if isinstance(found, Store) else None

    def compose(self) -> ComposeResult:
        lines: PagedLines[Row] = PagedLines(TABLE, self._cells, inks_of).keyed(lambda row: row.key)
        yield FrameLine("top", self._titles, id="doctor-top")
        with Vertical(id="doctor-pane"):
            yield OneLine(lines.head)
            yield lines
            yield Empty()
        yield FrameLine("middle", self._detail_title, id="doctor-middle")
        yield LinePane(id="doctor-detail")
        yield KeyBar("doctor")

    def on_mount(self) -> None:
        store = self.store
        self.query_one(KeyBar).read_only = store is None or store.read_only
        self.set_interval(EVERY, self._more)
        self.action_refresh()

    def on_unmount(self) -> None:
        if self.under_way is not None and not self._fixes:
            self.under_way.stop()

    @property
    def rows(self) -> PagedLines[Row]:
        """The findings."""
        return self.query_one(PagedLines)

    # Looking.

    def action_refresh(self) -> None:
        """Looks once more."""
        if self._is_free():
            self.results = []
            self._look()

    def _look(self) -> None:
        self.found, self._shown, self._ended = [], -1, [(" looking ", "muted")]
        work = partial(look, self.store, self._open_store, self.found)
        self.under_way = jobs_of(self).begin(
            self, "looking", work, self._looked, otherwise=partial(self._looked, False)
        )
        self._show()

    def _more(self) -> None:
        if self.under_way is not None and len(self.found) != self._shown:
            self._show()

    def _looked(self, whole: bool) -> None:
        self.under_way = None
        at = f" looked at {format.clock(clock.now())} "
        self._ended = [(at, "muted")] if whole else [(" stopped: there may be more ", "warn")]
        self._show()

    def _is_free(self) -> bool:
        """Whether nothing is under way that this would be in the way of; says so."""
        if self.under_way is not None:
            hint(self, "one thing at a time: it is still under way")
        return self.under_way is None

    # Drawing.

    def _show(self) -> None:
        self._shown = len(self.found)
        rows = rows_of(self.found[: self._shown], self.results)
        at_first = self.rows.cursor == 0
        self.rows.show(rows, [])
        if at_first:  # who has not moved yet sees the worst first, as long as it comes
            self.rows.move_to(0)
        self.query_one(Empty).show([] if rows else self._empty_lines())
        for part in (self.rows, self.query_one("#doctor-pane OneLine")):
            part.display = bool(rows)
        if rows and self.focused is None:
            self.rows.focus()
        self._go_to_run(rows)
        for line in self.query(OneLine):
            line.refresh()
        self.query_one("#doctor-top", FrameLine).update()
        self._moved()
        self.refresh_bindings()

    def _go_to_run(self, rows: list[Row]) -> None:
        place = next((n for n, row in enumerate(rows) if self._about and row.finding.run == self._about), None)
        if place is not None:
            self._about = ""
            self.rows.move_to(place)

    def _empty_lines(self) -> list[Line]:
        if self.under_way is not None:
            return [
                [("Looking for everything that is wrong", "strong")],
                [("Nothing is changed by looking. Archives are read whole, which can take long.", "muted")],
            ]
        if self._ended and self._ended[0][1] == "warn":
            return [[("Nothing was found before it was stopped", "strong")], [("r looks once more", "muted")]]
        return [[("Nothing is wrong", "strong")], [("r looks once more", "muted")]]

    @property
    def _root(self) -> str:
        return abspath(self.store.name) + "/" if self.store is not None and self.store.name else "/"

    def _cells(self, row: Row) -> list[str]:
        return cells_of(row, self._root, clock.now_s(), glyphs_of(self))

    def _titles(self, width: int) -> tuple[Line, Line]:
        return [(" Doctor ", "title"), *counts(self.found, glyphs_of(self))], self._ended

    def _detail_title(self, width: int) -> tuple[Line, Line]:
        row = self.rows.current
        if row is None:
            return [], []
        one = row.finding
        return [(f" {mark(one.severity, glyphs_of(self))} {one_line(one.kind, 40)} ", "strong")], []

    @on(LineList.Moved)
    def _moved(self) -> None:
        row, pane = self.rows.current, self.query_one(LinePane)
        width = pane.size.width
        pane.show(detail_lines(row, width - 2) if row is not None and width else [])
        self.query_one("#doctor-middle", FrameLine).update()

    def on_resize(self) -> None:
        """The lines about the finding are made for the room there is."""
        self.call_after_refresh(self._moved)

    def when_of_run(self) -> bool:
        """Whether the line under the cursor is about a run."""
        row = self.rows.current
        return row is not None and bool(row.finding.run) and self.store is not None

    def when_copyable(self) -> bool:
        """Whether there is a place without signs in it that would act where it is pasted."""
        row = self.rows.current
        return row is not None and safe_text(row.finding.where, limit=None) == row.finding.where

    @property
    def curable(self) -> list[Finding]:
        """What can be put right."""
        return [row.finding for row in self.rows.items if row.curable]

    def when_curable(self) -> bool:
        """Whether anything can be put right."""
        return self.under_way is None and bool(self.curable)

    def when_curable_here(self) -> bool:
        """Whether what the line under the cursor is about can be."""
        row = self.rows.current
        return self.under_way is None and row is not None and row.curable

    # What the person does.

    @on(LineList.Chosen)
    def action_open(self) -> None:
        row = self.rows.current
        if row is None or row.finding.run is None:
            hint(self, "this is about no run" if row else "nothing is listed here")
        elif self.store is not None:
            self.post_message(OpenRun(row.finding.run))

    def action_copy(self) -> None:
        row = self.rows.current
        if row is not None and self.when_copyable():
            self.app.copy_to_clipboard(row.finding.where)
            self.app.notify("place copied", markup=False)
        else:
            hint(self, "it has signs in it that should not be pasted" if row else "nothing is listed here")

    def action_fix_one(self) -> None:
        row = self.rows.current
        if row is not None and row.curable:
            self._fix([row.finding], (*FIX, *only(row.finding)))
        else:
            hint(self, "it is put right" if row and row.done else "this is nothing that can be put right by a program")

    def action_fix(self) -> None:
        self._fix(self.curable, FIX)

    def _fix(self, curable: list[Finding], words: tuple[str, ...]) -> None:
        """Asks, and puts these right; `words` of the command line do the same."""
        store, operations = self.store, operations_of(self)
        if store is None:
            hint(self, "the store cannot be opened: nothing can be put right here")
        elif not may_change(self, store) or not self._is_free():
            return
        elif operations is not None and operations.in_the_way:
            self.app.notify(f"still {operations.in_the_way}: one thing at a time", severity="warning", markup=False)
        elif curable:
            self._ask_to_fix(store, curable, words)
        else:
            hint(self, "nothing here can be put right by a program")

    @work
    async def _ask_to_fix(self, store: Store, curable: list[Finding], words: tuple[str, ...]) -> None:
        then = "Nothing is lost, and it is looked again afterwards."
        if not await self.app.push_screen_wait(Confirm(question(curable), *preview(curable, self._root), then)):
            return
        # Of the program, not of this screen: also who goes away is told what came of it, and finds it in the log.
        work, fixed = partial(all_mended, store, curable), partial(self._fixed, len(curable), words)
        self.under_way = jobs_of(self).begin(
            self.app, "putting right", work, fixed, changes=True, otherwise=partial(fixed, [])
        )
        self._fixes = True
        self.refresh_bindings()

    def _fixed(self, total: int, words: tuple[str, ...], results: list[Mended]) -> None:
        self.under_way, self._fixes = None, False
        self.results += results
        done = sum(bool(one.done) for one in results)
        told = came_of_it(done, len(results) - done, total - len(results))
        severity: Any = "information" if done == total else "warning"
        self.app.notify(told, severity=severity, timeout=8, markup=False)
        if done:
            log_of(self).add(words, told)
        self.app.post_message(OperationEnded())
        if self.is_running:
            self._look()

    def action_back(self) -> None:
        """Stops what is under way, then steps out."""
        if self.under_way is not None and not self.under_way.stopped:
            self.under_way.stop()
        else:
            self.dismiss()


def about(screen: Screen[Any]) -> str:
    """The run that a screen has in sight, whose findings are what the person wants to see first; or nothing."""
    found = getattr(screen, "ailing", None)
    return found if isinstance(found, str) else ""
