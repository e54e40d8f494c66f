"""A LangGraph database as a store: original, index and repositories put together."""

import hashlib
import logging
import re
from functools import partial
from pathlib import Path

import platformdirs

from ....core.errors import Corrupt, StorageError
from ....core.store import Reading, Store
from ...read_only import ReadOnlyRecording
from ...sql.database import Database
from ...sql.feed_repository import SqlFeed
from ...sql.log_repository import SqlLogs
from ...sqlite.engine import open_database
from ..repositories import SourceMetrics, SourceRuns, SourceUpkeep, SourceWatcher, SourceWorkflows, read_only
from .bodies import LangGraphBodies
from .checkpoints import LangGraphCheckpoints
from .index import LangGraphIndex
from .original import Original
from .rows import recognised

_log = logging.getLogger("flightlog")


def open_langgraph(path: Path, *, in_memory: bool) -> Store | None:
    """The store of a LangGraph database, read-only; None if the file is another database, or none at all."""
    original = Original(path)
    try:
        if not original.read(recognised):
            original.close()
            return None
    except Corrupt as error:
        if "not a database" in error.what:
            return None
        raise
    opened: list[LangGraphIndex] = []
    return Store(
        name=str(path),
        recording=ReadOnlyRecording(partial(read_only, original.path)),
        workflows=SourceWorkflows(original.path),
        reading=partial(_reading, original, in_memory, opened),
        close=partial(_close, original, opened),
        read_only=True,
    )


def _reading(original: Original, in_memory: bool, opened: list[LangGraphIndex]) -> Reading:
    place = None if in_memory else index_path(original.path)
    database, place = _open_index(place)
    index = LangGraphIndex(original, database, workflow_of(original.path))
    opened.append(index)
    bodies = LangGraphBodies(index)
    runs = SourceRuns(index, bodies)
    metrics = SourceMetrics(database, index.refresh)
    metrics.settled = runs.settled
    return Reading(
        runs=runs,
        logs=SqlLogs(database, bodies, index.refresh, runs),
        checkpoints=LangGraphCheckpoints(index, bodies),
        metrics=metrics,
        feed=SqlFeed(database, index.refresh, SourceWatcher(index)),
        upkeep=SourceUpkeep(index, runs, place),
        progress=index.progress,
    )


def _open_index(place: Path | None) -> tuple[Database, Path | None]:
    """The index's database; in memory where the cache cannot be written."""
    if place is not None:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            return open_database(place, truth=False), place
        except (OSError, StorageError) as error:
            _log.warning("the index is kept in memory: %s", error)
    return open_database(None, truth=False), None


def _close(original: Original, opened: list[LangGraphIndex]) -> None:
    for index in opened:
        index.progress.stop()  # what is just being read: the next opening goes on from there
        index.database.close()
    original.close()


def index_path(path: Path) -> Path:
    """Where the index of a database lies: in the user's cache, named by a hash of the database's path."""
    name = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return platformdirs.user_cache_path("flightlog") / "sources" / f"{name}.db"


def workflow_of(path: Path) -> str:
    """The workflow that a database's threads are shown under: a graph has no name in it, but the file has."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._")
    return name[:128] or "langgraph"
