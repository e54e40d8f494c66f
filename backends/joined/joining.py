"""One store of several readings: a data directory's own runs and those of the sources that its configuration names."""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ...core.config import Source
from ...core.store import Reading

if TYPE_CHECKING:
    from .parts import Part


class Joining:
    """Joins the reading side of a store with sources, which are opened at the first question. Thread-safe."""

    def __init__(self, sources: Sequence[Source], own: Callable[[], Reading]) -> None:
        self._parts = _parts_of(sources)
        self._own = own

    def open(self) -> Reading:
        """The joined reading side, without sources the store's own; StorageError if that cannot be opened."""
        if not self._parts:
            return self._own()
        from .joined_checkpoints import JoinedCheckpoints
        from .joined_feed import JoinedFeed
        from .joined_logs import JoinedLogs
        from .joined_metrics import JoinedMetrics
        from .joined_runs import JoinedRuns
        from .joined_upkeep import JoinedUpkeep
        from .parts import JoinedProgress, Parts

        parts = Parts(self._own(), self._parts)
        return parts.own._replace(
            runs=JoinedRuns(parts),
            logs=JoinedLogs(parts),
            checkpoints=JoinedCheckpoints(parts),
            metrics=JoinedMetrics(parts),
            feed=JoinedFeed(parts),
            upkeep=JoinedUpkeep(parts),
            progress=JoinedProgress(parts.own.progress, self._parts),
        )

    def close(self, then: Callable[[], None]) -> None:
        """Closes the sources and calls `then`. May be called twice."""
        for part in self._parts:
            part.close()
        then()


def _parts_of(sources: Sequence[Source]) -> "list[Part]":
    if not sources:
        return []
    from .parts import Part

    # A source that is named twice has its runs once.
    return [Part(source) for source in {os.path.realpath(one.path): one for one in sources}.values()]
