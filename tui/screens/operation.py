"""One operation: who did it and how, and what became of each run."""

import asyncio
from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from ...core.errors import NotFound
from ...core.operations import Done, Operation
from ...core.store import Store
from .. import format
from ..glyphs import glyphs_of
from ..keys import bindings
from ..lines import Line, one_line
from ..loading import Loader
from ..messages import OpenRun, OperationEnded
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import LineList, OneLine
from ..widgets.list_tab import PagedLines, Table
from .run_operations import undo

TABLE = Table(("", "Run", "Outcome", "Before", "After", "Where it is, or why"), "lllrrl", 5, (3, 4), {})
_INKS = {"done": "good", "skipped": "muted", "failed": "bad"}


class OperationScreen(Screen[None]):
    """The runs of an operation, as the record has them."""

    BINDINGS = bindings("operation", "place")
    CSS_PATH = "../styles/retention.tcss"
    PLACES = ("operation", "place", "moves", "app")

    def __init__(self, store: Store, operation: str) -> None:
        super().__init__()
        self.store, self._operation = store, operation
        self.opening = asyncio.Event()
        """Set when it is read: keys wait for that."""
        self.found: Operation | None = None
        self._why = ""
        self.loader: Loader[Operation | NotFound] = Loader(self, self._prepare, self._loaded)

    def compose(self) -> ComposeResult:
        lines: PagedLines[Done] = PagedLines(TABLE, self._cells, self._inks).keyed(lambda one: one.run)
        yield FrameLine("top", self._titles, id="operation-top")
        with Vertical(id="operation-body"):
            yield OneLine(self._by)
            yield OneLine(lines.head)
            yield lines
        yield KeyBar("operation")

    def on_mount(self) -> None:
        self.query_one(KeyBar).read_only = self.store.read_only
        self.loader.request()

    @property
    def rows(self) -> PagedLines[Done]:
        """The runs."""
        return self.query_one(PagedLines)

    def _prepare(self) -> Callable[[], Operation | NotFound]:
        def read() -> Operation | NotFound:
            try:
                return self.store.upkeep.operation(self._operation)
            except NotFound as error:
                return error

        return read

    def _loaded(self, found: Operation | NotFound) -> None:
        empty: Sequence[Line] = [[("It was on no run", "muted")]]
        if isinstance(found, NotFound):
            empty = [[(one_line(str(found), 200), "muted")]]
        else:
            self.found = found
        self.rows.show(list(self.found.runs) if self.found else [], empty)
        self.query_one("#operation-top", FrameLine).update()
        for line in self.query(OneLine):
            line.refresh()
        self.opening.set()

    def _titles(self, width: int) -> tuple[Line, Line]:
        found = self.found
        if found is None:
            return [(f" operation {one_line(self._operation, 40)} ", "strong")], []
        counts = [(f"{found.done:,} done", "good"), (f"{found.skipped:,} left alone", "muted")]
        counts.append((f"{found.failed:,} failed", "bad"))
        right: Line = [(f" {text} ", ink) for text, ink in counts if not text.startswith("0 ")]
        return [(f" {found.kind} ", "title"), (f"{found.id} ", "strong")], right

    def _by(self, width: int) -> Line:
        found = self.found
        if found is None:
            return []
        line: Line = [(format.moment(found.at), "muted"), (f" {one_line(found.by, 60)}", "text")]
        stands = "taken back" if found.undone else "cut off" if found.unfinished else ""
        if stands:
            line.append((f" {glyphs_of(self).dot} {stands}", "warn"))
        if found.elsewhere:
            line.append((f" {glyphs_of(self).dot} in {one_line(found.elsewhere, 100)}", "warn"))
        return [*line, (f" {glyphs_of(self).dot} {one_line(found.why, 200)}", "accent")] if found.why else line

    def _cells(self, one: Done) -> list[str]:
        glyphs = glyphs_of(self)
        sign = {"done": glyphs.completed, "failed": glyphs.failed}.get(one.outcome, glyphs.skipped)
        sizes = [format.size(size) if size else glyphs.dash for size in (one.before_bytes, one.after_bytes)]
        return [
            sign,
            one_line(one.run, 60),
            one.outcome,
            *sizes,
            one_line(f" {glyphs.dot} ".join(filter(None, (one.why or one.where, one.rule))), 200),
        ]

    def _inks(self, one: Done) -> list[str]:
        return [_INKS[one.outcome], "text", _INKS[one.outcome], "muted", "text", "muted"]

    def when_reversible(self) -> bool:
        """Whether it can be taken back."""
        return self.found is not None and self.found.reversible

    # What the person does.

    @on(LineList.Chosen)
    def action_open(self) -> None:
        one = self.rows.current
        if one is not None:
            self.post_message(OpenRun(one.run))

    def action_take_back(self) -> None:
        undo(self, self.store, self._operation)

    def on_operation_ended(self, message: OperationEnded) -> None:
        self.loader.request()

    def action_refresh(self) -> None:
        """Reads it again."""
        self.loader.request()

    def action_back(self) -> None:
        self.dismiss()
