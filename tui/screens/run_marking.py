"""Marks in the run list: a range of any length, all that the filter shows; and what they come to together."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from textual import on

from ...core.runs import Run
from ..hinting import hint
from ..loading import in_thread
from ..messages import Trouble
from ..runs.marks import Marks
from ..runs.ranges import Ranged
from ..runs.run_list import RunList
from ..widgets.frame import FrameLine
from ..widgets.run_table import RunTable
from ..widgets.selection import Selection
from .marking import Marking

if TYPE_CHECKING:
    from ...core.errors import FlightlogError
    from ...core.store import Store


class RunMarking(Marking[str]):
    """The keys that mark, of a screen that shows a `run_list`."""

    store: Store | None
    run_list: RunList
    _ranging: asyncio.Event | None = None

    @property
    def table(self) -> RunTable:
        """The list on screen."""
        return self.query_one(RunTable)

    @property
    def ranging(self) -> asyncio.Event | None:
        """There while it is read what lies in a range: what is typed then is meant for the marks that come."""
        return self._ranging

    @property
    def marks(self) -> Marks[str]:
        return self.run_list.marks

    @property
    def marked(self) -> int:
        return self.run_list.marked

    @property
    def markable(self) -> str | None:
        return self.run_list.cursor if isinstance(self.run_list.current, Run) else None

    def step(self, lines: int) -> None:
        self.table.move_to(self.run_list.cursor_line + lines)

    def show_marks(self) -> None:
        self.table.sync()
        self.query_one("#list-top", FrameLine).update()
        self.query_one(Selection).request()

    def mark_everything(self) -> None:
        self.marks.everything()

    def mark_from(self, start: str) -> None:
        found = self.run_list
        if (ranged := found.between(start)) is not None:
            self._mark_ranged(ranged)
        elif self.store is not None and (asked := found.range_from(start)) is not None:
            self._ranging = asyncio.Event()
            in_thread(self, partial(asked.found, self.store), self._ranged)
        else:
            hint(self, "the run under the cursor is still being read")

    @on(RunTable.DrawnOver)
    def _drawn_over(self, message: RunTable.DrawnOver) -> None:
        self.marks.put(message.start, True)
        self.mark_from(message.start)

    def _mark_ranged(self, found: Ranged) -> None:
        self.mark_these(found.ids)
        if found.folded:
            passed = "a folded group is" if found.folded == 1 else f"{found.folded:,} folded groups are"
            hint(self, f"{passed} passed over: enter on one unfolds it, and its runs can be marked")

    def _ranged(self, found: Ranged | FlightlogError) -> None:
        if isinstance(found, Ranged):
            self._mark_ranged(found)
        else:
            self.post_message(Trouble(found))
        if self._ranging is not None:
            self._ranging.set()
            self._ranging = None
