"""Events and values for replay, which reads one run after the other from its beginning to its end."""

from collections.abc import Collection, Sequence

from ....core.errors import NotFound
from ....core.events import CheckpointSaved, decode
from . import values
from .bodies import LangGraphBodies
from .facts import Fact
from .index import LangGraphIndex


class ReplayedBodies(LangGraphBodies):
    """Remembers at which checkpoint each value of the run at hand was met, so that none is searched for."""

    def __init__(self, index: LangGraphIndex) -> None:
        super().__init__(index)
        self._run = ""
        self._met: dict[str, int] = {}
        self._last: tuple[int, dict[str, bytes]] = (0, {})

    def values(self, run: str, digests: Collection[str]) -> dict[str, bytes]:
        """Whole values by digest; one rendering of a state for all that are new in it. NotFound."""
        return {digest: self._value(run, digest) for digest in digests}

    def _value(self, run: str, digest: str) -> bytes:
        seq = self._met.get(digest) if run == self._run else None
        if seq is None:
            return super().values(run, [digest])[digest]
        if self._last[0] != seq:
            state = self.state(run, self.checkpoint(run, seq))
            self._last = (seq, {values.digest(one): one for one in map(values.encode, state.values())})
        if digest not in self._last[1]:
            raise NotFound(f"a value is no longer in the database: {digest}", where=self._index.original.path)
        return self._last[1][digest]

    def _lines(self, run: str, found: Sequence[tuple[int, Fact]]) -> list[tuple[int, bytes]]:
        lines = super()._lines(run, list(found))
        if run != self._run:
            self._run, self._met, self._last = run, {}, (0, {})
        for (seq, line), (_, fact) in zip(lines, found, strict=True):
            if fact.kind == "checkpoint":
                event = decode(line)
                assert isinstance(event, CheckpointSaved)
                for digest in event.values.values():
                    self._met.setdefault(digest, seq)
        return lines
