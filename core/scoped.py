"""The repositories of one scope: what every interface promises, of the runs that belong to it alone."""

import builtins
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache

import msgspec

from .annotations import Annotation
from .audit import Act
from .budgets import Budget
from .checkpoints import Blame, Checkpoint, StateDiff, StateKey, StoredState
from .costs import CostGroup, CostRecord, Every, GroupBy, Spent, SpentBy
from .errors import Conflict, NotSupported, no_checkpoint
from .events import AnyEvent, Decision, ItemStatus, Json, Level, RunStarted
from .feed import Changes, Watch
from .logs import LogEntry, LogFilter
from .metrics import NEWEST, Ended, Pattern, Reported
from .pages import ALL, Page, Sort
from .query.query import EVERYTHING, Query, equals, parse
from .repositories import (
    CheckpointRepository,
    FeedRepository,
    LogRepository,
    MetricsRepository,
    RecordingRepository,
    RunRepository,
    RunWriter,
    UpkeepRepository,
)
from .retention.policy_file import Lent
from .runs import (
    Approval,
    Artifact,
    Damage,
    Doing,
    Group,
    Item,
    Message,
    MetricValue,
    Note,
    Retry,
    Run,
    Step,
    Totals,
)
from .scope import Belonging, Scope
from .space import Sorting, Space
from .store import Reading, Store
from .upkeep import Dropped, Finding
from .workflows import Outcome, Workflow


