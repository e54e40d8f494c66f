"""The board of live runs on screen, and the pane of the one under the cursor."""

from collections.abc import Hashable

from textual.strip import Strip
from textual.widget import Widget

from ..lines import Line
from ..live.board import Entry
from ..live.page import LivePage
from .line_list import LineList, strip_of

SCROLL_BAR = 1


class LiveList(LineList):
    """A line a run; the cursor stays on its run, wherever that moves."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="keeps-cursor")
        self.page: LivePage | None = None
        self._places: dict[str, int] = {}

    def show(self, page: LivePage) -> None:
        """Shows this page instead; where its runs stand as before, only what is in sight is drawn anew."""
        same = self.page is not None and [e.run.id for e in self.page.entries] == [e.run.id for e in page.entries]
        if same:
            self.page = page
            self.redraw()
        else:
            self.lines_changed(lambda: self._take(page))

    def _take(self, page: LivePage) -> None:
        self.page = page
        self._places = {entry.run.id: place for place, entry in enumerate(page.entries)}

    @property
    def current(self) -> Entry | None:
        """The run under the cursor."""
        entries = self.page.entries if self.page else ()
        return entries[self.cursor] if self.cursor < len(entries) else None

    def in_sight(self) -> list[Entry]:
        """The runs whose lines are on screen."""
        top = self.scroll_offset.y
        return list(self.page.entries[top : top + max(self.size.height, 1)]) if self.page else []

    def count(self) -> int:
        return len(self.page.entries) if self.page else 0

    def key_at(self, index: int) -> Hashable:
        assert self.page
        return self.page.entries[index].run.id

    def find_key(self, key: Hashable) -> int | None:
        return self._places.get(str(key))

    def draw(self, index: int, width: int) -> Line:
        assert self.page
        return self.page.line(index, width - SCROLL_BAR)

    def head(self, width: int) -> Line:
        """The line of titles."""
        return self.page.head(width - SCROLL_BAR) if self.page else []


class LivePane(Widget):
    """Lines that somebody else makes for the room there is."""

    DEFAULT_CSS = "LivePane { height: 9; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Line] = []

    def show(self, lines: list[Line]) -> None:
        """Shows these from now on; draws only if they differ."""
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else []
        return strip_of(self, [(" ", "text"), *line], self.size.width)
