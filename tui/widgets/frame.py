"""The lines of the frame: corners, a title at the left, what is in force at the right."""

from collections.abc import Callable
from typing import Literal

from textual import events
from textual.strip import Strip
from textual.widget import Widget

from ..glyphs import Glyphs, glyphs_of
from ..lines import Line, fitted, width_of
from ..operations.operations import busy_line
from .leads import follow
from .strips import strip_of

Edge = Literal["top", "middle", "bottom"]
Titles = Callable[[int], tuple[Line, Line]]
"""Left and right title for so many cells."""


def frame_line(edge: Edge, left: Line, right: Line, width: int, glyphs: Glyphs) -> Line:
    """A line of the frame; the right title gives way to the left one."""
    first, last = glyphs.corners[edge]
    room = width - 4
    left = fitted(left, min(width_of(left), room))
    if width_of(right) > width - 6 - width_of(left):
        right = []
    rule = glyphs.rule * (room - width_of(left) - width_of(right))
    return [(first + glyphs.rule, "faint"), *left, (rule, "faint"), *right, (glyphs.rule + last, "faint")]


class FrameLine(Widget):
    """One line of the frame, drawn anew when its titles differ; what leads somewhere in them may be clicked on."""

    DEFAULT_CSS = "FrameLine { height: 1; }"

    def __init__(self, edge: Edge, titles: Titles | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.edge = edge
        self._titles = titles
        self._shown: object = None
        self._line: Line = []
        """As it stands there: that is what is clicked on."""

    def update(self) -> None:
        """Draws it again if it would look different."""
        if self._titles is not None and self._titles(self.size.width) != self._shown:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        left, right = self._shown = self._titles(width) if self._titles else ([], [])
        if self.edge == "top" and (busy := busy_line(self)) and not self.screen.query("#header"):
            right = [(" ", "text"), *busy, (" ", "text")]
        self._line = frame_line(self.edge, left, right, width, glyphs_of(self))
        return strip_of(self, self._line, width)

    def on_click(self, event: events.Click) -> None:
        follow(self, self._line, event.x)
