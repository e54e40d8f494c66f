"""One tab of a comparison on screen: what was read for it, and how a person looks at it."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.errors import FlightlogError
from ..lines import Line, one_line
from .pages import Page
from .reading import Found
from .rows import Context, Row, differences, differing, remark

TICKED = 1000
"""Rows up to which they are made on the event loop: every second, so that running times go on."""


class Tab:
    """Knows its rows for any moment once it was read."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.only = page.only
        """Whether it shows only what differs."""
        self.found: Found | None = None
        """What was read last."""
        self.fresh = False
        """Whether that is of the runs as they are."""
        self.count: int | None = None
        """How many rows differ, once that is known."""
        self.cursor = ""
        """Key of the row that the cursor was on."""

    def rows(self, context: Context, told: Line) -> tuple[Context, Sequence[Row]]:
        """The rows for this moment; very many as they were made when they were read, with the context of then.

        Before anything was read, what is `told` of the reading.
        """
        found = self.found
        if found is None:
            return context, [Row("reading", told, None)]
        if isinstance(found.joined, FlightlogError):
            return context, [remark("damaged", one_line(str(found.joined)), "bad")]
        if len(found.rows) < TICKED:
            rows: Sequence[Row] = self.page.rows(context, found.joined)
        else:
            context, rows = found.context, found.rows
        self.count = differences(rows)
        return context, rows

    def shown(self, rows: Sequence[Row], key: str) -> list[Row]:
        """Those that a person wants to see; `key` shows all."""
        if not self.only:
            return list(rows)
        nothing = [remark("alike", f"Nothing here differs; {key} shows all")] if self.count == 0 else []
        return [*differing(rows), *nothing]
