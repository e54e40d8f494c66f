"""The header of a store, on whatever screen: what the program knows of it, in one line that leads to each of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from ..costs.budget_lines import warning
from ..costs.standings import of_the_day, standings_of
from ..glyphs import glyphs_of
from ..live.pulse import rate_of
from ..operations.operations import busy_line
from .header import Facts, Subject, header_line, subject_at
from .line_list import OneLine

if TYPE_CHECKING:
    from textual import events
    from textual.dom import DOMNode

    from ...core.feed import Watch
    from ...core.runs import Totals
    from ...core.store import Store
    from ..lines import Line


class StoreHeader(OneLine):
    """The first line of a place."""

    @dataclass
    class Picked(Message):
        """The person clicked on what is about this."""

        about: Subject

    def __init__(self, facts: Callable[[], Facts]) -> None:
        super().__init__(self._line, id="header")
        self._facts = facts
        self._seen: Facts | None = None
        """What it told when it was drawn: that is what is clicked on."""

    def _line(self, width: int) -> Line:
        self._seen = self._facts()
        return header_line(self._seen, width, glyphs_of(self))

    def on_click(self, event: events.Click) -> None:
        if self._seen and (about := subject_at(self._seen, self.size.width, glyphs_of(self), event.x)):
            self.post_message(self.Picked(about))


def store_facts(
    node: DOMNode,
    *,
    name: str,
    store: Store | None,
    watching: Watch | None,
    totals: Totals | None,
    quiet: float | None,
    waiting: Line | None = None,
) -> Facts:
    """What a header tells; `quiet` in seconds since the newest change, `waiting` where nothing else is done."""
    return Facts(
        name=name,
        totals=totals,
        mode=watching.mode if watching is not None else "",
        quiet=quiet,
        problem=watching.problem if watching is not None else "",
        read_only=store is not None and store.read_only,
        busy=busy_line(node) or waiting or [],
        budget=warning(standings_of(node), glyphs_of(node)),
        day=of_the_day(standings_of(node)),
        rate=rate_of(node),
    )
