"""The items tab: rows of a batch, failed ones first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from textual import on
from textual.app import ComposeResult

from ...core.clock import now_s
from ...core.runs import Item, Run
from ...core.store import Store
from ..facts import Lesson, teach, until
from ..hinting import hint
from ..keys import bindings
from ..lines import Line
from ..messages import OpenRun
from ..parts.item_nodes import item_counts, item_head, item_nodes
from ..parts.item_pages import (
    History,
    Place,
    Rows,
    at_end,
    counted,
    further_down,
    further_up,
    next_standing,
    read_history,
    read_rows,
)
from ..trees.nodes import Node
from .line_list import LineList, OfLines, OneLine
from .page_tab import PageTab
from .tree_view import TreeView

EMPTY = Lesson(
    "No rows yet",
    "A batch run works through rows; each has a number, a status and its error, which is what a retry needs.",
    "with run.row(17, input=row) as item:\n    item.output = answer(row)",
    "rows",
)

Wish = Literal["", "down", "up", "home", "end", "status"]


class ItemLines(TreeView):
    """Rows of which only some pages are held: what lies beyond them is asked for."""

    @dataclass
    class Beyond(OfLines):
        """The person wants to go on to where nothing is held."""

        lines: "ItemLines"
        wish: Wish

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and new_value <= self.size.height:
            self.post_message(self.Beyond(self, "up"))

    def action_home(self) -> None:
        super().action_home()
        self.post_message(self.Beyond(self, "home"))

    def action_end(self) -> None:
        super().action_end()
        self.post_message(self.Beyond(self, "end"))


class ItemTab(PageTab):
    """Rows of a batch; unfolded, a row shows its input, output, error and attempts."""

    PLACE = "items"
    BINDINGS = bindings("items")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._wish: Wish = ""
        self._place = Place()
        self._to: Wish = ""
        """Where the cursor goes when the pages are there."""

    def compose(self) -> ComposeResult:
        yield OneLine(self._counts, id="item-counts")
        yield OneLine(item_head, id="item-head")
        yield ItemLines()

    def _counts(self, width: int) -> Line:
        return item_counts(self.run, self.found) if self.run and self.found else []

    # Reading.

    def read(self, store: Store, run: Run) -> Rows:
        wish, self._wish = self._wish, ""
        held: Rows = self.found or Rows()
        place, picks = self._place, wish == "status"
        if picks:
            place = Place(next_standing(store.runs, run.id, held.place.status))
        if place.status != held.place.status:
            held = Rows(place)
        elif wish == "down":
            place = further_down(held)
        elif wish == "up":
            place = further_up(place)
        elif wish == "home":
            place = Place(place.status)
        elif wish == "end" and held.next:
            place = at_end(store.runs, run.id, place)
        found = read_rows(store.runs, run.id, place)
        if not found.items and len(place.starts) > 1:  # they stand elsewhere meanwhile
            found = read_rows(store.runs, run.id, Place(place.status))
        standing, histories = counted(store.runs, run, place.status), self._histories(store, found.items, held)
        return found._replace(picked=picks, standing=standing, histories=histories)

    def _histories(self, store: Store, items: Sequence[Item], held: Rows) -> dict[int, tuple[int, History]]:
        open = {path.key for path in self.lines.folds.unfolded() if path.above is None}
        read: dict[int, tuple[int, History]] = {}
        for item in items:
            if item.row_number in open:
                known = held.histories.get(item.row_number)
                fresh = known is not None and known[0] == item.last_seq
                read[item.row_number] = known if known and fresh else (item.last_seq, read_history(store.runs, item))
        return read

    def show(self, run: Run, found: Rows) -> None:
        if found.picked and found.place.status is None is self._place.status and run.items:
            hint(self, "all rows have failed")
        if found.picked or found.place.status == self._place.status:
            self._place = found.place
        super().show(run, found)
        self.set_class(not run.items, "empty")
        to, self._to = self._to, ""
        if to:
            self.lines.move_to(0 if to == "home" else self.lines.count() - 1)
        for line in self.query(OneLine):
            line.refresh()

    def nodes(self, run: Run, found: Rows) -> Sequence[Node]:
        if not found.items:
            return [Node("none", [("No row stands so", "muted")])] if run.items else teach(EMPTY, run)
        return item_nodes(found, until(run, now_s()), self.glyphs)

    def tick(self) -> None:
        self.draw_again()

    def when_items(self) -> bool:
        """Whether there are rows."""
        return self.run is not None and self.run.items > 0

    # What the person does.

    @on(TreeView.Folded)
    def unfolded(self) -> None:
        """Reads what happened to a row that was unfolded."""
        self.post_message(self.Reread())

    @on(LineList.Bottom)
    def read_on(self) -> None:
        """Reads the next page."""
        if self.found and self.found.next:
            self._go("down")

    @on(ItemLines.Beyond)
    def beyond(self, message: ItemLines.Beyond) -> None:
        """Reads the page above, the first or the last ones, when they are not held."""
        if self.found and (self.found.next if message.wish == "end" else len(self.found.place.starts) > 1):
            self._to = message.wish if message.wish != "up" else ""
            self._go(message.wish)

    def _go(self, wish: Wish) -> None:
        if not self._wish or wish in ("home", "end", "status"):
            self._wish = wish
            self.post_message(self.Reread())

    @on(LineList.Chosen)
    def to_next_attempt(self) -> None:
        """Opens the run that tried the row again."""
        row = self.lines.current
        if row and isinstance(row.node.target, tuple):
            self.post_message(OpenRun(row.node.target[1]))

    def other_failed_only(self) -> bool:
        """Whether only they are shown."""
        return self._place.status == "failed"

    def action_failed_only(self) -> None:
        self._pick(None if self.other_failed_only() else "failed")

    def action_next_status(self) -> None:
        self._to = "home"
        self._go("status")

    def _pick(self, status: object) -> None:
        self._place = Place(status)  # type: ignore[arg-type]
        self._to = "home"
        self.post_message(self.Reread())

    def back(self) -> bool:
        if self._place.status is None:
            return False
        self._pick(None)
        return True
