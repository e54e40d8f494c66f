"""The table of a comparison: a line for each thing that is compared, a column for each run."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from textual import events
from textual.message import Message

from .. import format
from ..compare.rows import Context, Row, narrowed
from ..glyphs import Glyphs
from ..lines import Line, fitted, one_line, status_ink, width_of
from ..states.signs import INK, SIGN
from .line_list import LineList

NAME_LEAST, NAME_MOST = 18, 44
"""Cells of the column of names."""
COLUMN_LEAST = 17
"""Cells of a run's column, from which on others are scrolled away sideways."""
DEEP = 8
"""Levels that are indented; deeper ones stand below each other."""


class Shape(NamedTuple):
    """Which columns are in sight, and how wide everything is."""

    name: int
    column: int
    places: tuple[int, ...]
    """The runs in sight, the baseline always among them."""


class CompareTable(LineList):
    """Shows rows. The cursor belongs to a row's key, the column's to a run; only what is in sight is made."""

    class ColumnMoved(Message):
        """The cursor is in another column."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="keeps-cursor")
        self.rows: Sequence[Row] = ()
        self.context: Context | None = None
        self.column = 0
        """The run that the cursor is on."""
        self._places: dict[str, int] = {}
        self._first = 0

    def show(self, rows: Sequence[Row], context: Context) -> None:
        """Shows these rows instead; the cursor stays on its row, if it is still there."""

        def take() -> None:
            self.rows, self.context = rows, context
            self._places = {row.key: n for n, row in enumerate(rows)}
            self.column = min(self.column, max(len(context.runs) - 1, 0))

        self.lines_changed(take)

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def move_column(self, column: int) -> None:
        """Puts the cursor into another column, and brings that into sight."""
        count = len(self.context.runs) if self.context else 1
        self.column = max(0, min(column, count - 1))
        self.redraw()
        self.post_message(self.ColumnMoved())

    # What the list asks.

    def count(self) -> int:
        return len(self.rows)

    def key_at(self, index: int) -> Hashable:
        return self.rows[index].key

    def find_key(self, key: Hashable) -> int | None:
        return self._places.get(str(key))

    def shape(self, width: int) -> Shape:
        """What fits into so many cells, with the columns of the baseline and of the cursor in it."""
        count = len(self.context.runs) if self.context else 1
        base = self.context.base if self.context else 0
        name = max(NAME_LEAST, min(NAME_MOST, width * 28 // 100, width - count * COLUMN_LEAST))
        shown = max(1, min(count, (width - name) // COLUMN_LEAST))
        if shown == 1:
            return Shape(name, width - name, (self.column,) if count else ())
        others = [place for place in range(count) if place != base]
        if self.column != base:
            at = others.index(self.column)
            self._first = min(max(self._first, at - shown + 2), at)
        self._first = max(0, min(self._first, len(others) - shown + 1))
        places = sorted((base, *others[self._first : self._first + shown - 1]))
        return Shape(name, (width - name) // shown, tuple(places))

    def draw(self, index: int, width: int) -> Line:
        row, shape = self.rows[index], self.shape(width)
        if row.kind is None and not row.cell(0):
            return row.name
        kind = row.kind or "same"
        indent = "  " * min(row.depth, DEEP)
        line = fitted([(f"{SIGN[kind]} ", INK[kind]), (indent, "text"), *row.name], shape.name - 1)
        for place in shape.places:
            here = place == self.column and index == self.cursor
            line.append((f" {self.glyphs.cursor if here else ' '}", "accent"))
            line += fitted(narrowed(row.cell(place), shape.column - 2, self.glyphs), shape.column - 2)
        return line

    def head(self, width: int) -> Line:
        """The names of the columns, and how many are out of sight."""
        context, shape = self.context, self.shape(width)
        if context is None or not context.runs:
            return []
        shown, count = len(shape.places), len(context.runs)
        line = fitted([(f"  {shown} of {count} columns", "faint")] if shown < count else [], shape.name - 1)
        for place in shape.places:
            line.append(("  ", "text"))
            line += fitted(self._head(context, place, shape.column - 2), shape.column - 2)
        return line

    def _head(self, context: Context, place: int, width: int) -> Line:
        run, glyphs = context.runs[place], self.glyphs
        name = one_line(run.name, 60) or format.short_id(one_line(run.id, 40), glyphs)
        line: Line = [
            (f"{glyphs.status(run.status)} ", status_ink(run.status)),
            (name, "title" if place == self.column else "strong"),
            (" base" if place == context.base else "", "accent"),
        ]
        version = f" @{run.version}"
        differ = len({(one.workflow, one.version) for one in context.runs}) > 1
        fits = width_of(line) + len(version) <= width
        return [*line, (version, "muted")] if run.version is not None and differ and fits else line

    def watch_cursor(self, before: int, after: int) -> None:
        self._strips.clear()  # the column's mark stands in the cursor's line alone
        super().watch_cursor(before, after)

    def on_click(self, event: events.Click) -> None:
        place, shape = event.get_content_offset(self), self.shape(self.size.width)
        if place is not None and place.x >= shape.name:
            self.move_column(shape.places[min((place.x - shape.name) // shape.column, len(shape.places) - 1)])


def heads(context: Context, glyphs: Glyphs) -> list[str]:
    """What the runs are called, in one word each; safe."""
    return [one_line(run.name, 60) or format.short_id(one_line(run.id, 40), glyphs) for run in context.runs]
