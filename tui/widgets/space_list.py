"""The list of place 4, and the preview of what is under its cursor."""

from collections.abc import Hashable, Sequence

from textual.strip import Strip
from textual.widget import Widget

from ...core.space import Node
from ..glyphs import glyphs_of
from ..lines import Line
from ..runs.marks import Marks
from ..space.page import SpacePage, key_of
from ..space.preview import Previewed, preview_lines
from ..space.reading import Names
from .line_list import LineList
from .strips import strip_of

SCROLL_BAR = 1
"""The cell that is left to it at the right, so that it lies on no number."""
MARK = 2
"""Cells before the first column."""


class SpaceList(LineList):
    """What takes the room at one place; the cursor and the marks belong to nodes, at each place to some of its own."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="keeps-cursor")
        self.page: SpacePage | None = None
        self.marks: Marks[Hashable] = Marks()
        self._left: dict[Names, Hashable] = {}

    def show(self, page: SpacePage) -> None:
        """Shows this page instead."""
        before, current = self.page, self.current
        if before is None or names(before) == names(page):
            self.lines_changed(lambda: self._take(page))
            return
        if current is not None:
            self._left[names(before)] = key_of(current)
        self.marks.clear()
        self.lines_changed(lambda: self._take(page))
        self.move_to(page.places.get(self._left.get(names(page)), 0), center=True)

    def _take(self, page: SpacePage) -> None:
        self.page = page
        self.marks.forget(self.marks.ids - page.places.keys())

    def leave_at(self, place: Names, node: tuple[str, str]) -> None:
        """When that place is shown next, the cursor stands there."""
        self._left[place] = node

    @property
    def current(self) -> Node | None:
        """What is under the cursor."""
        nodes = self.page.nodes if self.page else []
        return nodes[self.cursor] if self.cursor < len(nodes) else None

    @property
    def marked(self) -> Sequence[Node]:
        """The nodes that are marked, in the order of the lines."""
        return [node for node in self.page.nodes if key_of(node) in self.marks] if self.page and self.marks.ids else []

    def markable(self) -> list[Hashable]:
        """The keys of all lines with which something can be done."""
        return [key_of(node) for node in self.page.nodes if can_be_marked(node)] if self.page else []

    def between(self, start: Hashable) -> list[Hashable]:
        """The keys of those between this one and the cursor, whichever comes first."""
        assert self.page
        low, high = sorted((self.page.places[start], self.cursor))
        return [key_of(node) for node in self.page.nodes[low : high + 1] if can_be_marked(node)]

    def count(self) -> int:
        return len(self.page.nodes) if self.page else 0

    def key_at(self, index: int) -> Hashable:
        assert self.page
        return (names(self.page), key_of(self.page.nodes[index]))

    def find_key(self, key: Hashable) -> int | None:
        assert self.page
        place, node = key if isinstance(key, tuple) else (None, None)
        return self.page.places.get(node) if place == names(self.page) else None

    def draw(self, index: int, width: int) -> Line:
        assert self.page
        marked = key_of(self.page.nodes[index]) in self.marks
        sign = (f"{self.glyphs.mark} " if marked else "  ", "accent")
        return [sign, *self.page.line(index, width - SCROLL_BAR - MARK)]

    def head(self, width: int) -> Line:
        """The line of titles."""
        return [(" " * MARK, "text"), *self.page.head(width - SCROLL_BAR - MARK)] if self.page else []

    def total(self, width: int) -> Line:
        """The line below all."""
        return [(" " * MARK, "text"), *self.page.total(width - SCROLL_BAR - MARK)] if self.page else []


def can_be_marked(node: Node) -> bool:
    """Whether it is runs, with which something can be done."""
    return node.kind in ("run", "workflow")


def names(page: SpacePage) -> Names:
    """The path of what a page is of."""
    return tuple(node.name for node in page.space.path[1:])


class SpacePreview(Widget):
    """Draws what was read of a node; knows no store."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.found: Previewed | None = None

    def show(self, found: Previewed | None) -> None:
        """Shows this from now on."""
        if found != self.found:
            self.found = found
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, height = self.size
        lines = preview_lines(self.found, width - 2, height, glyphs_of(self)) if self.found else []
        return strip_of(self, [(" ", "text"), *(lines[y] if y < len(lines) else [])], width)
