"""The line that a query is typed in."""

from dataclasses import dataclass

from textual.binding import Binding
from textual.message import Message
from textual.suggester import SuggestionReady
from textual.widgets import Input


class QueryInput(Input):
    """The line that is typed in; tab asks for completion instead of leaving it."""

    BINDINGS = [
        Binding("tab", "complete(1)", show=False),
        Binding("shift+tab", "complete(-1)", show=False),
        Binding("up", "recall(1)", show=False),
        Binding("down", "recall(-1)", show=False),
    ]

    @dataclass
    class Completing(Message):
        """The person wants the piece before the cursor completed, by the next or the one before."""

        step: int

    @dataclass
    class Recalling(Message):
        """The person wants an older (1) or newer (-1) query."""

        step: int

    def action_complete(self, step: int) -> None:
        self.post_message(self.Completing(step))

    def action_recall(self, step: int) -> None:
        self.post_message(self.Recalling(step))

    def suggest(self, text: str) -> None:
        """Shows how what is typed may go on; the right arrow takes it."""
        self.post_message(SuggestionReady(self.value, text))
