"""Somebody else's data as a store: what one reader makes of them, and the repositories that all have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...core.repositories import CheckpointRepository
from ...core.store import Reading, Store
from ..read_only import ReadOnlyRecording
from ..sql.bodies import Bodies
from ..sql.database import Database
from ..sql.feed_repository import SqlFeed
from ..sql.log_repository import SqlLogs
from .foreign_index import ForeignFiles, ForeignIndex
from .opening import index_path, open_index
from .repositories import Foreign, SourceMetrics, SourceRuns, SourceUpkeep, SourceWatcher, SourceWorkflows


@dataclass(frozen=True)
class Reader:
    """What is a source's own: how its data are read."""

    index: ForeignIndex
    bodies: Bodies
    """Events, made anew from the data whenever somebody looks."""
    checkpoints: CheckpointRepository
    replayed: Callable[[], Bodies]
    """The same events and their values for who reads one run after the other from its beginning to its end."""
    files: ForeignFiles
    close: Callable[[], None] = lambda: None
    """Waits for what is read for nobody who waits; called when it was told to stop."""


def foreign_store(
    name: str,
    foreign: Foreign,
    reader: Callable[[Database], Reader],
    *,
    in_memory: bool,
    close: Callable[[], None] = lambda: None,
) -> Store:
    """A store that is only read. `reader` is called at the first question, with the index's database."""
    opened: list[Reader] = []

    def reading() -> Reading:
        database, place = open_index(None if in_memory else index_path(foreign.path))
        made = reader(database)
        opened.append(made)
        return _repositories(foreign, made, place)

    def closing() -> None:
        for made in opened:
            made.index.progress.stop()  # what is just being read: the next opening goes on from there
            made.close()
            made.index.database.close()
        close()

    return Store(
        name=name,
        recording=ReadOnlyRecording(foreign.read_only),
        workflows=SourceWorkflows(foreign),
        reading=reading,
        close=closing,
        read_only=True,
    )


def _repositories(foreign: Foreign, reader: Reader, place: Path | None) -> Reading:
    index, database, bodies = reader.index, reader.index.database, reader.bodies
    runs = SourceRuns(foreign, index, bodies, reader.replayed)
    metrics = SourceMetrics(database, index.refresh)
    metrics.settled = runs.settled
    return Reading(
        runs=runs,
        logs=SqlLogs(database, bodies, index.refresh, runs),
        checkpoints=reader.checkpoints,
        metrics=metrics,
        feed=SqlFeed(database, index.refresh, SourceWatcher(index, reader.files)),
        upkeep=SourceUpkeep(foreign, reader.files, runs, place),
        progress=index.progress,
    )
