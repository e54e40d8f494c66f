"""Upkeep that is another's: what a subclass does not do otherwise, that one does."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from ...core.copies import Original
from ...core.errors import StorageError
from ...core.forking import undivided
from ...core.operations import Chosen, Compacted, Done, Operation, Order, Trashed
from ...core.pages import Page
from ...core.repositories import UpkeepRepository
from ...core.repositories.upkeep import WEEK_S
from ...core.space import Sorting, Space
from ...core.upkeep import Dropped, Finding, Removal

if TYPE_CHECKING:
    from ..operations.record import Record


class ForwardedUpkeep(UpkeepRepository):
    """Asks `first` for everything."""

    def __init__(self, first: Callable[[], UpkeepRepository]) -> None:
        self._first = first

    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        return self._first().check(stop=stop)

    def repair(self, finding: Finding) -> str:
        return self._first().repair(finding)

    def sizes(self) -> dict[str, int]:
        return self._first().sizes()

    def space(
        self, path: Sequence[str] = (), *, sort: Sorting = "size", limit: int = 1000, after: str | None = None
    ) -> Space:
        return self._first().space(path, sort=sort, limit=limit, after=after)

    def drop_states(
        self, run: str, keep: Collection[str], *, by: str = "", rule: str = "", dry: bool = False
    ) -> Dropped:
        return self._first().drop_states(run, keep, by=by, rule=rule, dry=dry)

    def ready(self) -> None:
        self._first().ready()

    def archive(self, order: Order, chosen: Sequence[Chosen], originals: Sequence[Original] = ()) -> Iterator[Done]:
        return self._first().archive(order, chosen, originals)

    def restore(self, order: Order, runs: Sequence[str]) -> Iterator[Done]:
        return self._first().restore(order, runs)

    def trash(self, order: Order, chosen: Sequence[Chosen]) -> Iterator[Done]:
        return self._first().trash(order, chosen)

    def undo(self, order: Order, operation: str) -> Iterator[Done]:
        return self._first().undo(order, operation)

    def purge(self, order: Order, *, before: str | None = None, runs: Collection[str] | None = None) -> Iterator[Done]:
        return self._first().purge(order, before=before, runs=runs)

    def trashed(self, *, limit: int = 100, after: str | None = None) -> Page[Trashed]:
        return self._first().trashed(limit=limit, after=after)

    def operations(self, *, limit: int = 100, after: str | None = None) -> Page[Operation]:
        return self._first().operations(limit=limit, after=after)

    def operation(self, id: str) -> Operation:
        return self._first().operation(id)

    def verify_archive(self, run: str) -> Finding | None:
        return self._first().verify_archive(run)

    def applied_policy(self) -> str:
        return self._first().applied_policy()

    def note_policy(self, order: Order, digest: str) -> None:
        self._first().note_policy(order, digest)

    def compact(self, order: Order | None = None) -> Compacted:
        return self._first().compact(order)

    def removals(self, run: str | None = None, *, within_s: float = WEEK_S) -> list[Removal]:
        return self._first().removals(run, within_s=within_s)


class LazyUpkeep(ForwardedUpkeep):
    """What was done is told by the record; what does and checks is put together when it is asked first, for most who
    read a store never do, and it is made of forty modules, which take 1.4 MB of memory. Thread-safe.
    """

    def __init__(self, record: "Record", open: Callable[[], UpkeepRepository]) -> None:
        super().__init__(self.real)
        self._record, self._open = record, open
        self._opened: UpkeepRepository | None = None
        self._lock = threading.Lock()

    def real(self) -> UpkeepRepository:
        """The one that is asked."""
        with undivided(), self._lock:
            self._opened = self._opened or self._open()
            return self._opened

    def settled(self) -> "LazyUpkeep":
        """Itself; put together at once where an operation may have been cut off, for that settles it."""
        try:
            cut = self._record.may_be_cut()
        except StorageError:
            cut = True  # who settles it tells why that cannot be
        if cut:
            self.real()
        return self

    def operations(self, *, limit: int = 100, after: str | None = None) -> Page[Operation]:
        return self._record.operations(limit, after)

    def operation(self, id: str) -> Operation:
        return self._record.operation(id)

    def applied_policy(self) -> str:
        return self._record.applied_policy()
