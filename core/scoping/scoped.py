"""The repositories of one scope: what every interface promises, of the runs that belong to it alone."""

import builtins
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from weakref import WeakValueDictionary

import msgspec

from ..budgets import Budget
from ..checkpoints import Blame, Checkpoint, StateDiff, StateKey, StoredState
from ..errors import Conflict, NotSupported, no_checkpoint
from ..events import Decision, Json, Level, RunStarted
from ..feed import Changes, Watch
from ..logs import LogEntry, LogFilter
from ..metrics import NEWEST, Ended, Pattern, Reported
from ..pages import ALL
from ..query.query import EVERYTHING, Query, parse
from ..repositories import (
    CheckpointRepository,
    FeedRepository,
    LogRepository,
    MetricsRepository,
    RecordingRepository,
    RunWriter,
    UpkeepRepository,
)
from ..retention.policy_file import Lent
from ..space import Sorting, Space
from ..store import Reading, Store
from ..upkeep import Dropped, Finding
from ..workflows import Outcome
from .scope import Belonging, Scope
from .scoped_runs import ScopedRuns


class ScopedLogs(LogRepository):
    """Log entries of the scope's runs."""

    def __init__(self, of: Belonging, logs: LogRepository) -> None:
        self._of, self._logs = of, logs

    def query(
        self,
        run: str,
        filter: LogFilter = LogFilter(),
        *,
        limit: int = 200,
        after: int | None = None,
        before: int | None = None,
        longest: int | None = None,
    ) -> list[LogEntry]:
        run = self._of.check(run)
        return self._logs.query(run, filter, limit=limit, after=after, before=before, longest=longest)

    def counts(self, run: str) -> dict[Level, int]:
        return self._logs.counts(self._of.check(run))

    def scan(self, run: str, text: str, *, stop: Callable[[], bool] = lambda: False) -> Iterator[LogEntry]:
        return self._logs.scan(self._of.check(run), text, stop=stop)

    def search(
        self,
        text: str,
        query: Query = EVERYTHING,
        *,
        stop: Callable[[], bool] = lambda: False,
        searched: Callable[[], None] = lambda: None,
    ) -> Iterator[LogEntry]:
        return self._logs.search(text, self._of.query & query, stop=stop, searched=searched)


class ScopedCheckpoints(CheckpointRepository):
    """Checkpoints of the scope's runs."""

    def __init__(self, of: Belonging, checkpoints: CheckpointRepository) -> None:
        self._of, self._checkpoints = of, checkpoints

    def list(self, run: str, *, after: int = 0, limit: int = ALL) -> builtins.list[Checkpoint]:
        return self._checkpoints.list(self._of.check(run), after=after, limit=limit)

    def get(self, checkpoint: str) -> Checkpoint:
        found = self._checkpoints.get(checkpoint)
        if not self._of.has(found.run):
            raise no_checkpoint(checkpoint)
        return found

    def keys(self, checkpoint: str) -> builtins.list[StateKey]:
        return self._checkpoints.keys(self.get(checkpoint).id)

    def state(self, checkpoint: str) -> dict[str, Json]:
        return self._checkpoints.state(self.get(checkpoint).id)

    def stored(self, checkpoint: str) -> StoredState:
        return self._checkpoints.stored(self.get(checkpoint).id)

    def value(self, checkpoint: str, key: str) -> Json:
        return self._checkpoints.value(self.get(checkpoint).id, key)

    def values(self, checkpoint: str, keys: Collection[str]) -> dict[str, Json]:
        return self._checkpoints.values(self.get(checkpoint).id, keys)

    def diff(self, a: str, b: str) -> StateDiff:
        return self._checkpoints.diff(self.get(a).id, self.get(b).id)

    def foreign(self, checkpoint: str) -> dict[str, str]:
        return self._checkpoints.foreign(self.get(checkpoint).id)

    def blame(self, checkpoint: str, key: str) -> Blame:
        return self._checkpoints.blame(self.get(checkpoint).id, key)

    def blames(self, checkpoint: str) -> builtins.list[Blame]:
        return self._checkpoints.blames(self.get(checkpoint).id)


