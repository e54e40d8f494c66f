"""The frame's top line of a place: the places at the left, which may be clicked on, what is in force at the right."""

from collections.abc import Callable
from dataclasses import dataclass

from textual import events
from textual.message import Message

from ..lines import Line
from ..places import place_at, strip
from .frame import FrameLine

EDGE = 2
"""Cells of the frame before the first place."""


class PlaceLine(FrameLine):
    """Shows where the person is, and what else there is."""

    @dataclass
    class Picked(Message):
        """The person clicked on a place."""

        place: str

    def __init__(self, place: str, right: Callable[[], Line], *, id: str | None = None) -> None:
        super().__init__("top", lambda width: (strip(place), right()), id=id)
        self._place = place

    def on_click(self, event: events.Click) -> None:
        place = place_at(event.x - EDGE) if event.x >= EDGE else None
        if place and place != self._place:
            self.post_message(self.Picked(place))
