"""The list of place 4, and the preview of what is under its cursor."""

from collections.abc import Hashable

from textual.strip import Strip
from textual.widget import Widget

from ...core.space import Node
from ..glyphs import glyphs_of
from ..lines import Line
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
        self.marked: dict[Hashable, Node] = {}
        self._left: dict[Names, Hashable] = {}
        self._last: Hashable = None

    def show(self, page: SpacePage) -> None:
        """Shows this page instead."""
        before, current = self.page, self.current
        if before is None or names(before) == names(page):
            self.lines_changed(lambda: self._take(page))
            return
        if current is not None:
            self._left[names(before)] = key_of(current)
        self.marked = {}
        self.lines_changed(lambda: self._take(page))
        self.move_to(page.places.get(self._left.get(names(page)), 0), center=True)

    def _take(self, page: SpacePage) -> None:
        self.page = page
        self.marked = {key: page.nodes[page.places[key]] for key in self.marked if key in page.places}

    def leave_at(self, place: Names, node: tuple[str, str]) -> None:
        """When that place is shown next, the cursor stands there."""
        self._left[place] = node

    @property
    def current(self) -> Node | None:
        """What is under the cursor."""
        nodes = self.page.nodes if self.page else []
        return nodes[self.cursor] if self.cursor < len(nodes) else None

    def mark(self, marked: bool | None = None) -> None:
        """Marks or unmarks what is under the cursor, if anything can be done with it."""
        node = self.current
        if node is None or not can_be_marked(node):
            return
        key = self._last = key_of(node)
        if marked is None:
            marked = key not in self.marked
        if marked:
            self.marked[key] = node
        else:
            self.marked.pop(key, None)
        self.redraw()

    def mark_range(self) -> bool:
        """Marks all between what was marked last and the cursor; False if nothing was."""
        start = self.page.places.get(self._last) if self.page is not None else None
        if self.page is None or start is None:
            return False
        low, high = sorted((start, self.cursor))
        self.marked |= {key_of(node): node for node in self.page.nodes[low : high + 1] if can_be_marked(node)}
        self.redraw()
        return True

    def mark_all(self) -> None:
        """Marks all that is shown, or nothing."""
        nodes = self.page.nodes if self.page and not self.marked else []
        self.marked = {key_of(node): node for node in nodes if can_be_marked(node)}
        self.redraw()

    def unmark(self) -> None:
        """Takes all marks off."""
        self.marked = {}
        self.redraw()

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
        marked = key_of(self.page.nodes[index]) in self.marked
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
