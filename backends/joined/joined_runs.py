"""`RunRepository` over several parts: lists are merged, sums are added, questions about one run go to who has it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import reduce
from operator import add
from typing import Any, TypeVar

from ...core.annotations import Annotation
from ...core.audit import Act
from ...core.costs import CostGroup, CostRecord, Every, GroupBy, Money, Spent, SpentBy, Tokens
from ...core.errors import Conflict, NotFound, StorageError, no_run
from ...core.events import AnyEvent, Decision, ItemStatus, Json
from ...core.numbers.figures import Figures
from ...core.pages import ALL, Page, Sort
from ...core.query.query import EVERYTHING, Query
from ...core.repositories import RunRepository
from ...core.repositories.runs import spenders_of
from ...core.runs import (
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
from ...core.workflows import Workflow
from ..sql.cost_queries import group_page
from ..sql.run_naming import nearest
from . import joined_depth
from .joined_pages import Ask, in_order, joined, one_after_another
from .parts import Part, Parts

T = TypeVar("T")


class JoinedRuns(RunRepository):
    """Runs of all parts. A question about the whole costs each part what it would cost it alone."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def _of(self, run: str, question: Callable[[RunRepository], T]) -> T:
        return self._parts.find(run, lambda reading: question(reading.runs))

    def _all(self, question: Callable[[RunRepository], T]) -> list[T]:
        return self._parts.ask(lambda reading: question(reading.runs))

    # --- finding runs

    def get(self, run: str) -> Run:
        return self._of(run, lambda runs: runs.get(run))

    def some(self, runs: Sequence[str]) -> list[Run]:
        return [*_flat(self._all(lambda part: part.some(runs)))]

    def resolve(self, text: str, within: Query = EVERYTHING) -> str:
        found: list[str | StorageError] = self._all(lambda runs: _resolved(runs, text, within))
        ids = [run for run in found if isinstance(run, str)]
        if text in ids:
            return text
        if len(ids) > 1:
            raise Conflict(f"{text[:60]!r} means several runs: {', '.join(ids)}", advice="give more of the id")
        if ambiguous := next((error for error in found if isinstance(error, Conflict)), None):
            raise ambiguous
        if not ids:
            near = {name for error in found if isinstance(error, NotFound) for name in error.near}
            raise self._parts.missing(no_run(text, nearest(text, sorted(near))))
        return ids[0]

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
        limit = max(limit, 1)
        pages = self._all(lambda runs: runs.query(query, sort, limit=limit, after=after, before=before, last=last))
        return joined(pages, query, sort, limit=limit, forward=before is None and not last)

    def cursor_at(self, run: str, sort: Sort) -> str:
        return self._of(run, lambda runs: runs.cursor_at(run, sort))

    def cursor_after(self, query: Query, sort: Sort, rows: int, *, after: str | None = None) -> str | None:
        if rows <= 0 or query.log_terms():
            return super().cursor_after(query, sort, rows, after=after)
        return joined_depth.cursor_after(self._each(), query, sort, rows, after)

    def _each(self) -> list[Ask[Any]]:
        def of(part: Part) -> Ask[Any]:
            return lambda question: part.ask(lambda reading: question(reading.runs))

        return [lambda question: question(self._parts.own.runs), *map(of, self._parts.sources)]

    def figures(
        self, query: Query = EVERYTHING, *, ids: Collection[str] | None = None, without: Collection[str] = ()
    ) -> Figures:
        return reduce(add, self._all(lambda runs: runs.figures(query, ids=ids, without=without)))

    def count(self, query: Query = EVERYTHING) -> int:
        return sum(self._all(lambda runs: runs.count(query)))

    def totals(self, within: Query = EVERYTHING) -> Totals:
        return reduce(_both, self._all(lambda runs: runs.totals(within)))

    def values(self, key: str, prefix: str = "", *, limit: int = 50, within: Query = EVERYTHING) -> list[str]:
        found = self._all(lambda runs: runs.values(key, prefix, limit=limit, within=within))
        return sorted({*_flat(found)})[:limit]

    def recent(self, workflow: str, version: int | None = None, *, limit: int = 20) -> list[Run]:
        return in_order(_flat(self._all(lambda runs: runs.recent(workflow, version, limit=limit))), Sort())[:limit]

    def children(self, run: str) -> list[Run]:
        return self._of(run, lambda runs: runs.children(run))

    # --- what a run is made of

    def steps(self, run: str, *, after: str | None = None, limit: int = ALL) -> list[Step]:
        return self._of(run, lambda runs: runs.steps(run, after=after, limit=limit))

    def doing(self, runs: Sequence[str]) -> dict[str, Doing]:
        return {run: found for part in self._all(lambda part: part.doing(runs)) for run, found in part.items()}

    def items(
        self, run: str, *, status: ItemStatus | None = None, limit: int = 1000, after: str | None = None
    ) -> Page[Item]:
        return self._of(run, lambda runs: runs.items(run, status=status, limit=limit, after=after))

    def retries(self, run: str, *, limit: int = 1000, after: str | None = None) -> Page[Retry]:
        return self._of(run, lambda runs: runs.retries(run, limit=limit, after=after))

    def messages(
        self, run: str, *, limit: int = 200, after: str | None = None, before: str | None = None, last: bool = False
    ) -> Page[Message]:
        return self._of(run, lambda runs: runs.messages(run, limit=limit, after=after, before=before, last=last))

    def approvals(self, run: str, *, after: int = 0, limit: int = ALL) -> list[Approval]:
        return self._of(run, lambda runs: runs.approvals(run, after=after, limit=limit))

    def pending(self, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None) -> Page[Approval]:
        limit = max(limit, 1)
        pages = self._all(lambda runs: runs.pending(within, limit=limit, after=after))
        found = sorted(_flat(page.items for page in pages), key=lambda one: (one.requested, one.run, one.seq))
        more = len(found) > limit or any(page.next for page in pages)
        return Page(items=found[:limit], next=found[:limit][-1].cursor() if more else None)

    def artifacts(self, run: str, *, after: int = 0, limit: int = ALL) -> list[Artifact]:
        return self._of(run, lambda runs: runs.artifacts(run, after=after, limit=limit))

    def snapshots(self, run: str) -> dict[str, Json]:
        return self._of(run, lambda runs: runs.snapshots(run))

    def metrics(self, run: str, *, limit: int = 1000, after: str | None = None) -> Page[MetricValue]:
        return self._of(run, lambda runs: runs.metrics(run, limit=limit, after=after))

    def notes(self, run: str, *, limit: int = 1000, after: str | None = None) -> Page[Note]:
        return self._of(run, lambda runs: runs.notes(run, limit=limit, after=after))

    def event(self, run: str, seq: int) -> AnyEvent:
        return self._of(run, lambda runs: runs.event(run, seq))

    def some_events(self, run: str, seqs: Collection[int]) -> dict[int, AnyEvent]:
        return self._of(run, lambda runs: runs.some_events(run, seqs))

    def events(self, run: str, *, after: int = 0, limit: int = 1000) -> list[tuple[int, bytes]]:
        return self._of(run, lambda runs: runs.events(run, after=after, limit=limit))

    def damage(
        self, run: str | None = None, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None
    ) -> Page[Damage]:
        if run is not None:
            return self._of(run, lambda runs: runs.damage(run, within, limit=limit, after=after))

        def asked(runs: RunRepository, limit: int, after: str | None) -> Page[Damage]:
            return runs.damage(within=within, limit=limit, after=after)

        return one_after_another(self._each(), asked, limit, after)

    # --- over many runs

    def cost_records(
        self, run: str, *, request_id: str | None = None, after: int = 0, limit: int = ALL
    ) -> list[CostRecord]:
        return self._of(run, lambda runs: runs.cost_records(run, request_id=request_id, after=after, limit=limit))

    def costs(self, by: GroupBy, query: Query = EVERYTHING, *, since: str = "") -> list[CostGroup]:
        found: dict[str, CostGroup] = {}
        for group in _flat(self._all(lambda runs: runs.costs(by, query, since=since))):
            known = found.get(group.key)
            found[group.key] = known + group if known else group
        if by == "day":
            return sorted(found.values(), key=lambda group: group.key, reverse=True)
        return sorted(found.values(), key=lambda group: (-group.money.known_nanousd, -group.tokens.total, group.key))

    def spenders(self, query: Query = EVERYTHING, *, limit: int = 100, after: str | None = None) -> Page[Run]:
        limit = max(limit, 1)
        pages = self._all(lambda runs: runs.spenders(query, limit=limit, after=after))
        return joined(pages, *spenders_of(query), limit=limit, forward=True)

    def with_children(self, run: str, within: Query = EVERYTHING) -> CostGroup:
        return self._of(run, lambda runs: runs.with_children(run, within))

    def spending(self, every: Every, by: SpentBy, query: Query = EVERYTHING, *, since: str = "") -> list[Spent]:
        found: dict[tuple[str, str], Spent] = {}
        for one in _flat(self._all(lambda runs: runs.spending(every, by, query, since=since))):
            known = found.get((one.t, one.key))
            found[one.t, one.key] = _together(known, one) if known else one
        return [found[place] for place in sorted(found)]

    def workflows(self, within: Query = EVERYTHING) -> list[Workflow]:
        found: dict[str, Workflow] = {}
        for workflow in _flat(self._all(lambda runs: runs.workflows(within))):
            known = found.get(workflow.id)
            found[workflow.id] = known + workflow if known else workflow
        return [found[id] for id in sorted(found)]

    def sessions(self, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None) -> Page[Group]:
        return group_page(_groups(self._all(lambda runs: runs.sessions(within, limit=ALL).items)), limit, after)

    def projects(self, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None) -> Page[Group]:
        return group_page(_groups(self._all(lambda runs: runs.projects(within, limit=ALL).items)), limit, after)

    # --- what others add

    def acts(self, within: Query = EVERYTHING, *, limit: int = 100, after: str | None = None) -> Page[Act]:
        return self._parts.own.runs.acts(within, limit=limit, after=after)  # a source's runs are not ours to change

    def annotate(self, annotation: Annotation) -> None:
        self._of(annotation.run, lambda runs: runs.annotate(annotation))

    def annotate_each(self, annotations: Sequence[Annotation]) -> Iterator[bool]:
        added = self._parts.own.runs.annotate_each(annotations)
        for annotation, is_own in zip(annotations, added, strict=True):
            yield is_own or any(super().annotate_each([annotation]))

    def decide(self, run: str, approval: str, decision: Decision, *, by: str = "", note: str = "") -> None:
        self._of(run, lambda runs: runs.decide(run, approval, decision, by=by, note=note))


