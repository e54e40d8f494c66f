"""A store with a mirror: fed beside it, shown in its place when it cannot be opened. Loads no engine."""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from ...core.budgets import Budget
from ...core.errors import Locked, StorageError
from ...core.events import Decision, RunStarted
from ...core.feed import Changes, Watch
from ...core.repositories import FeedRepository, RecordingRepository, RunWriter, UpkeepRepository
from ...core.store import Reading, Store
from ...core.upkeep import Finding
from ..read_only import ReadOnlyRecording
from ..workflows.forwarded_workflows import ReadOnlyWorkflows
from ..workflows.workflow_files import FileWorkflows
from .feeder import Feeder
from .first import First
from .told import Told

log = logging.getLogger("flightlog.mirror")


class Mirror:
    """The mirror of one store. `feeds`: whether this process may write it."""

    def __init__(self, root: Path, first: Callable[[], First | None], *, feeds: bool) -> None:
        self._root, self._open_first, self._feeds = root, first, feeds
        self._feeder = Feeder(root, first)
        self._close_shown: Callable[[], None] = lambda: None

    def recording(self, first: RecordingRepository) -> RecordingRepository:
        """What records into the first store; the mirror is fed from then on."""
        return _Recording(first, self._feeder) if self._feeds else first

    def reading(self, first: Callable[[], Reading]) -> Reading:
        """The reading side of the first store; of the mirror, read-only, if that cannot be opened."""
        try:
            reading = first()
            reading.runs.totals()  # only what was brought up to date once is open
        except Locked:
            raise
        except StorageError as error:
            return self.shown(error)
        if self._feeds:
            self._feeder.begin(recording=False)
        return reading._replace(feed=_Feed(reading.feed, self._feeder), upkeep=self._upkeep(reading.upkeep))

    def instead(self, name: str, error: StorageError, budgets: tuple[Budget, ...]) -> Store:
        """A store in the place of one of which nothing is there; that error if there is no mirror either."""
        if not (self._root / "runs").is_dir():
            raise error
        from .shown import refused

        return Store(
            name=name,
            recording=ReadOnlyRecording(lambda: refused(self._root, error)),
            workflows=ReadOnlyWorkflows(FileWorkflows(self._root / "workflows"), lambda: refused(self._root, error)),
            reading=lambda: self.shown(error),
            close=lambda: self.close(lambda: None),
            read_only=True,
            has_second=True,
            budgets=budgets,
        )

    def shown(self, error: StorageError) -> Reading:
        """The reading side of the mirror, in the place of a store that failed so; that error if there is none."""
        from .shown import reading_of_mirror

        if not (self._root / "runs").is_dir():
            raise error
        try:
            reading, self._close_shown = reading_of_mirror(self._root, error)
        except StorageError:
            raise error from None
        return reading

    def close(self, then: Callable[[], None]) -> None:
        """Closes the first store by `then`, and feeds what is left. May be called twice."""
        then()
        self._feeder.close()
        self._close_shown()

    def _upkeep(self, first: UpkeepRepository) -> UpkeepRepository:
        from .mirrored_upkeep import MirroredUpkeep
        from .second_copy import SecondCopy

        return MirroredUpkeep(
            first, lambda: SecondCopy(self._root), self._divergence, self._alone, self._drop, self._carry_missing
        )

    def _carry_missing(self) -> list[str]:
        """What cannot be carried of what the mirror has not, and why."""
        from .divergence import carry_missing

        first = self._open_first()
        if first is None:
            return []
        with closing(first.store):
            return carry_missing(first, self._root)

    def _alone(self) -> set[str]:
        """The runs that only the mirror has."""
        from .divergence import alone

        first = self._open_first()
        if first is None:
            return set()
        with closing(first.store):
            return alone(first, self._root)

    def _drop(self, run: str) -> None:
        """Drops in the mirror, too, the states that were dropped in the store; that it cannot is told, not raised."""
        from ..journal.layout import Layout
        from ..replay.carrying import Carrier

        first = self._open_first()
        if first is None:
            return
        try:
            with closing(Carrier(first.truth.bodies, Layout(self._root))) as carrier:
                carrier.carry_values_anew(run)
        except StorageError as error:
            log.error("states of run %s were dropped, but not in the mirror: %s", run, error)
        finally:
            first.store.close()

    def _divergence(self) -> Iterator[Finding]:
        from .divergence import divergence

        feeder, where = self._feeder, str(self._root)
        first = self._open_first()
        if first is None:
            return  # nothing was recorded yet
        try:
            feeder.await_round()
            yield from divergence(first, self._root, lambda: self._feeds and not feeder.problem)
        except (StorageError, OSError) as error:
            yield Finding(severity="error", kind="mirror-unreadable", what=str(error), where=where)
        finally:
            first.store.close()
        if feeder.problem:
            yield Finding(severity="error", kind="mirror-behind", what=feeder.problem, where=where)


class _Recording(RecordingRepository):
    """Records as the first store does, and has the mirror's thread there: nothing is written for it in any call."""

    def __init__(self, first: RecordingRepository, feeder: Feeder) -> None:
        self._first, self._feeder = first, feeder

    def begin(self, started: RunStarted, *, durable: bool = False) -> RunWriter:
        writer = self._first.begin(started, durable=durable)
        self._feeder.begin(recording=True)
        return writer

    def resume(self, run: str, *, durable: bool = False) -> RunWriter:
        writer = self._first.resume(run, durable=durable)
        self._feeder.begin(recording=True)
        return writer

    def answer(self, run: str, approval: str) -> tuple[Decision, str, str] | None:
        return self._first.answer(run, approval)

    def measure(self, path: str) -> tuple[int | None, str]:
        return self._first.measure(path)


class _Feed(FeedRepository):
    """The first store's feed; its watch tells what the mirror suffers from, too."""

    def __init__(self, first: FeedRepository, feeder: Feeder) -> None:
        self._first, self._feeder = first, feeder

    def cursor(self) -> int:
        return self._first.cursor()

    def changes(self, since: int, *, limit: int = 5000) -> Changes:
        return self._first.changes(since, limit=limit)

    def watch(self, on_change: Callable[[], None]) -> Watch:
        feeder = self._feeder
        return Told(
            self._first.watch(on_change),
            lambda: f"the mirror is behind: {feeder.problem}" if feeder.problem else "",
        )
