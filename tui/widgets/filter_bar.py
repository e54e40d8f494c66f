"""The filter: one line to type a query in, how many runs it shows, and a line of help below."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from ...core.query.query import EVERYTHING, Problem, Query
from ..lines import Line, one_line
from ..personal.person import person_of
from ..query.colours import QueryColours, caret_line
from ..query.completion import keys_begun, unfinished, without
from ..query.help import begun_line, help_line, offered_line
from ..query.history import History
from ..query.typed import typed
from .filter_completion import Completion
from .line_list import OneLine
from .query_input import QueryInput

if TYPE_CHECKING:
    from ...core.repositories import RunRepository

PAUSE = 0.12
"""Seconds without a key after which what was typed is searched."""
INDENT = 3
"""Cells before what is typed."""


class FilterBar(Completion):
    """Sends the query when typing pauses."""

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

    def __init__(self, count: Callable[[int], Line], runs: "Callable[[], RunRepository | None]") -> None:
        """`count` draws how many runs are shown; `runs` are those whose values are offered, once they are there."""
        super().__init__(runs)
        self._count = count
        self._due: asyncio.TimerHandle | None = None
        self._sent = ""
        self._history = History()
        self._query = EVERYTHING

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield OneLine(lambda width: [(" / ", "title")], id="slash")
            field = QueryInput(placeholder="filter", select_on_focus=False, compact=True)
            field.highlighter = QueryColours(field, self._problems_in)
            yield field
            yield OneLine(self._count, id="count")
        yield OneLine(self._hint, id="hint")

    def on_unmount(self) -> None:
        if self._due is not None:
            self._due.cancel()

    @property
    def wanted(self) -> Query:
        """What is to be shown; the list may still be on its way there."""
        return self._query

    def begin(self, text: str) -> None:
        """Shows a query that is in force from the beginning, until it is changed; it may quote what agents wrote."""
        self._query = typed(self, text)
        self.input.value = self._sent = one_line(text.strip(), 2000)
        self.input.cursor_position = len(self._sent)
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
        self._send(self.input.value)
        self.offer_nothing()
        self._history.leave()
        self.query_one("#hint").display = False
        self.set_class(bool(self.input.value), "open")
        # At once, so that the next key already is for the list.
        self.screen.set_focus(None)
        self.post_message(self.Left())

    def counted(self) -> None:
        """How many runs are shown has changed."""
        self.query("#count").refresh()  # there is none where the program is quit before all its parts are there

    # Drawing.

    def _hint(self, width: int) -> Line:
        line: Line = [(" " * INDENT, "text")]
        if self._offered:
            at = self._choosing.at if self._choosing is not None else -1
            return [*line, *offered_line(self._offered, at)]
        text, cursor = self.input.value, self.input.cursor_position
        if self.input.has_focus and (keys := keys_begun(text, cursor)):
            return [*line, *begun_line(unfinished(text, cursor).prefix, keys, width - INDENT)]
        for problem in self._problems_in(text):
            if not self._is_begun(problem):
                return [*line, *caret_line(text, problem, width - INDENT, self.input.scroll_offset[0])]
        return help_line(width)

    def _is_begun(self, problem: Problem) -> bool:
        """Whether it is about a value that the person is about to type, or that goes on to one there is."""
        field = self.input
        return problem.end == field.cursor_position and self._half_typed

    @property
    def _half_typed(self) -> bool:
        """Whether the value before the cursor is still to come, or goes on to one there is; or the word to a key."""
        field = self.input
        piece = unfinished(field.value, field.cursor_position)
        begun = bool(piece.key) and (not piece.prefix or self._goes_on == field.value)
        return field.has_focus and (begun or bool(keys_begun(field.value, field.cursor_position)))

    def _problems_in(self, text: str) -> Sequence[Problem]:
        """What is not understood of this text; of the word that is being typed, once typing pauses."""
        if text.strip() == self._query.text:
            return self._query.problems if text == self._query.text else typed(self, text).problems
        return [problem for problem in typed(self, text).problems if problem.end != self.input.cursor_position]

    # What the person types.

    @on(Input.Changed)
    def _typed(self) -> None:
        text = self.input.value
        if text != self._completed:
            self.offer_nothing()
            self._history.leave()
            self._ask()
        self._completed = text
        self.query_one("#hint").refresh()
        self._wait()

    def _wait(self) -> None:
        if self._due is not None:
            self._due.cancel()
        # Not by a timer of Textual's: a short one that is late on a busy machine never fires.
        self._due = asyncio.get_running_loop().call_later(PAUSE, self.call_later, self._paused)

    def _paused(self) -> None:
        """Nothing is hidden for a value that is only half there: until it is, the other terms filter."""
        field = self.input
        self._send(without(field.value, field.cursor_position) if self._half_typed else field.value)

    def _send(self, text: str) -> None:
        if self._due is not None:
            self._due.cancel()
        if (text := text.strip()) != self._sent:
            self._set(text)

    def _set(self, text: str) -> None:
        self._sent, self._query = one_line(text, 2000), typed(self, text)
        self.query_one("#hint").refresh()
        self.input.refresh()
        self.post_message(self.Changed(self._query))

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.close(clear=False)

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.close(clear=True)

    @on(QueryInput.Recalling)
    def _recall(self, message: QueryInput.Recalling) -> None:
        """Goes through what was typed before; down from what is being typed goes into the list."""
        text = self.input.value
        kept = person_of(self).remembered.filters
        found = self._history.older(text, kept) if message.step > 0 else self._history.newer(text)
        if found is not None:
            self.offer_nothing()
            self._write(found, len(found))
        elif message.step < 0:
            self.close(clear=False)
