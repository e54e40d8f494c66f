"""A source as replay reads it: every run read deeply before it is carried, its states looked up where they lie."""

from collections.abc import Collection, Sequence

from ...core.annotations import Annotation
from ...core.errors import NotFound, NotSupported
from ...core.events import CheckpointSaved, decode
from ...core.store import Store
from ..journal.layout import Layout
from ..replay.truth import Notes, Truth
from .langgraph import values
from .langgraph.bodies import LangGraphBodies
from .langgraph.facts import Fact
from .langgraph.index import LangGraphIndex
from .repositories import SourceRuns, read_only


def truth_of_source(store: Store) -> Truth:
    """What a source's store holds; NotSupported for another store. Its events are made anew, its ids are ours."""
    runs = store.runs
    if not isinstance(runs, SourceRuns):
        raise NotSupported("this is no source", where=store.name)
    index = runs.index
    path = index.original.path

    def annotate(annotation: Annotation) -> None:
        raise read_only(path)

    def refresh() -> None:
        index.refresh()
        for run in truth.runs():
            if index.needs_details(run):
                index.details(run)

    truth = Truth(
        layout=Layout(path.parent),
        database=index.database,
        bodies=ReplayedBodies(index),
        refresh=refresh,
        annotations=list,
        annotate=annotate,
        newer=lambda seen: ([], Notes()),
        records=None,
    )
    return truth


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
