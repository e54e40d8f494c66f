"""The filter: one line to type a query in, how many runs it shows, and a line of help below."""

from collections.abc import Callable
from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from ...core.query.query import Query, parse
from ..completion import common, unfinished
from ..lines import Line, between, one_line
from ..personal.person import person_of
from .line_list import OneLine

PAUSE = 0.12
"""Seconds without a key after which what was typed is searched."""

EXAMPLES = ("status:failed", "since:2d", "workflow:triage", "cost>0.5", "-tag:nightly")


def help_line(width: int) -> Line:
    """What may be typed, and which keys end it; the keys stay when it gets narrow."""
    keys: Line = [("tab", "accent"), (" completes  ", "muted"), ("enter", "accent"), (" keeps  ", "muted")]
    keys += [("esc", "accent"), (" clears ", "muted")]
    examples = " ".join(EXAMPLES if width >= 110 else EXAMPLES[:2])
    return between([("   words or ", "muted"), (examples, "text")], keys, width)


class QueryInput(Input):
    """The line that is typed in; tab asks for completion instead of leaving it."""

    BINDINGS = [
        Binding("tab", "complete", show=False),
        Binding("down", "leave", show=False),
    ]

    class Completing(Message):
        """The person wants the piece before the cursor completed."""

    class Leaving(Message):
        """The person goes down into the list."""

    def action_complete(self) -> None:
        self.post_message(self.Completing())

    def action_leave(self) -> None:
        self.post_message(self.Leaving())


class FilterBar(Vertical):
    """Sends the query when typing pauses. Knows no store: completions are brought to it."""

    DEFAULT_CSS = """
    FilterBar { height: auto; display: none; }
    FilterBar.open { display: block; }
    FilterBar Horizontal { height: 1; }
    FilterBar #slash { width: 3; }
    FilterBar #count { width: 24; }
    FilterBar QueryInput { width: 1fr; border: none; height: 1; padding: 0; background: transparent; }
    FilterBar QueryInput:focus { border: none; }
    """

    @dataclass
    class Changed(Message):
        """Another query is to be shown."""

        query: Query

    class Left(Message):
        """The person goes back to the list."""

    @dataclass
    class Completing(Message):
        """The person wants the piece before the cursor completed."""

        text: str
        cursor: int

    def __init__(self, count: Callable[[int], Line]) -> None:
        """`count` draws how many runs are shown."""
        super().__init__()
        self._count = count
        self._timer: Timer | None = None
        self._sent = ""
        self._offered: list[str] = []
        self._completed = ""
        self._query = parse("")

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield OneLine(lambda width: [(" / ", "title")], id="slash")
            yield QueryInput(placeholder="filter", select_on_focus=False, compact=True)
            yield OneLine(self._count, id="count")
        yield OneLine(self._hint, id="hint")

    @property
    def input(self) -> QueryInput:
        """The line that is typed in."""
        return self.query_one(QueryInput)

    @property
    def wanted(self) -> Query:
        """What is to be shown; the list may still be on its way there."""
        return self._query

    def begin(self, text: str) -> None:
        """Shows a query that is in force from the beginning, until it is changed; it may quote what agents wrote."""
        self._query = parse(text)
        self.input.value = self._sent = one_line(text.strip(), 2000)
        self.query_one("#hint").display = False
        self.set_class(bool(self._sent), "open")

    def open(self) -> None:
        """Shows the bar and puts the person into it."""
        self.add_class("open")
        self.query_one("#hint").display = True
        self.input.focus()

    def close(self, *, clear: bool) -> None:
        """Goes back to the list; an empty bar is hidden."""
        if clear:
            self.input.value = ""
        else:
            person_of(self).typed(self.input.value.strip())
        self._send()
        self.query_one("#hint").display = False
        self.set_class(bool(self.input.value), "open")
        # At once, so that the next key already is for the list.
        self.screen.set_focus(None)
        self.post_message(self.Left())

    def counted(self) -> None:
        """How many runs are shown has changed."""
        self.query_one("#count").refresh()

    def _hint(self, width: int) -> Line:
        line: Line = [("   ", "text")]
        if self._offered:
            return [*line, *((one_line(word, 40) + "  ", "accent") for word in self._offered)]
        if self._query.message:
            return [*line, (one_line(self._query.message, 300), "warn")]
        return help_line(width)

    @on(Input.Changed)
    def _typed(self) -> None:
        if self.input.value != self._completed:
            self._offered = []
            self.query_one("#hint").refresh()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, self._send)

    def _send(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        text = self.input.value.strip()
        if text != self._sent:
            self._sent, self._query = text, parse(text)
            self.query_one("#hint").refresh()
            self.post_message(self.Changed(self._query))

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.close(clear=False)

    @on(QueryInput.Leaving)
    def _keep(self) -> None:
        self.close(clear=False)

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.close(clear=True)

    @on(QueryInput.Completing)
    def _complete(self) -> None:
        self.post_message(self.Completing(self.input.value, self.input.cursor_position))

    def complete(self, asked: "FilterBar.Completing", found: list[str]) -> None:
        """Puts in what all completions share; shows them if there are several. Ignored if typing went on."""
        field = self.input
        if (field.value, field.cursor_position) != (asked.text, asked.cursor):
            return
        piece = unfinished(asked.text, asked.cursor)
        shared = common(found)
        if len(shared) > len(piece.prefix) or len(found) == 1:
            done = len(found) == 1 and not shared.endswith((":", "=", "<", ">", "."))
            field.value = (
                asked.text[: piece.start] + shared + (" " if done else "") + asked.text[asked.cursor :].lstrip()
            )
            field.cursor_position = piece.start + len(shared) + done
        self._completed = field.value
        self._offered = found[:30] if len(found) > 1 else []
        self.query_one("#hint").refresh()
