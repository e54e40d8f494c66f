"""A source's run as the original of a copy: its events made anew under ids of the copy's own, and the values they need.

The copy says of what it is one, and is else what the source shows: the same events, numbers, times and names.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from ...core.copies import COPY_OF, copy_id
from ...core.errors import Conflict, Corrupt, NotFound, NotSupported
from ...core.events import FORMAT, AnyEvent, CheckpointSaved, RunStarted, decode, encode
from ...core.operations import Chosen
from ...core.runs import Run
from ...core.store import Reading
from ..journal.layout import Layout
from ..replay.carrying import Carrier
from ..sources.repositories import SourceRuns
from ..sql.bodies import Bodies, Excerpt, Place


class SourceOriginal:
    """See `core.copies.Original`. `reading` gives the source, or raises StorageError while it cannot be read."""

    def __init__(self, chosen: Chosen, reading: Callable[[], Reading]) -> None:
        # How many events it has is known when it is looked at closely, and what is copied is what it is then.
        self.chosen, self._reading = msgspec.structs.replace(chosen, last_seq=None), reading

    def look(self) -> Run | None:
        """See the protocol."""
        try:
            return self._reading().runs.get(self.chosen.run)
        except NotFound:
            return None

    def write(self, folder: Path) -> Run:
        """See the protocol."""
        runs = self._reading().runs
        if not isinstance(runs, SourceRuns):
            raise NotSupported("of this run no copy can be made", where=self.chosen.run)
        run = runs.get(self.chosen.run)
        bodies, layout = _CopiedBodies(runs.replayed(), run), Layout(folder.parent, spooled=True)
        with closing(Carrier(bodies, layout, durable=False)) as carrier:
            carrier.carry(copy_id(run.id))
        if carrier.missing:
            raise Corrupt(f"it cannot be copied whole: {carrier.missing[0]}", where=run.source_id)
        now = self.look()
        if now is None or (now.status, now.last_seq) != (run.status, run.last_seq):
            raise Conflict("it went on while it was copied", where=run.id, advice="try again when it has ended")
        return msgspec.structs.replace(run, id=copy_id(run.id), source="", source_id="")


class _CopiedBodies:
    """What a copy is made of: see `sql.bodies.Bodies`. It is asked by the id of the copy, whatever that is."""

    def __init__(self, source: Bodies, run: Run) -> None:
        self._source, self._run = source, run

    def line(self, run: str, seq: int) -> bytes:
        return self._copied(self._source.line(self._run.id, seq))

    def lines(self, run: str, excerpt: Excerpt = Excerpt()) -> list[tuple[int, bytes]]:
        return [(seq, self._copied(line)) for seq, line in self._source.lines(self._run.id, excerpt)]

    def picked(self, places: Sequence[Place]) -> dict[Place, bytes]:
        return {(run, seq): self.line(run, seq) for run, seq in places}

    def values(self, run: str, digests: Collection[str]) -> dict[str, bytes]:
        return self._source.values(self._run.id, digests)

    def _copied(self, line: bytes) -> bytes:
        event = self._told(decode(line))
        return line if event is None else encode(event)

    def _told(self, event: AnyEvent) -> AnyEvent | None:
        """What the copy says instead; None if it says the same."""
        run = self._run
        if isinstance(event, RunStarted):
            told = {"source": run.source, "source_id": run.source_id, "run": run.id}
            meta = event.meta | {COPY_OF: told}
            return msgspec.structs.replace(event, run=copy_id(run.id), format=FORMAT, meta=meta)
        if isinstance(event, CheckpointSaved):
            parent = copy_id(event.parent) if event.parent else None
            return msgspec.structs.replace(event, checkpoint=copy_id(event.checkpoint), parent=parent)
        return None
