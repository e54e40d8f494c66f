"""The mirror in the place of its store: the same questions, answered read-only from the second copy."""

from collections.abc import Callable, Iterator
from pathlib import Path

from ...core.errors import ReadOnly, StorageError
from ...core.feed import Changes, Watch
from ...core.repositories import FeedRepository, UpkeepRepository
from ...core.store import Reading, Unopened
from ...core.upkeep import Finding
from ..files.file_metrics import FileMetrics
from ..files.files_backend import FilesBackend
from ..upkeep.forwarded_upkeep import ForwardedUpkeep
from ..workflows.forwarded_workflows import ReadOnlyWorkflows
from ..workflows.workflow_files import FileWorkflows
from .told import Told


def reading_of_mirror(root: Path, error: StorageError) -> tuple[Reading, Callable[[], None]]:
    """What reads the mirror, and what closes it. `error` is why the store itself cannot be opened. StorageError."""
    backend = FilesBackend(root, read_only=True, create=False)
    patterns = root / "metrics" / "patterns.jsonl"

    def close() -> None:
        backend.close(lambda: None)

    try:
        reading = backend.reading(lambda database, refresh: FileMetrics(database, refresh, patterns))
        reading.runs.totals()
    except StorageError:
        close()
        raise
    shown = reading._replace(
        feed=MirrorFeed(reading.feed, f"mirror, read-only: {error.what}"),
        upkeep=_Upkeep(reading.upkeep, Unopened(str(root), error)),
        workflows=ReadOnlyWorkflows(FileWorkflows(root / "workflows"), lambda: refused(root, error)),
        instead=f"the store cannot be opened: {error}; what is shown is its mirror {root}, read-only",
    )
    return shown, close


def refused(root: Path, error: StorageError) -> ReadOnly:
    """The answer to who would change what is shown."""
    advice = f"the store itself cannot be opened: {error}"
    return ReadOnly("what is shown is the mirror, which is read-only", where=root, advice=advice)


class MirrorFeed(FeedRepository):
    """The mirror's feed; its watch says whose it is."""

    def __init__(self, mirror: FeedRepository, problem: str) -> None:
        self._mirror, self._problem = mirror, problem

    def cursor(self) -> int:
        return self._mirror.cursor()

    def changes(self, since: int, *, limit: int = 5000) -> Changes:
        return self._mirror.changes(since, limit=limit)

    def watch(self, on_change: Callable[[], None]) -> Watch:
        return Told(self._mirror.watch(on_change), lambda: self._problem)


class _Upkeep(ForwardedUpkeep):
    """What is wrong with the store, then with its mirror."""

    def __init__(self, mirror: UpkeepRepository, store: UpkeepRepository) -> None:
        super().__init__(lambda: mirror)
        self._store = store

    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        yield from self._store.check(stop=stop)
        yield from super().check(stop=stop)
