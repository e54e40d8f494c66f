"""The keys that archive, restore, delete and undo: the run under the cursor, or all that are marked.

What they do is read when one is pressed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...core.query.query import EVERYTHING, Query
from ...core.runs import Run
from ..operations.undoing import can_undo
from .annotations import Annotations

if TYPE_CHECKING:
    from ...core.choosing import Doing

_FEW = 100
"""So many marked runs are looked for with one question; for more of them the list itself is gone through."""


class RunOperations(Annotations):
    """The operations of a screen that shows a `run_list`."""

    def action_archive(self) -> None:
        self._ask_about("archive")

    def action_restore(self) -> None:
        self._ask_about("restore")

    def action_delete(self) -> None:
        self._ask_about("trash")

    def _ask_about(self, doing: Doing) -> None:
        from ...core.query.query_nodes import Term
        from ..runs.annotating import Targets
        from .run_operations import operate

        store = self.store
        if not self._target_count() or not self._writable() or store is None:
            return
        targets, query = self._targets(), self.run_list.query
        marked = bool(self.run_list.marked)

        def hidden() -> int:
            ids = targets.ids if marked and targets.query is None and query != EVERYTHING else frozenset()
            if len(ids) <= _FEW:
                among = Query(root=Term(key="id", sign="=", values=tuple(sorted(ids))))
                return len(ids) - store.runs.count(query & among) if ids else 0
            return len(ids) - len({run.id for run in Targets(frozenset(), query).runs(store)} & ids)

        operate(self, store, doing, targets, then=self.run_list.marks.clear, hidden=hidden)

    def when_archivable(self) -> bool:
        """Whether the marked runs may be archived, or the one under the cursor."""
        return self._may("archive")

    def when_deletable(self) -> bool:
        """Whether the marked runs may be deleted, or the one under the cursor."""
        return self._may("trash")

    def _may(self, doing: Doing) -> bool:
        from ...core.choosing import refusal

        run, marks = self.run_list.current, self.run_list.marked
        return marks > 0 or (isinstance(run, Run) and not refusal(run, doing))

    def when_undoable(self) -> bool:
        """Whether something can be taken back."""
        return self.store is not None and self.run_list.ready and can_undo(self, self.store)

    def action_undo(self) -> None:
        from .run_operations import undo

        undo(self, self.store)
