"""Marks in the run list: one run, a range of any length, all; and what the marked runs come to together."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from textual.screen import Screen

from ...core.runs import Run
from ..hinting import hint
from ..loading import in_thread
from ..messages import Trouble
from ..personal.person import key_for
from ..runs.run_list import RunList
from ..widgets.frame import FrameLine
from ..widgets.run_table import RunTable
from ..widgets.selection import Selection

if TYPE_CHECKING:
    from ...core.errors import FlightlogError
    from ...core.store import Store


class Marking(Screen[None]):
    """The keys that mark, of a screen that shows a `run_list`."""

    store: Store | None
    run_list: RunList
    _marked_last = ""
    _ranging: asyncio.Event | None = None

    @property
    def table(self) -> RunTable:
        """The list on screen."""
        return self.query_one(RunTable)

    @property
    def ranging(self) -> asyncio.Event | None:
        """There while it is read what lies in a range: what is typed then is meant for the marks that come."""
        return self._ranging

    def show_marks(self) -> None:
        """The marks are others now."""
        self.table.sync()
        self.query_one("#list-top", FrameLine).update()
        self.query_one(Selection).request()

    def action_mark(self) -> None:
        self._mark(1)

    def action_mark_down(self) -> None:
        self._mark(1, True)

    def action_mark_up(self) -> None:
        self._mark(-1, True)

    def _mark(self, step: int, marked: bool | None = None) -> None:
        found = self.run_list
        self._marked_last = found.cursor
        if isinstance(found.current, Run):
            found.marks.put(found.cursor, found.cursor not in found.marks if marked is None else marked)
        self.table.move_to(found.cursor_line + step)
        self.query_one(Selection).request()

    def action_mark_all(self) -> None:
        marks = self.run_list.marks
        if marks.count(self.run_list.matching or 0):
            marks.clear()
        else:
            marks.everything()
        self.show_marks()

    def action_mark_range(self) -> None:
        """Marks all runs from the one that was marked last to the cursor."""
        found, last = self.run_list, self._marked_last
        if not last or last not in found.marks:
            self.app.notify("mark one first: all from there to the cursor are marked", markup=False)
        elif (ids := found.between(last)) is not None:
            found.marks.put_all(ids)
            self.show_marks()
        elif found.grouping:
            text = f"more than is in memory lies between: a filter and {key_for(self, 'runs.mark_all')} mark that"
            self.app.notify(text, severity="warning", markup=False)
        elif isinstance(found.current, Run) and self.store is not None:
            read = partial(self.store.runs.ids_between, found.query, found.sort, last, found.cursor)
            self._ranging = asyncio.Event()
            in_thread(self, read, self._ranged)
        else:
            hint(self, "the run under the cursor is still being read")

    def _ranged(self, found: list[str] | FlightlogError) -> None:
        if isinstance(found, list):
            self.run_list.marks.put_all(found)
            self.show_marks()
        else:
            self.post_message(Trouble(found))
        if self._ranging is not None:
            self._ranging.set()
            self._ranging = None
