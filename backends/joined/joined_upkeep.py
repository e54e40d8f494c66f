"""`UpkeepRepository` over several parts."""

from collections.abc import Callable, Iterator, Sequence

import msgspec

from ...core.copies import Original
from ...core.errors import StorageError
from ...core.operations import Chosen, Done, Order
from ...core.repositories.upkeep import WEEK_S
from ...core.space import Node, Sorting, Space
from ...core.store import Reading
from ...core.upkeep import Finding, Removal
from ..upkeep.forwarded_upkeep import ForwardedUpkeep
from .parts import Part, Parts


class JoinedUpkeep(ForwardedUpkeep):
    """Looks after the store itself, and says of each source what is to be known; what is done is done with our own."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(lambda: parts.own.upkeep)
        self._parts = parts

    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        yield from super().check(stop=stop)
        for part in self._parts.sources:
            if stop():
                return
            yield from _of(part, stop)

    def archive(self, order: Order, chosen: Sequence[Chosen], originals: Sequence[Original] = ()) -> Iterator[Done]:
        """Our own runs, and then copies of those of sources; they are one operation."""
        own = [one for one in chosen if not one.source]
        foreign = [self._original(one) for one in chosen if one.source]
        return super().archive(order, own, [*originals, *foreign])

    def _original(self, chosen: Chosen) -> Original:
        from .copying import SourceOriginal

        return SourceOriginal(chosen, lambda: self._parts.source_of(chosen.run))

    def sizes(self) -> dict[str, int]:
        found = dict(super().sizes())
        others = (part.ask(lambda reading: sum(reading.upkeep.sizes().values())) for part in self._parts.sources)
        return found | {"sources": sum(size or 0 for size in others)}

    def space(
        self, path: Sequence[str] = (), *, sort: Sorting = "size", limit: int = 1000, after: str | None = None
    ) -> Space:
        """As our own store says; its top tells of each source, too, after everything else, and leads into it."""
        part = next((one for one in self._parts.sources if path and path[0] == f":{one.path}"), None)
        if part is not None:
            return self._inside(part, path, part.reading().upkeep.space(path[1:], sort=sort, limit=limit, after=after))
        found = super().space(path, sort=sort, limit=limit, after=after)
        return found if path or found.next else msgspec.structs.replace(found, children=found.children + self._others())

    def removals(self, run: str | None = None, *, within_s: float = WEEK_S) -> list[Removal]:
        """Of sources; nobody else removes what is our own."""
        asked = (part.ask(lambda one: one.upkeep.removals(run, within_s=within_s)) for part in self._parts.sources)
        return [removal for found in asked for removal in found or ()]

    def _inside(self, part: Part, path: Sequence[str], found: Space) -> Space:
        source = msgspec.structs.replace(found.path[0], kind="source", name=path[0], apart=True)
        above = super().space(limit=1).path
        return msgspec.structs.replace(found, path=(*above, source, *found.path[1:]))

    def _others(self) -> list[Node]:
        sizes = ((part, part.ask(_size)) for part in self._parts.sources)
        return [
            Node(kind="source", name=f":{part.path}", size_bytes=told[0], opens=told[1], apart=True)
            for part, size in sizes
            for told in [size or (0, False)]
        ]


def _size(reading: Reading) -> tuple[int, bool]:
    """Bytes of a source with our index, and whether it is known which runs take them."""
    opens = any(node.kind == "workflow" for node in reading.upkeep.space().children)
    return sum(reading.upkeep.sizes().values()), opens


def _of(part: Part, stop: Callable[[], bool]) -> Iterator[Finding]:
    try:
        reading = part.reading()
        reading.runs.totals()  # a look, for the file may have gone since it was opened
        yield from reading.upkeep.check(stop=stop)
    except StorageError as error:
        advice = error.advice or "take it out of `sources`"
        what = f"the source is not shown: {error.what}"
        yield Finding(severity="error", kind="unreadable-source", what=what, where=str(part.path), advice=advice)
