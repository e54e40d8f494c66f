"""The lower part of the run list: the run under the cursor, in a few lines."""

from textual.strip import Strip
from textual.widget import Widget

from ...core import clock
from ..glyphs import glyphs_of
from ..lines import Line
from ..runs.preview import Previewed, preview_lines, title
from .line_list import strip_of


class Preview(Widget):
    """Draws what was read of a run; knows no store."""

    DEFAULT_CSS = "Preview { height: 9; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.found: Previewed | None = None
        self._lines: list[Line] = []

    def show(self, found: Previewed | None) -> None:
        """Shows this run from now on."""
        self.found = found
        self.redraw()

    def redraw(self) -> None:
        """Draws it for the present moment, if that looks different."""
        lines: list[Line] = []
        if self.found is not None:
            width, height = self.size
            # Beside the list no line of the frame tells of whom it is.
            head: list[Line] = [title(self.found.run, glyphs_of(self)), []] if self.screen.has_class("-huge") else []
            room = height - len(head)
            lines = [*head, *preview_lines(self.found, width - 2, room, clock.now_s(), glyphs_of(self))]
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def on_resize(self) -> None:
        self.redraw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        line = self._lines[y] if y < len(self._lines) else []
        return strip_of(self, [(" ", "text"), *line], self.size.width)
