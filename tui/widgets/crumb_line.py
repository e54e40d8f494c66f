"""The frame's top line of a run or a version: the way that led there; a click on a part of it leads back."""

from collections.abc import Callable
from typing import NamedTuple

from textual import events
from textual.message import Message

from ..glyphs import Glyphs
from ..lines import Line, width_of
from ..places import title_of
from .frame import FrameLine
from .place_line import PlaceLine

EDGE = 2
"""Cells of the frame before the first part."""


class Crumb(NamedTuple):
    """A part of the way."""

    line: Line
    leads: Message | None = None
    """What is posted when it is clicked on."""


def way_to(place: str, glyphs: Glyphs) -> Crumb:
    """The place that a screen lies in, as the first part of the way; a click leads back to it."""
    return Crumb([(f" {title_of(place)} ", "muted"), (glyphs.into, "faint")], PlaceLine.Picked(place))


class CrumbLine(FrameLine):
    """The parts at the left, facts at the right."""

    def __init__(self, parts: Callable[[int], tuple[list[Crumb], Line]], *, id: str | None = None) -> None:
        super().__init__("top", self._joined, id=id)
        self._parts = parts

    def _joined(self, width: int) -> tuple[Line, Line]:
        crumbs, right = self._parts(width)
        return [span for crumb in crumbs for span in crumb.line], right

    def on_click(self, event: events.Click) -> None:
        end = EDGE
        for crumb in self._parts(self.size.width)[0]:
            start, end = end, end + width_of(crumb.line)
            if start <= event.x < end and crumb.leads is not None:
                self.post_message(crumb.leads)
