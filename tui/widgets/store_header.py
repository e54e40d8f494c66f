"""The header of a store, on whatever screen: what the program knows of it, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..costs.budget_lines import warning
from ..costs.standings import of_the_day, standings_of
from ..glyphs import glyphs_of
from ..live.pulse import rate_of
from ..operations.operations import busy_line
from .header import Facts, header_line

if TYPE_CHECKING:
    from textual.dom import DOMNode

    from ...core.feed import Watch
    from ...core.runs import Totals
    from ...core.store import Store
    from ..lines import Line


def store_header(
    node: DOMNode,
    width: int,
    *,
    name: str,
    store: Store | None,
    watching: Watch | None,
    totals: Totals | None,
    quiet: float | None,
    waiting: Line | None = None,
) -> Line:
    """The header in `width` cells; `quiet` in seconds since the newest change, `waiting` where nothing else is done."""
    facts = Facts(
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
    return header_line(facts, width, glyphs_of(node))