class ScopedRuns(RunRepository):
    """Runs of the scope."""

    def __init__(self, of: Belonging) -> None:
        self._of, self._runs = of, of.runs

    def get(self, run: str) -> Run:
        return self._runs.get(self._of.check(run))

    def some(self, runs: Sequence[str]) -> list[Run]:
        return [run for run in self._runs.some(runs) if self._of.scope.holds(run)]

    def resolve(self, text: str, within: Query = EVERYTHING) -> str:
        return self._runs.resolve(text, self._of.query & within)

    def query(
        self,
        query: Query,
        sort: Sort = Sort(),
        *,
        limit: int = 100,
        after: str | None = None,
        before: str | None = None,
        last: bool = False,
    ) -> Page[Run]:
        wanted = self._of.query & query
        return self._runs.query(wanted, sort, limit=limit, after=after, before=before, last=last)

    def cursor_at(self, run: str, sort: Sort) -> str:
        return self._runs.cursor_at(self._of.check(run), sort)

    def cursor_after(self, query: Query, sort: Sort, rows: int, *, after: str | None = None) -> str | None:
        return self._runs.cursor_after(self._of.query & query, sort, rows, after=after)

    def count(self, query: Query) -> int:
        return self._runs.count(self._of.query & query)

    def totals(self, within: Query = EVERYTHING) -> Totals:
        return self._runs.totals(self._of.query & within)

    def values(self, key: str, prefix: str = "", *, limit: int = 50, within: Query = EVERYTHING) -> list[str]:
        return self._runs.values(key, prefix, limit=limit, within=self._of.query & within)

    def recent(self, workflow: str, version: int | None = None, *, limit: int = 20) -> list[Run]:
        wanted = self._of.query & equals("workflow", workflow)
        if version is not None:
            wanted = wanted & equals("version", str(version))
        return self._runs.query(wanted, limit=limit).items

    def children(self, run: str) -> list[Run]:
        return [child for child in self._runs.children(self._of.check(run)) if self._of.scope.holds(child)]

    def steps(self, run: str, *, after: str | None = None, limit: int = ALL) -> list[Step]:
        return self._runs.steps(self._of.check(run), after=after, limit=limit)

    def doing(self, runs: Sequence[str]) -> dict[str, Doing]:
        return self._runs.doing([run.id for run in self.some(runs)])

    def items(
        self, run: str, *, status: ItemStatus | None = None, limit: int = 1000, after: str | None = None
    ) -> Page[Item]:
        return self._runs.items(self._of.check(run), status=status, limit=limit, after=after)

    def retries(self, run: str, *, limit: int = 1000, after: str | None = None) -> Page[Retry]:
        page = self._runs.retries(self._of.check(run), limit=limit, after=after)
        own = {id for id in {retry.run for retry in page.items} if id is None or self._of.has(id)}
        items = [retry if retry.run in own else Retry(item=retry.item) for retry in page.items]
        return msgspec.structs.replace(page, items=items)

    def messages(self, run: str, *, limit: int = 200, after: str | None = None) -> Page[Message]:
        return self._runs.messages(self._of.check(run), limit=limit, after=after)

    def approvals(self, run: str, *, after: int = 0, limit: int = ALL) -> list[Approval]:
        return self._runs.approvals(self._of.check(run), after=after, limit=limit)

    def pending(self, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None) -> Page[Approval]:
        return self._runs.pending(self._of.query & within, limit=limit, after=after)

    def artifacts(self, run: str, *, after: int = 0, limit: int = ALL) -> list[Artifact]:
        return self._runs.artifacts(self._of.check(run), after=after, limit=limit)

    def snapshots(self, run: str) -> dict[str, Json]:
        return self._runs.snapshots(self._of.check(run))

    def metrics(self, run: str, *, limit: int = 1000, after: str | None = None) -> Page[MetricValue]:
        return self._runs.metrics(self._of.check(run), limit=limit, after=after)

    def notes(self, run: str, *, limit: int = 1000, after: str | None = None) -> Page[Note]:
        return self._runs.notes(self._of.check(run), limit=limit, after=after)

    def event(self, run: str, seq: int) -> AnyEvent:
        return self._runs.event(self._of.check(run), seq)

    def events(self, run: str, *, after: int = 0, limit: int = 1000) -> list[tuple[int, bytes]]:
        return self._runs.events(self._of.check(run), after=after, limit=limit)

    def cost_records(
        self, run: str, *, request_id: str | None = None, after: int = 0, limit: int = ALL
    ) -> list[CostRecord]:
        return self._runs.cost_records(self._of.check(run), request_id=request_id, after=after, limit=limit)

    def costs(self, by: GroupBy, query: Query, *, since: str = "") -> list[CostGroup]:
        return self._runs.costs(by, self._of.query & query, since=since)

    def with_children(self, run: str, within: Query = EVERYTHING) -> CostGroup:
        return self._runs.with_children(self._of.check(run), self._of.query & within)

    def spending(self, every: Every, by: SpentBy, query: Query = EVERYTHING, *, since: str = "") -> list[Spent]:
        return self._runs.spending(every, by, self._of.query & query, since=since)

    def workflows(self, within: Query = EVERYTHING) -> list[Workflow]:
        return self._runs.workflows(self._of.query & within)

    def sessions(self, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None) -> Page[Group]:
        return self._runs.sessions(self._of.query & within, limit=limit, after=after)

    def projects(self, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None) -> Page[Group]:
        return self._runs.projects(self._of.query & within, limit=limit, after=after)

    def acts(self, within: Query = EVERYTHING, *, limit: int = 100, after: str | None = None) -> Page[Act]:
        return self._runs.acts(self._of.query & within, limit=limit, after=after)

    def annotate(self, annotation: Annotation) -> None:
        self._of.check(annotation.run)
        self._runs.annotate(annotation)

    def decide(self, run: str, approval: str, decision: Decision, *, by: str = "", note: str = "") -> None:
        self._runs.decide(self._of.check(run), approval, decision, by=by, note=note)

    def damage(
        self, run: str | None = None, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None
    ) -> Page[Damage]:
        of_run = None if run is None else self._of.check(run)
        return self._runs.damage(of_run, self._of.query & within, limit=limit, after=after)


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
        query: Query,
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

    def diff(self, a: str, b: str) -> StateDiff:
        return self._checkpoints.diff(self.get(a).id, self.get(b).id)

    def foreign(self, checkpoint: str) -> dict[str, str]:
        return self._checkpoints.foreign(self.get(checkpoint).id)

    def blame(self, checkpoint: str, key: str) -> Blame:
        return self._checkpoints.blame(self.get(checkpoint).id, key)


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
        """`of` opens the reading side, which only taking up a run needs."""
        self._recording, self._scope, self._of = recording, scope, of

    def begin(self, started: RunStarted, *, durable: bool = False) -> RunWriter:
        for key, own in self._scope.asked().items():
            asked = getattr(started, key)
            if asked not in (None, own):
                what = f"the store was opened for {key} {own[:60]!r}, and the run names {asked[:60]!r}"
                raise Conflict(what, where=started.run, advice=f"record it with the store itself, or without a {key}")
        return self._recording.begin(msgspec.structs.replace(started, **self._scope.asked()), durable=durable)

    def resume(self, run: str, *, durable: bool = False) -> RunWriter:
        return self._recording.resume(self._of().check(run), durable=durable)

    def answer(self, run: str, approval: str) -> tuple[Decision, str, str] | None:
        return self._recording.answer(run, approval)

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
