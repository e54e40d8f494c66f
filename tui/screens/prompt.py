"""Small questions over a screen: one line of text, or yes or no."""

from collections.abc import Callable
from typing import Any, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from ..lines import Line, wrapped
from ..widgets.line_list import OneLine


def beside(screen: ModalScreen[Any], event: events.Click) -> bool:
    """Whether a click is on none of what the screen shows, but on what lies below it."""
    return not screen.query_one(".dialog").region.contains(event.screen_x, event.screen_y)


class KeyWord(NamedTuple):
    """A key of a question, what it does in a word, and the action of the screen that does it."""

    key: str
    label: str
    action: str


class KeyWords(OneLine):
    """The keys that answer a question, which may be clicked on."""

    GAP = 3

    def __init__(self, *words: KeyWord) -> None:
        super().__init__(self._line)
        self._words = words

    def _line(self, width: int) -> Line:
        spans = (((f"{word.key} ", "accent"), (word.label + " " * self.GAP, "muted")) for word in self._words)
        return [span for both in spans for span in both]

    async def on_click(self, event: events.Click) -> None:
        end = 0
        for word in self._words:
            start, end = end, end + len(f"{word.key} {word.label}")
            if start <= event.x < end:
                await self.screen.run_action(word.action)
            end += self.GAP


class Prompt(ModalScreen[str | None]):
    """Asks for a line of text; None when the person steps out."""

    BINDINGS = [Binding("escape", "leave", show=False)]

    def __init__(
        self, title: str, hint: str = "", *, may_be_empty: bool = False, warning: Callable[[], str] = str
    ) -> None:
        """`title` is safe to show, and so is the `warning`, asked for whenever a run changes; empty is none. An empty
        line is the same as to step out, unless it `may_be_empty`."""
        super().__init__()
        self._title, self._hint, self._may_be_empty, self._warning = title, hint, may_be_empty, warning

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield OneLine(lambda width: [(self._title, "title")])
            yield OneLine(lambda width: [(self._warning(), "warn")], id="prompt-warning")
            yield Input(placeholder=self._hint, compact=True)
            yield KeyWords(KeyWord("enter", "does it", "submit"), KeyWord("esc", "leaves", "leave"))

    def on_mount(self) -> None:
        self.on_pulsed()

    def on_pulsed(self) -> None:
        line = self.query_one("#prompt-warning")
        line.display = bool(self._warning())
        line.refresh()

    @on(Input.Submitted)
    def _done(self, message: Input.Submitted) -> None:
        text = message.value.strip()
        self.dismiss(text if text or self._may_be_empty else None)

    async def action_submit(self) -> None:
        await self.query_one(Input).action_submit()

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
            yield KeyWords(KeyWord("y", "yes", "answer(True)"), KeyWord("n", "no", "answer(False)"))

    def on_click(self, event: events.Click) -> None:
        if beside(self, event):
            self.dismiss(False)

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
