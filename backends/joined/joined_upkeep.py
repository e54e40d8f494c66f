"""`UpkeepRepository` over several parts."""

from collections.abc import Callable, Collection, Iterator, Sequence

import msgspec

from ...core.errors import StorageError
from ...core.operations import Chosen, Compacted, Done, Operation, Order, Trashed
from ...core.pages import Page
from ...core.repositories import UpkeepRepository
from ...core.space import Node, Sorting, Space
from ...core.upkeep import Dropped, Finding
from .parts import Part, Parts


class JoinedUpkeep(UpkeepRepository):
    """Looks after the store itself, and says of each source what is to be known."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        yield from self._parts.own.upkeep.check(stop=stop)
        for part in self._parts.sources:
            if stop():
                return
            yield from _of(part, stop)

    def sizes(self) -> dict[str, int]:
        found = dict(self._parts.own.upkeep.sizes())
        others = (part.ask(lambda reading: sum(reading.upkeep.sizes().values())) for part in self._parts.sources)
        return found | {"sources": sum(size or 0 for size in others)}

    def space(
        self, path: Sequence[str] = (), *, sort: Sorting = "size", limit: int = 1000, after: str | None = None
    ) -> Space:
        """As our own store says; its top tells of each source, too, after everything else."""
        found = self._own.space(path, sort=sort, limit=limit, after=after)
        return found if path or found.next else msgspec.structs.replace(found, children=found.children + self._others())

    def _others(self) -> list[Node]:
        sizes = ((part, part.ask(lambda reading: sum(reading.upkeep.sizes().values()))) for part in self._parts.sources)
        return [Node(kind="source", name=f":{part.path}", size_bytes=size or 0, apart=True) for part, size in sizes]

    def drop_states(self, run: str, keep: Collection[str], *, by: str = "") -> Dropped:
        return self._own.drop_states(run, keep, by=by)

    # What is done with runs is done with our own: a source's are another program's.

    def archive(self, order: Order, chosen: Sequence[Chosen]) -> Iterator[Done]:
        return self._own.archive(order, chosen)

    def restore(self, order: Order, runs: Sequence[str]) -> Iterator[Done]:
        return self._own.restore(order, runs)

    def trash(self, order: Order, chosen: Sequence[Chosen]) -> Iterator[Done]:
        return self._own.trash(order, chosen)

    def undo(self, order: Order, operation: str) -> Iterator[Done]:
        return self._own.undo(order, operation)

    def purge(self, order: Order, *, before: str | None = None, runs: Collection[str] | None = None) -> Iterator[Done]:
        return self._own.purge(order, before=before, runs=runs)

    def trashed(self, *, limit: int = 100, after: str | None = None) -> Page[Trashed]:
        return self._own.trashed(limit=limit, after=after)

    def operations(self, *, limit: int = 100, after: str | None = None) -> Page[Operation]:
        return self._own.operations(limit=limit, after=after)

    def operation(self, id: str) -> Operation:
        return self._own.operation(id)

    def verify_archive(self, run: str) -> Finding | None:
        return self._own.verify_archive(run)

    def applied_policy(self) -> str:
        return self._own.applied_policy()

    def note_policy(self, order: Order, digest: str) -> None:
        self._own.note_policy(order, digest)

    def compact(self, order: Order | None = None) -> Compacted:
        return self._own.compact(order)

    @property
    def _own(self) -> UpkeepRepository:
        return self._parts.own.upkeep


def _of(part: Part, stop: Callable[[], bool]) -> Iterator[Finding]:
    try:
        reading = part.reading()
        reading.runs.totals()  # a look, for the file may have gone since it was opened
        yield from reading.upkeep.check(stop=stop)
    except StorageError as error:
        advice = error.advice or "take it out of `sources`"
        what = f"the source is not shown: {error.what}"
        yield Finding(severity="error", kind="unreadable-source", what=what, where=str(part.path), advice=advice)
