"""Looking after a store: what is wrong in it, what takes how much room, and what may go."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType

import msgspec

from ...core.copies import Original
from ...core.errors import NotSupported, StorageError
from ...core.operations import Chosen, Compacted, Done, Operation, Order, Trashed
from ...core.pages import Page
from ...core.progress import Progress, go_on, told, unstopped
from ...core.repositories import UpkeepRepository
from ...core.space import Sorting, Space
from ...core.upkeep import Dropped, Finding
from ..checks.check import Check
from ..data_directory import Root
from ..file_sizes import bytes_below
from ..journal.disk import storage_error
from ..operations.engine import Operations
from ..space.store_space import StoreSpace
from .dropping_states import DropStates
from .repairs import Repairs


class StoreUpkeep(UpkeepRepository):
    """Runs one check after the other; `parts` names the files and folders whose sizes are told.

    `elsewhere` tells the sizes of what is no file here.
    """

    def __init__(
        self,
        root: Root,
        checks: Sequence[Check],
        parts: Mapping[str, Sequence[Path]],
        drop_states: DropStates,
        elsewhere: Callable[[], dict[str, int]] = dict,
        operations: Operations | None = None,
        repairs: Repairs = MappingProxyType({}),
        *,
        space: StoreSpace,
    ) -> None:
        self._operations, self._space = operations, space
        self._root, self._checks, self._parts, self._elsewhere = root, checks, parts, elsewhere
        self._drop_states, self._repairs = drop_states, repairs

    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        problem = self._root.problem()
        if problem:
            yield Finding(severity="error", kind="unreadable", what=problem, where=str(self._root.path))
            return
        for check in _told_of(self._checks):
            for finding in _guarded(check, self._root.path):
                repair = self._repairs.get(finding.kind)
                yield msgspec.structs.replace(finding, repair=repair.would) if repair else finding
                if stop():
                    return
            if stop():
                return

    def repair(self, finding: Finding) -> str:
        found = self._repairs.get(finding.kind)
        if found is None:
            return super().repair(finding)
        self._root.check()
        try:
            with unstopped() if found.whole else nullcontext():
                return found.act(finding)
        except OSError as error:
            raise storage_error(error, Path(finding.where), "putting it right") from error

    def sizes(self) -> dict[str, int]:
        return {name: sum(map(bytes_below, paths)) for name, paths in self._parts.items()} | self._elsewhere()

    def space(
        self, path: Sequence[str] = (), *, sort: Sorting = "size", limit: int = 1000, after: str | None = None
    ) -> Space:
        return self._space(path, sort, limit, after)

    def drop_states(
        self, run: str, keep: Collection[str], *, by: str = "", rule: str = "", dry: bool = False
    ) -> Dropped:
        if self._operations is None or dry:
            return self._drop_states(run, keep, by, dry)
        return self._operations.states(run, by, rule, lambda: self._drop_states(run, keep, by, False))

    def ready(self) -> None:
        self._able().ready()

    def archive(self, order: Order, chosen: Sequence[Chosen], originals: Sequence[Original] = ()) -> Iterator[Done]:
        return self._able().archive(order, chosen, originals)

    def restore(self, order: Order, runs: Sequence[str]) -> Iterator[Done]:
        return self._able().restore(order, runs)

    def trash(self, order: Order, chosen: Sequence[Chosen]) -> Iterator[Done]:
        return self._able().trash(order, chosen)

    def undo(self, order: Order, operation: str) -> Iterator[Done]:
        return self._able().undo(order, operation)

    def purge(self, order: Order, *, before: str | None = None, runs: Collection[str] | None = None) -> Iterator[Done]:
        return self._able().purge(order, before=before, runs=runs)

    def trashed(self, *, limit: int = 100, after: str | None = None) -> Page[Trashed]:
        return self._able().trashed(limit=limit, after=after)

    def operations(self, *, limit: int = 100, after: str | None = None) -> Page[Operation]:
        return self._able().operations(limit=limit, after=after)

    def operation(self, id: str) -> Operation:
        return self._able().operation(id)

    def verify_archive(self, run: str) -> Finding | None:
        return self._able().verify(run)

    def applied_policy(self) -> str:
        return self._able().applied_policy()

    def note_policy(self, order: Order, digest: str) -> None:
        self._able().note_policy(order, digest)

    def compact(self, order: Order | None = None) -> Compacted:
        return self._able().compact(order)

    def _able(self) -> Operations:
        if self._operations is None:
            raise NotSupported("this cannot be done here yet", where=self._root.path)
        return self._operations


def _told_of(checks: Sequence[Check]) -> Iterator[Check]:
    """The same, of which it is told which one is at hand: one may take a thousand times as long as another."""
    progress = told() or Progress()
    progress.begin(0, "checking")
    try:
        for number, check in enumerate(checks, 1):
            go_on()
            progress.call(f"check {number} of {len(checks)}")
            yield check
    finally:
        progress.end()


def _guarded(check: Check, where: Path) -> Iterator[Finding]:
    """A check's findings; that it cannot be done is one, too."""
    try:
        yield from check()
    except StorageError as error:
        place = error.where or str(where)
        yield Finding(severity="error", kind="unreadable", what=error.what, where=place, advice=error.advice)
    except OSError as error:
        place = str(error.filename or where)
        yield Finding(severity="error", kind="unreadable", what=error.strerror or str(error), where=place)
