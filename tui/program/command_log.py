"""What was changed since the program began, as command lines that do the same: a clean-up made a cron job."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...core import clock
from ...core.query.query_nodes import terms

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from ..runs.annotating import Targets


MOST = 1000
"""Changes that are held."""


class Command(NamedTuple):
    """One change."""

    at: str
    line: str
    """Whole, as a shell takes it. It may hold what agents wrote: to be shown safely."""
    did: str
    """What came of it."""


class CommandLog:
    """The changes of one browser, the newest first. Belongs to the event loop."""

    def __init__(self, options: Sequence[str] = ()) -> None:
        """`options` say which store, for a command line that is run elsewhere."""
        self._options = tuple(options)
        self.commands: list[Command] = []

    def add(self, words: Sequence[str], did: str) -> None:
        """A change was made, as this verb with these words makes it; no word stands for what no verb can do."""
        if words:
            line = shlex.join(("flightlog", *self._options, *words))
            self.commands.insert(0, Command(clock.now(), line, did))
            del self.commands[MOST:]


def log_of(node: DOMNode) -> CommandLog:
    """The changes of the program that a widget or screen belongs to."""
    found = getattr(node.app, "commands", None)
    return found if isinstance(found, CommandLog) else CommandLog()


def on_runs(verb: str, targets: Targets) -> tuple[str, ...]:
    """The words that do with the same runs what a person did: their ids, or the query that found them."""
    if targets.query is None:
        return verb, *sorted(targets.ids), "--yes"
    asked = targets.query.lasting  # a view of the person's would be no line for another
    parts = [f"({asked})"] if asked.strip() else []
    if targets.ids:
        parts.append(f"-id:{'|'.join(sorted(targets.ids))}")
    if verb == "rm" and "archived" not in {term.key for term in terms(targets.query.root)}:
        parts.append("(archived | -archived)")  # else the verb would mean those alone that are not
    elif not parts:
        parts.append("-archived" if verb == "archive" else "archived")
    where = asked if len(parts) == 1 and not targets.ids and asked else " ".join(parts)
    return verb, "--where", where, "--yes"
