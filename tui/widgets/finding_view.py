"""All that is known of the finding under the cursor, below the list of findings."""

from collections.abc import Callable

from textual.strip import Strip
from textual.widget import Widget

from ..lines import Line
from .strips import strip_of


class FindingView(Widget):
    """Draws lines that are made for its width; knows no store."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw: Callable[[int], list[Line]] | None = None
        self._made: tuple[int, list[Line]] | None = None

    def show(self, draw: Callable[[int], list[Line]] | None) -> None:
        """Draws this from now on; None: nothing."""
        self._draw, self._made = draw, None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self._made is None or self._made[0] != width:
            self._made = (width, self._draw(width - 2) if self._draw is not None else [])
        lines = self._made[1]
        return strip_of(self, [(" ", "text"), *(lines[y] if y < len(lines) else [])], width)
