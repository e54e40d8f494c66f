"""The runs of one scope, with all that belongs to them."""

from collections.abc import Collection, Iterator, Sequence

import msgspec

from ..annotations import Annotation
from ..audit import Act
from ..costs import CostGroup, CostRecord, Every, GroupBy, Spent, SpentBy
from ..events import AnyEvent, Decision, ItemStatus, Json
from ..numbers.figures import Figures
from ..pages import ALL, Page, Sort
from ..query.query import EVERYTHING, Query, equals
from ..repositories import (
    RunRepository,
)
from ..runs import (
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
from ..workflows import Workflow
from .scope import Belonging


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
        query: Query = EVERYTHING,
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

    def ids_between(self, query: Query, sort: Sort, one: str | None, other: str | None) -> list[str]:
        first, last = (run if run is None else self._of.check(run) for run in (one, other))
        return self._runs.ids_between(self._of.query & query, sort, first, last)

    def figures(
        self, query: Query = EVERYTHING, *, ids: Collection[str] | None = None, without: Collection[str] = ()
    ) -> Figures:
        return self._runs.figures(self._of.query & query, ids=ids, without=without)

    def count(self, query: Query = EVERYTHING) -> int:
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

    def messages(
        self, run: str, *, limit: int = 200, after: str | None = None, before: str | None = None, last: bool = False
    ) -> Page[Message]:
        return self._runs.messages(self._of.check(run), limit=limit, after=after, before=before, last=last)

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

    def some_events(self, run: str, seqs: Collection[int]) -> dict[int, AnyEvent]:
        return self._runs.some_events(self._of.check(run), seqs)

    def events(self, run: str, *, after: int = 0, limit: int = 1000) -> list[tuple[int, bytes]]:
        return self._runs.events(self._of.check(run), after=after, limit=limit)

    def cost_records(
        self, run: str, *, request_id: str | None = None, after: int = 0, limit: int = ALL
    ) -> list[CostRecord]:
        return self._runs.cost_records(self._of.check(run), request_id=request_id, after=after, limit=limit)

    def costs(self, by: GroupBy, query: Query = EVERYTHING, *, since: str = "") -> list[CostGroup]:
        return self._runs.costs(by, self._of.query & query, since=since)

    def spenders(self, query: Query = EVERYTHING, *, limit: int = 100, after: str | None = None) -> Page[Run]:
        return self._runs.spenders(self._of.query & query, limit=limit, after=after)

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

    def annotate_each(self, annotations: Sequence[Annotation]) -> Iterator[bool]:
        own = {run.id for run in self.some([one.run for one in annotations])}
        added = self._runs.annotate_each([one for one in annotations if one.run in own])
        for annotation in annotations:
            yield annotation.run in own and next(added, False)

    def decide(self, run: str, approval: str, decision: Decision, *, by: str = "", note: str = "") -> None:
        self._runs.decide(self._of.check(run), approval, decision, by=by, note=note)

    def damage(
        self, run: str | None = None, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None
    ) -> Page[Damage]:
        of_run = None if run is None else self._of.check(run)
        return self._runs.damage(of_run, self._of.query & within, limit=limit, after=after)
