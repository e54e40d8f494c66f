"""The reading side of a store, put together over a database of query tables: the same for every backend."""

from collections.abc import Callable, Collection
from pathlib import Path
from weakref import WeakSet

from ..core.feed import Watch
from ..core.progress import Progress
from ..core.repositories import UpkeepRepository
from ..core.store import Reading
from .sql.adding import Annotating
from .sql.bodies import Bodies
from .sql.checkpoint_repository import SqlCheckpoints
from .sql.database import Database
from .sql.feed_repository import SqlFeed
from .sql.log_repository import SqlLogs
from .sql.metrics_repository import SqlMetrics
from .sql.moments import Moments
from .sql.run_repository import SqlRuns
from .watching.store_watch import StoreWatch


class Watcher:
    """Begins watches of one store, and ends them with it. For the arguments see `watching.store_watch.StoreWatch`."""

    def __init__(
        self,
        *,
        folders: Callable[[], Collection[Path]],
        problem: Callable[[], str],
        version: Callable[[], int] = lambda: 0,
    ) -> None:
        self._folders, self._problem, self._version = folders, problem, version
        self._watches: WeakSet[StoreWatch] = WeakSet()

    def watch(self, on_change: Callable[[], None]) -> Watch:
        """Begins to watch."""
        watch = StoreWatch(on_change, folders=self._folders, problem=self._problem, version=self._version)
        self._watches.add(watch)
        return watch

    def close(self) -> None:
        """Ends the watches that are left."""
        for watch in list(self._watches):
            watch.close()


def reading_of(
    database: Database,
    bodies: Bodies,
    refresh: Callable[[], None],
    *,
    notes: Annotating | None,
    watcher: Watcher,
    upkeep: UpkeepRepository,
    metrics: SqlMetrics,
    progress: Progress | None = None,
) -> Reading:
    """The repositories over a database that `refresh` brings up to date before every read.

    `progress` is where `refresh` says how far it has come.
    """
    moments = Moments(database, refresh)
    runs = SqlRuns(database, bodies, moments, notes)
    metrics.settled = runs.settled
    return Reading(
        runs=runs,
        logs=SqlLogs(database, bodies, moments, runs),
        checkpoints=SqlCheckpoints(database, bodies, moments),
        metrics=metrics,
        feed=SqlFeed(database, moments, watcher),
        upkeep=upkeep,
        progress=progress or Progress(),
        moment=moments.begin,
    )
