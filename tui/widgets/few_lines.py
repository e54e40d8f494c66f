"""A few lines that take the height they need: what was found, in words."""

from collections.abc import Callable, Sequence

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from ..lines import Line
from .line_list import strip_of


class FewLines(Widget):
    """Draws what `make` gives for its width, as high as that is."""

    DEFAULT_CSS = "FewLines { height: auto; }"

    def __init__(self, make: Callable[[int], Sequence[Line]], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._make = make

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._make(width))

    def render_line(self, y: int) -> Strip:
        lines = self._make(self.size.width)
        return strip_of(self, lines[y] if y < len(lines) else [], self.size.width)
