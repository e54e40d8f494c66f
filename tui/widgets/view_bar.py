"""The saved views above the run list: the one that is shown stands out, a click shows another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from textual import events
from textual.message import Message

from ..lines import Line
from ..personal.settings import View
from ..runs.saved_views import Tab, tabs_of
from .line_list import OneLine


class ViewBar(OneLine):
    """Takes no room as long as there is no view."""

    @dataclass
    class Picked(Message):
        """The person clicked on a view; empty: on none of them."""

        name: str

    def __init__(self, views: Callable[[], Mapping[str, View]], shown: Callable[[], str | None]) -> None:
        super().__init__(self._line, id="views")
        self._views, self._shown = views, shown
        self._tabs: list[Tab] = []
        self._drawn: object = None

    def on_mount(self) -> None:
        self.update()

    def update(self) -> None:
        """Draws it again if it would look different."""
        now = (tuple(self._views()), self._shown())
        if now != self._drawn:
            self._drawn = now
            self.display = bool(now[0])
            self.refresh()

    def _line(self, width: int) -> Line:
        line, self._tabs = tabs_of(self._views(), self._shown(), width)
        return line

    def on_click(self, event: events.Click) -> None:
        for tab in self._tabs:
            if tab.start <= event.x < tab.end:
                self.post_message(self.Picked(tab.name))
