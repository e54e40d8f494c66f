"""The runs of a mirror, and what follows there when they are deleted in its store, come back, or go for good.

It has operations of its own, with a record and a trash like any data directory, so that a machine that dies in the
middle loses nothing. It needs no index: which runs go was decided in the store.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from ...core.errors import Conflict
from ...core.events import AnyEvent, RunFinished, RunStarted
from ...core.operations import Chosen, Done, Order, new_order
from ...core.runs import Run
from ..data_directory import Root
from ..ingest.refresh import Refresh
from ..journal.layout import Layout
from ..journal.reader import LongLine, Whole, decode_line, read_lines, read_lines_back
from ..operations.engine import Operations
from ..operations.on_files.record import FileRecord
from ..operations.on_files.shelf import FileShelf
from ..operations.reserve import Reserve, of_index
from ..sqlite.engine import open_database, set_aside


class SecondCopy:
    """The runs of a mirror; opened for one operation, and closed after it. Used by one thread."""

    def __init__(self, root: Path) -> None:
        self._layout = Layout(root)
        reserve = of_index(self._layout.index_db)
        shelf = CopyShelf(self._layout, reserve)
        self._operations = Operations(FileRecord(self._layout.audit, reserve), shelf, nullcontext)

    def trash(self, order: Order, runs: Sequence[str]) -> list[str]:
        """Moves them into the mirror's trash; returns why one could not be, a sentence each. StorageError, OSError."""
        there = [run for run in runs if self._layout.journal(run).exists()]
        return _left(self._operations.trash(order, [Chosen(run=run) for run in there])) if there else []

    def bring_back(self, order: Order, operation: str, runs: Sequence[str]) -> list[str]:
        """Takes a deletion back for these runs. What was not deleted here is carried by who feeds the mirror."""
        try:
            left = list(self._operations.undo(order, operation))
        except Conflict:
            return []
        others = [one.run for one in left if one.outcome == "done" and one.run not in runs]
        return [*_left(left), *(self.trash(new_order(by=order.by, why=order.why), others) if others else [])]

    def purge(self, order: Order, runs: Sequence[str]) -> list[str]:
        """Removes them for good, and the index that somebody may have made here."""
        left = _left(self._operations.purge(order, runs=runs))
        if self._layout.index_db.exists():
            set_aside(self._layout.index_db)
        return left


def _left(found: Iterable[Done]) -> list[str]:
    return [f"run {one.run}: {one.why}" for one in found if one.outcome != "done"]


class CopyShelf(FileShelf):
    """The runs of a mirror, known by their journals alone."""

    def __init__(self, layout: Layout, reserve: Reserve) -> None:
        nothing = open_database(None, truth=False)
        super().__init__(layout, nothing, Refresh(Root(layout.root), lambda: None), reserve)

    def known(self, run: str) -> Run | None:
        """A run by the first and the last event of its journal; one that has no end was lost."""
        path = self._layout.journal(run)
        try:
            first, last = next(_events(read_lines(path)), None), next(_events(read_lines_back(path)), None)
        except FileNotFoundError:
            return None
        if not isinstance(first, RunStarted) or last is None:
            return Run(id=run, workflow="?", status="lost")
        status = last.status if isinstance(last, RunFinished) else "lost"
        facts = {name: getattr(first, name) for name in ("workflow", "version", "name", "session", "project")}
        return Run(id=run, status=status, started=first.t, last_seq=last.seq, **facts)


def _events(lines: Iterable[tuple[int, bytes | LongLine]]) -> Iterator[AnyEvent]:
    for _, line in lines:
        yield from (part.event for part in decode_line(line) if isinstance(part, Whole))
