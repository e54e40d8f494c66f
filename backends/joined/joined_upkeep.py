"""`UpkeepRepository` over several parts."""

from collections.abc import Callable, Collection, Iterator

from ...core.errors import StorageError
from ...core.repositories import UpkeepRepository
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

    def drop_states(self, run: str, keep: Collection[str], *, by: str = "") -> Dropped:
        return self._parts.own.upkeep.drop_states(run, keep, by=by)


def _of(part: Part, stop: Callable[[], bool]) -> Iterator[Finding]:
    try:
        reading = part.reading()
        reading.runs.totals()  # a look, for the file may have gone since it was opened
        yield from reading.upkeep.check(stop=stop)
    except StorageError as error:
        advice = error.advice or "take it out of `sources`"
        what = f"the source is not shown: {error.what}"
        yield Finding(severity="error", kind="unreadable-source", what=what, where=str(part.path), advice=advice)
