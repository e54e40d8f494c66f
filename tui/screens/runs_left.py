"""The run list as it was left, and as it is found again: at the next start, in a saved view, on the way back."""

from __future__ import annotations

from typing import Any

from ..personal.leaving import text_of
from ..query.typed import typed
from ..runs import leaving
from ..widgets.filter_bar import FilterBar
from .view_actions import ViewActions


class RunsLeft(ViewActions):
    """What is kept of a run list, and how it is taken up."""

    _return_to = ""
    """Run that the cursor goes to as soon as it is there."""

    def begin_at(self, run: str) -> None:
        """The cursor goes to this run, if it is on the first page that is read."""
        self._return_to = run

    def left(self) -> dict[str, Any]:
        """The list and the preview."""
        return leaving.left(self.run_list) | {"preview": self.shows_preview}

    def take_up(self, kept: dict[str, Any]) -> None:
        """Is as it was left; the cursor goes to its run if that is on the first page."""
        leaving.take_up(self.run_list, kept, typed(self, text_of(kept.get("query"))))
        self.shows_preview = kept.get("preview") is not False
        self._return_to = text_of(kept.get("run"))

    def show_taken(self) -> None:
        """Shows what it has taken up while it was on screen already."""
        self.query_one(FilterBar).begin(self.run_list.query.text)
        self.table.focus()
        self.list_set()

    def _return(self) -> None:
        """Puts the cursor where it was left, once, if the person has not moved it."""
        run, self._return_to = self._return_to, ""
        line = self.run_list.line_of(run) if run and not self.run_list.cursor_line else None
        if line is not None:
            self.table.move_to(line)
