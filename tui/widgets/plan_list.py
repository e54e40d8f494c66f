"""What a policy does to every run, and what that comes to."""

from collections.abc import Callable, Hashable, Sequence

from textual.strip import Strip
from textual.widget import Widget

from ...core.retention.plan import Decision
from ..lines import Line
from ..retention.plan_page import PlanPage
from .empty import in_the_middle
from .line_list import LineList
from .strips import strip_of

SCROLL_BAR = 1
"""The cell that is left to it at the right."""


class PlanList(LineList):
    """A run a line; the cursor belongs to the run."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="keeps-cursor")
        self.page: PlanPage | None = None
        self._empty: Sequence[Line] = []

    def show(self, page: PlanPage) -> None:
        """Shows this page instead."""
        self.lines_changed(lambda: self._take(page))

    def _take(self, page: PlanPage) -> None:
        self.page = page

    def show_empty(self, lines: Sequence[Line]) -> None:
        """Shows these lines where there is no run to be shown."""
        if lines != self._empty:
            self._empty = lines
            self.redraw()

    def render_line(self, y: int) -> Strip:
        if self.count():
            return super().render_line(y)
        return strip_of(self, in_the_middle(self._empty, y, self.size), self.size.width)

    @property
    def current(self) -> Decision | None:
        """The run under the cursor, and what happens to it."""
        lines = self.page.lines if self.page else ()
        return lines[self.cursor] if self.cursor < len(lines) else None

    def count(self) -> int:
        return len(self.page.lines) if self.page else 0

    def key_at(self, index: int) -> Hashable:
        assert self.page
        return self.page.lines[index].run.id

    def find_key(self, key: Hashable) -> int | None:
        assert self.page
        return self.page.places.get(str(key))

    def draw(self, index: int, width: int) -> Line:
        assert self.page
        return self.page.line(index, width - SCROLL_BAR)

    def head(self, width: int) -> Line:
        """The line of titles."""
        return self.page.head(width - SCROLL_BAR) if self.page else []


class Told(Widget):
    """A few lines that are as many as there is to tell, at most `most`."""

    DEFAULT_CSS = "Told { height: 1; }"

    def __init__(self, make: Callable[[int], Sequence[Line]], most: int, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._make, self._most = make, most
        self._lines: Sequence[Line] = ()

    def tell(self) -> None:
        """Makes the lines anew."""
        width = self.size.width
        self._lines = self._make(width)[: self._most] if width else ()
        self.styles.height = max(len(self._lines), 1)
        self.refresh()

    def on_resize(self) -> None:
        self.tell()

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else []
        return strip_of(self, line, self.size.width)
