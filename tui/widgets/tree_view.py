"""A foldable tree of lines: steps, states, JSON, everything that lies under something."""

from collections.abc import Hashable, Mapping, Sequence
from itertools import chain, pairwise

from textual import events

from ..hinting import hint
from ..keys import bindings
from ..lines import Line, fitted
from ..trees.nodes import Folds, Node, Path, Row, Shape, rows, rows_under
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
        self.folds = Folds()
        self.rows: list[Row] = []
        self.guides = guides
        self.word = ""
        self._folding = False
        self._shape = Shape(0)
        self._hidden: dict[Path, list[Row]] = {}
        """What lay under nodes that were folded, as it was: nothing of it is made anew when they are unfolded."""
        self._places: dict[Path, int] = {}
        """The row of each node; made when one is first looked for."""

    def show(self, nodes: Sequence[Node]) -> None:
        """Shows these nodes instead, folded as before. Of outermost ones that are in sight already nothing is made."""
        # A scroll bar may come with the rows: no text is wrapped into its cell.
        shape = Shape(max(self.size.width - 1, 20), self.guides, self.glyphs)
        self._show(nodes, shape, {} if self.guides or shape != self._shape else self._blocks())

    def _show(self, nodes: Sequence[Node], shape: Shape, known: Mapping[int, Sequence[Row]]) -> None:
        def take() -> None:
            self.nodes, self._shape = nodes, shape
            found = (known.get(id(node)) or rows([node], self.folds, shape) for node in nodes)
            self.rows = list(chain.from_iterable(found if known else [rows(nodes, self.folds, shape)]))
            self._folding = any(row.fold is not None for row in self.rows)
            self._hidden.clear()
            self._places.clear()
            if is_first and len(self.rows) > 1 and self.rows[0].node.head:
                self.set_reactive(LineList.cursor, 1)

        is_first = not self.rows
        self.lines_changed(take)

    def _blocks(self) -> dict[int, list[Row]]:
        """The rows of each of the outermost nodes."""
        starts = [n for n, row in enumerate(self.rows) if row.path.depth == 1 and not row.part]
        return {id(self.rows[at].node): self.rows[at:end] for at, end in pairwise([*starts, len(self.rows)])}

    def _turn(self, at: int, open: bool) -> None:
        """Unfolds a row, or folds it: only what lies under it comes or goes."""
        row, end = self.rows[at], self._end(at)
        under: list[Row] = []
        if open and not row.fold:
            under = self._hidden.pop(row.path, []) or list(rows_under(row, self.folds, self._shape))
        elif not open:
            self._hidden[row.path] = self.rows[at + 1 : end]
        else:
            return
        self.rows[at:end] = [row._replace(fold=open), *under]
        self._places.clear()

    def _end(self, at: int) -> int:
        """The row after those that lie under one."""
        depth = self.rows[at].path.depth
        later = range(at + 1, len(self.rows))
        return next((n for n in later if self.rows[n].path.depth <= depth and not self.rows[n].part), len(self.rows))

    def on_resize(self) -> None:
        if self._shape.width != max(self.size.width - 1, 20):
            self.show(self.nodes)

    # What the list asks.

    def count(self) -> int:
        return len(self.rows)

    def key_at(self, index: int) -> Hashable:
        row = self.rows[index]
        return row.path, row.part

    def find_key(self, key: Hashable) -> int | None:
        assert isinstance(key, tuple)
        path, part = key
        if self._key(self.cursor) == key:
            return self.cursor
        if not self._places:
            self._places = {row.path: n for n, row in enumerate(self.rows) if not row.part}
        at = self._places.get(path)
        return at + part if at is not None and at + part < len(self.rows) and self.key_at(at + part) == key else None

    def find(self, *keys: Hashable) -> int | None:
        """The row of the node that these keys lead to from the root down; None if there is none."""
        path = self.folds.find(keys)
        return None if path is None else self.find_key((path, 0))

    def draw(self, index: int, width: int) -> Line:
        row = self.rows[index]
        before: Line = [(row.guide, "faint")]
        if row.part:
            return [*before, ("  ", "text"), (row.text, row.node.ink)]
        before += self._fold_sign(row)
        rest = self.across - sum(len(text) for text, _ in before)
        line = [*before, *(row.node.line(rest) if callable(row.node.line) else row.node.line)]
        return fitted(line, self.across)  # what is cut says so beside the scroll bar, and not below it

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

    def go_to(self, keys: Sequence[Hashable]) -> bool:
        """Puts the cursor on the node that these keys lead to, unfolding what is above it; False if it is not there."""
        if self.find(*keys) is None:
            self.folds.set(self.folds.along(keys[:-1]), True)
            self._show(self.nodes, self._shape, {})
        found = self.find(*keys)
        if found is not None:
            self.move_to(found, center=True)
        return found is not None

    def fold(self, path: Path, open: bool) -> None:
        """Unfolds or folds a node."""
        self._fold([path], open)

    def _fold(self, paths: Sequence[Path], open: bool) -> None:
        self.folds.set(paths, open)
        found = [at for path in paths if (at := self.find_key((path, 0))) is not None]

        def turn() -> None:
            for at in reversed(found):  # what lies above stays where it is
                self._turn(at, open)

        self.lines_changed(turn)
        self.post_message(self.Folded(self))

    def other_fold(self) -> bool:
        """Whether what is under the cursor is folded."""
        row = self.current
        return row is not None and row.fold is False and not row.part

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
        elif row and (above := row.path if row.part else row.path.above) is not None:
            self._to_path(above)
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
            shut = [one.path for one in self.rows[self.cursor : self._end(self.cursor)] if one.fold is False]
            if shut:
                self._fold(shut, True)
            else:
                hint(self, "all under this line is unfolded")

    def action_fold_all(self) -> None:
        row = self.current
        if not any(one.fold for one in self.rows):
            hint(self, "all is folded")
        elif row:
            self.folds.set([one.path for one in self.rows if one.fold], False)
            top = row.path.first
            self._show(self.nodes, self._shape, {})
            self.move_to(self.find(top) or 0)

    def on_click(self, event: events.Click) -> None:
        index, place = self.line_at(event), event.get_content_offset(self)
        if index is not None and place is not None and event.chain == 1:
            row = self.rows[index]
            self.move_to(index)
            if row.fold is not None and len(row.guide) <= place.x < len(row.guide) + 2:
                self.action_fold()
