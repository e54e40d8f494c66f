"""The items tab: rows of a batch, failed ones first."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import on
from textual.app import ComposeResult

from ...core.clock import now
from ...core.errors import Corrupt, NotFound
from ...core.events import ItemChanged
from ...core.runs import Item, Run
from ...core.store import Store
from ..facts import teach
from ..lines import Line
from ..nodes import Node
from ..part_nodes import item_counts, item_nodes
from .line_list import LineList, OneLine
from .page_tab import PageTab
from .tree_view import TreeView

EMPTY = teach(
    "No rows yet",
    "A batch run works through rows; each has a number, a status and its error, which is what a retry needs.",
    "with run.row(17, input=row) as item:\n    item.output = answer(row)",
)

PAGE = 500


class Rows(NamedTuple):
    """Rows read so far, and the events of those that are unfolded."""

    items: tuple[Item, ...] = ()
    next: str | None = None
    events: dict[int, tuple[int, ItemChanged | str]] = {}
    """Row number → `seq` of the event, and the event or why it cannot be read."""


class ItemTab(PageTab):
    """Rows of a batch; unfolded, a row shows its input, output and error."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._more = False

    def compose(self) -> ComposeResult:
        yield OneLine(self._counts)
        yield TreeView()

    def _counts(self, width: int) -> Line:
        return item_counts(self.run, len(self.found.items)) if self.run and self.found else []

    def read(self, store: Store, run: Run) -> Rows:
        found: Rows = self.found or Rows()
        if self._more and found.next:
            page = store.runs.items(run.id, limit=PAGE, after=found.next)
            items = found.items + tuple(page.items)
        else:
            page = store.runs.items(run.id, limit=max(PAGE, len(found.items)))
            items = tuple(page.items)
        self._more = False
        return Rows(items, page.next, self._read_events(store, run, items, found.events))

    def _read_events(
        self, store: Store, run: Run, items: Sequence[Item], known: dict[int, tuple[int, ItemChanged | str]]
    ) -> dict[int, tuple[int, ItemChanged | str]]:
        open = {path[0] for path, unfolded in self.lines.folds.items() if unfolded}
        events: dict[int, tuple[int, ItemChanged | str]] = {}
        for item in items:
            row = item.row_number
            if row in open:
                old = known.get(row)
                events[row] = old if old and old[0] == item.last_seq else (item.last_seq, _event(store, run, item))
        return events

    def show(self, run: Run, found: Rows) -> None:
        super().show(run, found)
        self.set_class(not found.items, "empty")
        self.query_one(OneLine).refresh()

    def nodes(self, run: Run, found: Rows) -> Sequence[Node]:
        if not found.items:
            return EMPTY
        events = {row: event for row, (_, event) in found.events.items()}
        return item_nodes(found.items, events, now(), self.glyphs)

    def tick(self) -> None:
        self.draw_again()

    @on(TreeView.Folded)
    def unfolded(self) -> None:
        """Reads the event of a row that was unfolded."""
        self.post_message(self.Reread())

    @on(LineList.Bottom)
    def read_on(self) -> None:
        """Reads the next page."""
        if self.found and self.found.next and not self._more:
            self._more = True
            self.post_message(self.Reread())


def _event(store: Store, run: Run, item: Item) -> ItemChanged | str:
    try:
        event = store.runs.event(run.id, item.last_seq)
    except (Corrupt, NotFound) as error:
        return str(error)
    return event if isinstance(event, ItemChanged) else "the row's event is of another kind"
