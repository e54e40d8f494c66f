"""A foldable tree of lines: steps, states, JSON, everything that lies under something."""

from collections.abc import Hashable, Sequence

from textual import events

from ..hinting import hint
from ..keys import bindings
from ..lines import Line
from ..nodes import Folds, Node, Path, Row, rows
from .line_list import LineList, OfLines

UNFOLD_LIMIT = 2000
"""Rows after which unfolding everything stops: what nobody can read need not be made."""


class TreeView(LineList):
    """Shows nodes; folds belong to paths and survive every refresh."""

    BINDINGS = bindings("tree")

    class Folded(OfLines):
        """Something was folded or unfolded."""

    def __init__(self, *, guides: bool = False, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.nodes: Sequence[Node] = ()
        self.folds: Folds = {}
        self.rows: list[Row] = []
        self.guides = guides
        self.word = ""
        self._folding = False
        self._width = 0

    def show(self, nodes: Sequence[Node]) -> None:
        """Shows these nodes instead, folded as before."""
        self.lines_changed(lambda: self._take(nodes))

    def _take(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self._width = self.size.width
        # A scroll bar may come with the rows: no text is wrapped into its cell.
        width = max(self._width - 1, 20)
        self.rows = list(rows(nodes, self.folds, width, guides=self.guides, glyphs=self.glyphs))
        self._folding = any(row.fold is not None for row in self.rows)

    def on_resize(self) -> None:
        if self._width != self.size.width:
            self.show(self.nodes)

    # What the list asks.

    def count(self) -> int:
        return len(self.rows)

    def key_at(self, index: int) -> Hashable:
        row = self.rows[index]
        return row.path, row.part

    def draw(self, index: int, width: int) -> Line:
        row = self.rows[index]
        before: Line = [(row.guide, "faint")]
        if row.part:
            return [*before, ("  ", "text"), (row.text, row.node.ink)]
        before += self._fold_sign(row)
        rest = self.across - sum(len(text) for text, _ in before)
        return [*before, *(row.node.line(rest) if callable(row.node.line) else row.node.line)]

    def _fold_sign(self, row: Row) -> Line:
        if row.fold is None:
            return [] if self.guides or not self._folding else [("  ", "text")]
        if self.guides and row.fold:
            return []
        return [(f"{self.glyphs.open if row.fold else self.glyphs.closed} ", "muted")]

    # What the person does.

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def when_fold(self) -> bool:
        """Whether there is something to be folded under the cursor."""
        row = self.current
        return row is not None and (row.fold is not None or bool(row.part))

    def when_choice(self) -> bool:
        """Whether it leads somewhere, or can be folded."""
        return self.when_fold() or (self.current is not None and self.current.node.target is not None)

    def go_to(self, path: Path) -> bool:
        """Puts the cursor on a node, unfolding what it lies under; False if it is not there."""
        for end in range(1, len(path)):
            self.folds[path[:end]] = True
        self.show(self.nodes)
        found = self.find_key((path, 0))
        if found is not None:
            self.move_to(found, center=True)
        return found is not None

    def fold(self, path: Path, open: bool) -> None:
        """Unfolds or folds a node."""
        self.folds[path] = open
        self.show(self.nodes)
        self.post_message(self.Folded(self))

    def action_fold(self) -> None:
        row = self.current
        if row is not None and row.part:
            self._to_path(row.path)
            row = self.current
        if row and row.fold is not None:
            self.fold(row.path, not row.fold)
        else:
            hint(self, "there is nothing to be unfolded here")

    def action_choose(self) -> None:
        row = self.current
        if row and row.node.target is not None:
            super().action_choose()
        else:
            self.action_fold()

    def action_unfold(self) -> None:
        row = self.current
        if row and row.fold is False:
            self.fold(row.path, True)
        elif row and row.fold:
            self.move_to(self.cursor + 1)
        else:
            hint(self, "there is nothing under this line")

    def action_fold_or_up(self) -> None:
        row = self.current
        if row and row.fold and not row.part:
            self.fold(row.path, False)
        elif row and (row.part or len(row.path) > 1):
            self._to_path(row.path if row.part else row.path[:-1])
        else:
            hint(self, "this line lies under no other")

    def _to_path(self, path: Path) -> None:
        found = self.find_key((path, 0))
        if found is not None:
            self.move_to(found)

    def action_unfold_all(self) -> None:
        """Unfolds what lies under the cursor, a level with each press, as far as it can be read."""
        row = self.current
        if row and len(self.rows) < UNFOLD_LIMIT:
            shut = [one.path for one in self.rows if one.fold is False and one.path[: len(row.path)] == row.path]
            if not shut:
                hint(self, "all under this line is unfolded")
                return
            self.folds |= dict.fromkeys(shut, True)
            self.show(self.nodes)
            self.post_message(self.Folded(self))

    def action_fold_all(self) -> None:
        row = self.current
        if not any(one.fold for one in self.rows):
            hint(self, "all is folded")
        elif row:
            self.folds |= {one.path: False for one in self.rows if one.fold}
            top = row.path[:1]
            self.show(self.nodes)
            self._to_path(top)

    def on_click(self, event: events.Click) -> None:
        index, place = self.line_at(event), event.get_content_offset(self)
        if index is not None and place and event.chain == 1:
            row = self.rows[index]
            self.move_to(index)
            if row.fold is not None and len(row.guide) <= place.x < len(row.guide) + 2:
                self.action_fold()