def _resolved(runs: RunRepository, text: str, within: Query) -> str | StorageError:
    try:
        return runs.resolve(text, within)
    except (NotFound, Conflict) as error:
        return error


def _flat(answers: Iterable[Iterable[T]]) -> Iterable[T]:
    return (one for answer in answers for one in answer)


def _both(one: Totals, other: Totals) -> Totals:
    statuses = one.by_status | other.by_status
    return Totals(
        runs=one.runs + other.runs,
        by_status={status: one.by_status.get(status, 0) + other.by_status.get(status, 0) for status in statuses},
        size_bytes=one.size_bytes + other.size_bytes,
        today=one.today + other.today,
        damaged=one.damaged + other.damaged,
    )


def _together(one: Spent, other: Spent) -> Spent:
    return Spent(
        t=one.t,
        key=one.key,
        calls=one.calls + other.calls,
        tokens=one.tokens + other.tokens,
        money=one.money + other.money,
    )


def _groups(answers: list[list[Group]]) -> Iterator[Group]:
    alike: dict[str, list[Group]] = {}
    for group in _flat(answers):
        alike.setdefault(group.id, []).append(group)
    return (
        Group(
            id=id,
            runs=sum(group.runs for group in groups),
            running=sum(group.running for group in groups),
            last_event=max((group.last_event for group in groups if group.last_event), default=None),
            tokens=reduce(add, (group.tokens for group in groups), Tokens()),
            money=reduce(add, (group.money for group in groups), Money()),
        )
        for id, groups in alike.items()
    )
