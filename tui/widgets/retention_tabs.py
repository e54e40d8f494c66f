"""The line of the frame with the tabs of place 5 in it."""

from collections.abc import Callable
from dataclasses import dataclass

from textual import events
from textual.message import Message

from ..lines import Line
from .frame import FrameLine

TABS = ("plan", "archive", "trash", "audit")
EDGE = 2
"""Cells of the frame before the first tab."""


class RetentionTabs(FrameLine):
    """All tabs, the one that is open standing out."""

    @dataclass
    class Picked(Message):
        """The person clicked on a tab."""

        name: str

    def __init__(self, current: Callable[[], str], right: Callable[[], Line], *, id: str | None = None) -> None:
        super().__init__("middle", lambda width: (_tabs(current()), right()), id=id)

    def on_click(self, event: events.Click) -> None:
        end = EDGE
        for name in TABS:
            start, end = end, end + len(name) + 2
            if start <= event.x < end:
                self.post_message(self.Picked(name))


def _tabs(current: str) -> Line:
    return [(f" {name} ", "title" if name == current else "text") for name in TABS]
