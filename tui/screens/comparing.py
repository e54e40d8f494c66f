"""From the run list into a comparison, or into a file: the marked runs, or the one under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from ...core.errors import StorageError
from ...core.pages import Sort
from ...core.query.query import equals
from ...core.runs import Run
from .. import format
from ..compare import LEAST, MOST
from ..glyphs import glyphs_of
from ..lines import one_line
from ..loading import ask_in_thread
from ..personal.person import key_for
from ..runs.run_list import RunList

if TYPE_CHECKING:
    from ...core.store import Store


class Comparing(Screen[None]):
    """The keys that compare and export, of a screen that shows a `run_list`."""

    run_list: RunList
    store: Store | None

    def action_compare(self) -> None:
        """Compares the marked runs; of one, or of the one under the cursor, with the run before it."""
        marks, current = self.run_list.marks, self.run_list.current
        count = self.run_list.marked
        if self.store is None:
            return
        if count > MOST or marks.all:
            self._say(f"{count:,} runs are marked: {self._how}")
        elif count >= LEAST:
            self._compare(tuple(marks.ids))
        elif count or isinstance(current, Run):
            self._with_the_one_before(next(iter(marks.ids)) if count else self.run_list.cursor)
        else:
            self._say(self._how)

    def when_comparable(self) -> bool:
        """Whether as many are marked as can be compared, or there are others beside the one under the cursor."""
        marks = self.run_list.marks
        count = self.run_list.marked
        one = count == 1 or isinstance(self.run_list.current, Run)
        return (LEAST <= count <= MOST and not marks.all) or (count < LEAST and one and self.run_list.lines > 1)

    def action_export(self, redact: bool = False) -> None:
        """Writes the run, or the two to five marked ones beside each other, into a page of HTML.

        `redact`: without what looks secret.
        """
        marks, current = self.run_list.marks, self.run_list.current
        count = self.run_list.marked
        if self.store is None:
            return
        if count > MOST or marks.all:
            self._say(f"{count:,} runs are marked, and at most {MOST} fit on one page")
        elif count or isinstance(current, Run):
            from .exporting import export_runs

            export_runs(self, self.store, sorted(marks.ids) if count else [self.run_list.cursor], redact=redact)

    def _with_the_one_before(self, id: str) -> None:
        store = self.store
        if store is None:
            return

        def found(before: Run | None) -> None:
            if before is None:
                name = format.short_id(one_line(id, 40), glyphs_of(self))
                self._say(f"{name} is the first run of its workflow: {self._how}")
            else:
                self._compare((before.id, id))

        ask_in_thread(self, lambda: before_it(store, id), found)

    def _compare(self, ids: tuple[str, ...]) -> None:
        from .compare import CompareScreen

        if self.store is not None:
            self.app.push_screen(CompareScreen(self.store, ids))

    @property
    def _how(self) -> str:
        return f"mark 2 to 5 runs with {key_for(self, 'runs.mark')}, then press {key_for(self, 'runs.compare')}"

    def _say(self, text: str) -> None:
        self.app.notify(text, markup=False)


def before_it(store: Store, id: str) -> Run | None:
    """The run of the same workflow that began before this one; None if there is none. Reads two runs."""
    run = store.runs.get(id)
    sort = Sort(field="started", descending=True)
    if run.started is None:
        raise StorageError("nobody knows when this run began", advice="mark a second one to compare it with")
    page = store.runs.query(equals("workflow", run.workflow), sort, limit=2, after=store.runs.cursor_at(id, sort))
    return next((one for one in page.items if one.id != id), None)
