"""What is done when text that leads somewhere is clicked on."""

from copy import copy

from textual import events
from textual.message import Message
from textual.widget import Widget

from ..keys import row
from ..lines import Line, lead_at
from ..program.commands import run_key
from .line_list import OneLine


def follow(widget: Widget, line: Line, cell: int) -> None:
    """Goes where what stands at a cell of a widget's line leads, if anywhere."""
    to = lead_at(line, cell)
    if isinstance(to, Message):
        widget.post_message(copy(to))  # the line may be clicked on again
    elif isinstance(to, str):
        # By the app, in its turn: it may lead away from the screen, which does not go while a widget of it is at work.
        widget.app.call_later(run_key, widget.app, row(to))


class LeadingLine(OneLine):
    """A line some parts of which lead somewhere."""

    _seen: Line = []
    """As it stands there: that is what is clicked on."""

    def line(self, width: int) -> Line:
        self._seen = super().line(width)
        return self._seen

    def on_click(self, event: events.Click) -> None:
        follow(self, self._seen, event.x)
