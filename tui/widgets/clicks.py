"""Two clicks on a line of a list in which lines come, go and move meanwhile."""

from collections.abc import Hashable

from textual import events
from textual.app import App


class Clicks:
    """Two clicks mean the line that the first of them chose, whatever stands under the pointer by the second.

    Where the first was for somebody else, a question that it closed, the second is a first one.
    """

    def __init__(self) -> None:
        self._chosen: Hashable | None = None
        self._when = 0.0

    def chose(self, line: Hashable | None, event: events.Click) -> None:
        """The click put the cursor on this line."""
        self._chosen, self._when = line, event.time

    def is_second(self, line: Hashable | None, event: events.Click) -> bool:
        """Whether the click is the second on the line under the cursor."""
        quick = event.time - self._when <= App.CLICK_CHAIN_TIME_THRESHOLD
        return event.chain == 2 and quick and line is not None and line == self._chosen
