"""How what is typed into a filter may go on: looked up in a thread, offered, and put in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical

from ..loading import in_thread
from ..query.completion import Choosing, Unfinished, candidates, common, is_begun, unfinished
from ..query.typed import views_of
from .query_input import QueryInput

if TYPE_CHECKING:
    from ...core.repositories import RunRepository


class Completion(Vertical):
    """Of the line that is typed in. Asks how it goes on never twice at once; what comes too late is dropped."""

    @dataclass
    class Completing:
        """The question how the piece before the cursor may go on."""

        text: str
        cursor: int
        step: int = 0
        """Which way the person went with tab; 0 where it is only to be offered."""

    def __init__(self, runs: "Callable[[], RunRepository | None]") -> None:
        super().__init__()
        self._runs = runs
        self._offered: Sequence[str] = ()
        self._choosing: Choosing | None = None
        self._completed = ""
        self._asking = self._ask_again = False
        self._goes_on = ""
        """A text that something there is begins with."""

    @property
    def input(self) -> QueryInput:
        """The line that is typed in."""
        return self.query_one(QueryInput)

    def offer_nothing(self) -> None:
        """What was offered was for another text."""
        self._offered, self._choosing = (), None

    def _wait(self) -> None:
        """It is known anew whether what is typed goes on: a subclass decides when it is complete."""

    def _write(self, text: str, cursor: int) -> None:
        """Puts a text in that the person did not type letter by letter."""
        self._completed = self.input.value = text
        self.input.cursor_position = cursor
        self.query_one("#hint").refresh()

    @on(QueryInput.Completing)
    def _complete(self, message: QueryInput.Completing) -> None:
        chosen = self._choosing
        if chosen is not None and self.input.value == self._completed:
            self._write(*chosen.step(message.step))
        else:
            self._look_up(self.Completing(self.input.value, self.input.cursor_position, message.step))

    def _ask(self) -> None:
        """Asks how what is typed may go on, never twice at once."""
        text, cursor = self.input.value, self.input.cursor_position
        piece = unfinished(text, cursor)
        if cursor < len(text) or not (piece.key or len(piece.prefix) > 1):
            return
        if self._asking:
            self._ask_again = True
        else:
            self._asking = True
            self._look_up(self.Completing(text, cursor))

    def _look_up(self, asked: Completing) -> None:
        piece = unfinished(asked.text, asked.cursor)
        in_thread(
            self,
            partial(candidates, piece, self._runs(), views_of(self)),
            lambda found: self.complete(asked, found if isinstance(found, list) else []),
        )

    def complete(self, asked: Completing, found: list[str]) -> None:
        """Offers these, or puts in what they share where the person asked for it. Ignored if typing went on."""
        again, field = self._ask_again and not asked.step, self.input
        if not asked.step:
            self._asking = self._ask_again = False
        if (field.value, field.cursor_position) != (asked.text, asked.cursor):
            if again:
                self._ask()
            return
        piece = unfinished(asked.text, asked.cursor)
        if asked.step:
            self._put_in(asked, piece, found)
        elif self._choosing is None:
            self._offered = found if piece.key and len(found) > 1 else ()
            self._goes_on = asked.text if is_begun(piece, found) else ""
            self._wait()
            if piece.prefix and found and found[0].startswith(piece.prefix) and field.has_focus:
                field.suggest(asked.text[: piece.start] + found[0])
        self.query_one("#hint").refresh()

    def _put_in(self, asked: Completing, piece: Unfinished, found: list[str]) -> None:
        """What all share; where that is nothing more, the first of them, and tab goes on to the next."""
        before, behind, shared = asked.text[: piece.start], asked.text[asked.cursor :].lstrip(), common(found)
        if piece.quoted:
            behind = behind.removeprefix('"')
        if len(found) == 1:
            begun = before + shared + ("" if shared.endswith((":", "=", "<", ">", ".")) else " ")
            self.offer_nothing()
            self._write(begun + behind, len(begun))
            self._ask()
        elif found:
            self._offered, self._choosing = found, Choosing(piece, before, behind, found)
            if len(shared) > len(piece.prefix) and not piece.quoted:
                self._write(before + shared + behind, len(before + shared))
            else:
                self._write(*self._choosing.step(asked.step))
