"""A pane of lines that somebody else makes for the room there is."""

from textual.strip import Strip
from textual.widget import Widget

from ..lines import Line
from .strips import strip_of


class LinePane(Widget):
    """Draws lines, a cell from the edge; what lies below the last is empty."""

    DEFAULT_CSS = "LinePane { height: 9; }"

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
