"""Small questions over a screen: one line of text, or yes or no."""

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from ..lines import Line, wrapped
from ..widgets.line_list import OneLine


class Prompt(ModalScreen[str | None]):
    """Asks for a line of text; None when the person steps out."""

    BINDINGS = [Binding("escape", "leave", show=False)]

    def __init__(self, title: str, hint: str = "", *, may_be_empty: bool = False) -> None:
        """`title` is safe to show. An empty line is the same as to step out, unless it `may_be_empty`."""
        super().__init__()
        self._title, self._hint, self._may_be_empty = title, hint, may_be_empty

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield OneLine(lambda width: [(self._title, "title")])
            yield Input(placeholder=self._hint, compact=True)
            yield OneLine(
                lambda width: [("enter ", "accent"), ("does it   ", "muted"), ("esc ", "accent"), ("leaves", "muted")]
            )

    @on(Input.Submitted)
    def _done(self, message: Input.Submitted) -> None:
        text = message.value.strip()
        self.dismiss(text if text or self._may_be_empty else None)

    def action_leave(self) -> None:
        self.dismiss(None)


class Confirm(ModalScreen[bool]):
    """Asks whether something shall be done."""

    BINDINGS = [Binding("y", "answer(True)", show=False), Binding("n,escape", "answer(False)", show=False)]

    def __init__(self, question: str, *more: str) -> None:
        """`question` and what `more` is to be known are safe to show."""
        super().__init__()
        self._question, self._more = question, more

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            for ink, text in (("strong", self._question), *(("text", text) for text in self._more)):
                for line in wrapped(text, 56):
                    yield OneLine(lambda width, line=line, ink=ink: [(line, ink)])  # type: ignore[misc]
            yield OneLine(lambda width: [])
            yield OneLine(self._keys)

    def _keys(self, width: int) -> Line:
        return [("y ", "accent"), ("yes   ", "muted"), ("n ", "accent"), ("no", "muted")]

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