class ScopedMetrics(MetricsRepository):
    """Outcomes of the scope's runs, from these runs; observations that one of them is evidence of."""

    def __init__(self, of: Belonging, metrics: MetricsRepository) -> None:
        self._of, self._metrics = of, metrics

    def summary(self, workflow: str, version: int | None = None, within: Query = EVERYTHING) -> Outcome:
        return self._metrics.summary(workflow, version, self._of.query & within)

    def outcomes(self, workflow: str, within: Query = EVERYTHING) -> builtins.list[Outcome]:
        return self._metrics.outcomes(workflow, self._of.query & within)

    def trends(
        self, workflow: str, version: int | None = None, within: Query = EVERYTHING, *, days: int = 30
    ) -> builtins.list[Outcome]:
        return self._metrics.trends(workflow, version, self._of.query & within, days=days)

    def spread(self, workflow: str, version: int | None = None, within: Query = EVERYTHING) -> dict[int, int]:
        return self._metrics.spread(workflow, version, self._of.query & within)

    def durations(
        self, workflow: str, version: int | None = None, within: Query = EVERYTHING, *, span: int
    ) -> builtins.list[float]:
        return self._metrics.durations(workflow, version, self._of.query & within, span=span)

    def newest(
        self, workflow: str, version: int | None, within: Query = EVERYTHING, *, limit: int = NEWEST
    ) -> builtins.list[Ended]:
        return self._metrics.newest(workflow, version, self._of.query & within, limit=limit)

    def reported(self, workflow: str, within: Query = EVERYTHING) -> builtins.list[Reported]:
        return self._metrics.reported(workflow, self._of.query & within)

    def record_pattern(self, pattern: Pattern) -> None:
        for run in pattern.evidence:
            self._of.check(run)
        self._metrics.record_pattern(pattern)

    def patterns(self, workflow: str) -> list[Pattern]:
        found = []
        for pattern in self._metrics.patterns(workflow):
            own = tuple(run for run in pattern.evidence if self._of.has(run))
            if own:
                found.append(msgspec.structs.replace(pattern, evidence=own))
        return found


class ScopedFeed(FeedRepository):
    """What changed among the scope's runs. Of a run that is gone nobody can tell whose it was: its id is named."""

    def __init__(self, of: Belonging, feed: FeedRepository) -> None:
        self._of, self._feed = of, feed

    def cursor(self) -> int:
        return self._feed.cursor()

    def changes(self, since: int, *, limit: int = 5000) -> Changes:
        found = self._feed.changes(since, limit=limit)
        return msgspec.structs.replace(found, changed=tuple(run for run in found.changed if self._of.has(run)))

    def watch(self, on_change: Callable[[], None]) -> Watch:
        return self._feed.watch(on_change)


class ScopedUpkeep(UpkeepRepository):
    """Upkeep is of the whole store, so that it is not to be had here."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        raise self.refusal()

    def sizes(self) -> dict[str, int]:
        raise self.refusal()

    def space(
        self, path: Sequence[str] = (), *, sort: Sorting = "size", limit: int = 1000, after: str | None = None
    ) -> Space:
        raise self.refusal()

    def drop_states(
        self, run: str, keep: Collection[str], *, by: str = "", rule: str = "", dry: bool = False
    ) -> Dropped:
        raise self.refusal()

    def refusal(self) -> NotSupported:
        return NotSupported("upkeep is of the whole store", where=str(self._scope), advice="ask without --session")


class ScopedRecording(RecordingRepository):
    """Records runs into the scope."""

    def __init__(self, recording: RecordingRepository, scope: Scope, of: Callable[[], Belonging]) -> None:
        """`of` opens the reading side, which only runs that were begun elsewhere need."""
        self._recording, self._scope, self._of = recording, scope, of
        self._begun: WeakValueDictionary[str, RunWriter] = WeakValueDictionary()

    def begin(self, started: RunStarted, *, durable: bool = False) -> RunWriter:
        for key, own in self._scope.asked().items():
            asked = getattr(started, key)
            if asked not in (None, own):
                what = f"the store was opened for {key} {own[:60]!r}, and the run names {asked[:60]!r}"
                raise Conflict(what, where=started.run, advice=f"record it with the store itself, or without a {key}")
        writer = self._recording.begin(msgspec.structs.replace(started, **self._scope.asked()), durable=durable)
        self._begun[writer.run] = writer
        return writer

    def resume(self, run: str, *, durable: bool = False) -> RunWriter:
        return self._recording.resume(self._of().check(run), durable=durable)

    def answer(self, run: str, approval: str) -> tuple[Decision, str, str] | None:
        own = run if run in self._begun else self._of().check(run)
        return self._recording.answer(own, approval)

    def measure(self, path: str) -> tuple[int | None, str]:
        return self._recording.measure(path)


def _within(scope: Scope, budget: Budget) -> Budget:
    """What others spend of a budget is not known here."""
    return msgspec.structs.replace(budget, partial=budget.partial or not scope.covers(parse(budget.query)))


def scoped(store: Store, scope: Scope) -> Store:
    """A view of the store that knows only what belongs to the scope; see `Store.scoped`."""

    @cache
    def belonging() -> Belonging:
        return Belonging(store.runs, scope)

    def reading() -> Reading:
        of = belonging()
        return store.reading._replace(
            runs=ScopedRuns(of),
            logs=ScopedLogs(of, store.logs),
            checkpoints=ScopedCheckpoints(of, store.checkpoints),
            metrics=ScopedMetrics(of, store.metrics),
            feed=ScopedFeed(of, store.feed),
            upkeep=ScopedUpkeep(scope),
        )

    return Store(
        name=f"{store.name} · {scope}" if str(scope) else store.name,
        recording=ScopedRecording(store.recording, scope, belonging),
        workflows=store.workflows,
        reading=reading,
        close=store.close,
        read_only=store.read_only,
        durable=store.durable,
        prices=store.prices,
        has_second=store.has_second,
        budgets=tuple(_within(scope, budget) for budget in store.budgets),
        policy_file=Lent(store.policy_file) if store.policy_file else None,
    )
