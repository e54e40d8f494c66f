"""The lines of the frame: corners, a title at the left, what is in force at the right."""

from collections.abc import Callable
from typing import Literal

from textual import events
from textual.strip import Strip
from textual.widget import Widget

from ...core.text import cells
from ..glyphs import Glyphs, glyphs_of
from ..lines import Line, fitted, width_of
from ..operations.operations import busy_line
from .strips import strip_of

Edge = Literal["top", "middle", "bottom"]
Titles = Callable[[int], tuple[Line, Line]]
"""Left and right title for so many cells."""


def frame_line(edge: Edge, left: Line, right: Line, width: int, glyphs: Glyphs) -> Line:
    """A line of the frame; the right title gives way to the left one."""
    first, last = glyphs.corners[edge]
    room = width - 4
    left = fitted(left, min(width_of(left), room))
    right = right_in(left, right, width)
    rule = glyphs.rule * (room - width_of(left) - width_of(right))
    return [(first + glyphs.rule, "faint"), *left, (rule, "faint"), *right, (glyphs.rule + last, "faint")]


def right_in(left: Line, right: Line, width: int) -> Line:
    """The right title; nothing where the left one leaves it no room."""
    return right if width_of(right) <= width - 6 - width_of(left) else []


class FrameLine(Widget):
    """One line of the frame, drawn anew when its titles differ."""

    DEFAULT_CSS = "FrameLine { height: 1; }"

    def __init__(self, edge: Edge, titles: Titles | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.edge = edge
        self._titles = titles
        self._shown: object = None

    def update(self) -> None:
        """Draws it again if it would look different."""
        if self._titles is not None and self._titles(self.size.width) != self._shown:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        left, right = self._shown = self._titles(width) if self._titles else ([], [])
        if self.edge == "top" and (busy := busy_line(self)) and not self.screen.query("#header"):
            right = [(" ", "text"), *busy, (" ", "text")]
        return strip_of(self, frame_line(self.edge, left, right, width, glyphs_of(self)), width)


class TurnLine(FrameLine):
    """A line of the frame in whose right title a key stands with what it would show: a click there does it too."""

    def __init__(self, edge: Edge, titles: Titles, action: str, *, id: str | None = None) -> None:
        """`action`: the screen's, which the key does."""
        super().__init__(edge, titles, id=id)
        self._both, self._action = titles, action

    async def on_click(self, event: events.Click) -> None:
        width = self.size.width
        right = right_in(*self._both(width), width)
        end = width - 2 - width_of(right)
        for text, ink in right:
            start, end = end, end + cells(text)
            if start <= event.x < end and ink in ("accent", "text") and text.strip():
                await self.screen.run_action(self._action)
