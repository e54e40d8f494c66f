"""What goes wrong: told in a sentence, and where the program itself fails, in a report without secrets."""

import sys
import time
from collections.abc import Mapping
from types import MappingProxyType

from textual.css.query import NoMatches

from ...core.text import safe_text
from ..messages import Trouble
from .companions import Companions

AGAIN = 5.0
"""Seconds in which the same trouble is not told twice."""


class Troubles(Companions):
    """Tells what went wrong."""

    _told: Mapping[str, float] = MappingProxyType({})
    """When what was told."""
    _report = ""

    def on_trouble(self, message: Trouble) -> None:
        self.typed.opened()
        text = safe_text(str(message.error), limit=600)
        now = time.monotonic()
        self._told = {one: when for one, when in self._told.items() if now - when < AGAIN}
        if text not in self._told:  # a server that goes is told in two ways, by all that just read from it
            self._told = {**self._told, text: now}
            self.notify(text, severity="error", timeout=8, markup=False)

    def _handle_exception(self, error: Exception) -> None:
        # While the program ends, Textual mounts nothing in a screen that is being opened: it misses its own widgets.
        if not (self._exit and isinstance(error, NoMatches)):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Textual's own report shows local variables, and with them whatever secrets they hold.
        from .crash_report import of_now

        self._report = self._report or of_now()  # what goes wrong after it is its consequence
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        super()._print_error_renderables()
        if self._report:
            from .crash_report import farewell

            sys.stderr.write(farewell(self._report))
