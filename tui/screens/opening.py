"""The first frame: painted before anything is imported that the first frame does not need."""

import asyncio

from textual.app import ComposeResult
from textual.screen import Screen

from ..lines import Line, one_line
from ..widgets.line_list import OneLine


class Opening(Screen[None]):
    """The header's first words, until the run list is there."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._called = name
        self.opening = asyncio.Event()
        """Set when the run list is there: keys wait for that."""

    def compose(self) -> ComposeResult:
        yield OneLine(self._say)

    def _say(self, width: int) -> Line:
        return [(" flightlog", "title"), (f"  {one_line(self._called, 60)}", "text")]
