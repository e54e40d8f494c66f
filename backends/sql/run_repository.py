"""`RunRepository` over the query tables: every backend's and every source's way to find and read runs."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import ColumnElement, Connection

from ...core.annotations import Annotation, Answered
from ...core.audit import Act
from ...core.costs import CostGroup, CostRecord, Every, GroupBy, Spent, SpentBy
from ...core.events import AnyEvent, Decision, ItemStatus, Json, decode
from ...core.given import given_day_or_time
from ...core.numbers.figures import Figures
from ...core.pages import ALL, Page, Sort
from ...core.query.query import EVERYTHING, Query, made
from ...core.repositories import RunRepository
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
from . import (
    begun_runs,
    cost_queries,
    run_details,
    run_doing,
    run_figures,
    run_items,
    run_naming,
    run_pages,
    run_queries,
    run_stretches,
    spending,
)
from .adding import Annotating, add
from .bodies import Bodies, Excerpt
from .database import Database
from .log_search import LogSearch
from .log_terms import LogTerms
from .tables import runs


class SqlRuns(RunRepository):
    """Runs out of query tables. `refresh` brings these up to date and is called before every read."""

    def __init__(
        self, database: Database, bodies: Bodies, refresh: Callable[[], None], notes: Annotating | None = None
    ) -> None:
        """`notes` keeps what others add; None where nobody can, as in a source."""
        self._database, self._bodies, self._refresh, self._notes = database, bodies, refresh, notes
        self._terms = LogTerms(database, LogSearch(database, bodies))

    @contextmanager
    def _reading(self, run: str | None = None) -> Iterator[Connection]:
        """A short read of what is known now; NotFound if it is about a run that is not there."""
        self._refresh()
        with self._database.read() as connection:
            if run is not None:
                run_queries.check_present(connection, run)
            yield connection

    def _prepared(self, query: Query) -> tuple[Query, run_queries.Accepts | None]:
        """See `LogTerms.prepared`."""
        if made(query).log_terms():
            self._refresh()
        return self._terms.prepared(query)

    def settled(self, query: Query, *among: ColumnElement[bool]) -> Query:
        """See `LogTerms.settled`."""
        if made(query).log_terms():
            self._refresh()
        return self._terms.settled(query, *among)

    # --- finding runs

    def get(self, run: str) -> Run:
        with self._reading() as connection:
            return run_queries.get(connection, run)

    def some(self, runs: Sequence[str]) -> list[Run]:
        with self._reading() as connection:
            return run_queries.some(connection, runs)

    def resolve(self, text: str, within: Query = EVERYTHING) -> str:
        within = self.settled(within)
        with self._reading() as connection:
            return run_naming.resolve(connection, text, within)

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
        query, accepts = self._prepared(query)
        with self._reading() as connection:
            return run_pages.page(connection, query, sort, accepts, limit=limit, after=after, before=before, last=last)

    def cursor_at(self, run: str, sort: Sort) -> str:
        with self._reading() as connection:
            return run_pages.cursor_at(connection, run, sort)

    def cursor_after(self, query: Query, sort: Sort, rows: int, *, after: str | None = None) -> str | None:
        known, accepts = self._prepared(query)
        if rows <= 0 or accepts is not None:
            return super().cursor_after(query, sort, rows, after=after)
        with self._reading() as connection:
            return run_pages.cursor_after(connection, known, sort, rows, after)

    def ids_between(self, query: Query, sort: Sort, one: str | None, other: str | None) -> list[str]:
        query, accepts = self._prepared(query)
        with self._reading() as connection:
            return run_stretches.ids_between(connection, query, sort, one, other, accepts)

    def figures(
        self, query: Query = EVERYTHING, *, ids: Collection[str] | None = None, without: Collection[str] = ()
    ) -> Figures:
        query = self.settled(query)
        with self._reading() as connection:
            return run_figures.figures(connection, query, ids, without)

    def count(self, query: Query = EVERYTHING) -> int:
        query, accepts = self._prepared(query)
        with self._reading() as connection:
            return run_queries.count(connection, query, accepts)

    def totals(self, within: Query = EVERYTHING) -> Totals:
        within = self.settled(within)
        with self._reading() as connection:
            return run_queries.totals(connection, within)

    def values(self, key: str, prefix: str = "", *, limit: int = 50, within: Query = EVERYTHING) -> list[str]:
        within = self.settled(within)
        with self._reading() as connection:
            return run_queries.values(connection, key, prefix, limit, within)

    def recent(self, workflow: str, version: int | None = None, *, limit: int = 20) -> list[Run]:
        condition = runs.c.workflow == workflow
        if version is not None:
            condition &= runs.c.version == version
        with self._reading() as connection:
            return run_pages.newest(connection, condition, limit)

    def children(self, run: str) -> list[Run]:
        with self._reading(run) as connection:
            return run_queries.children(connection, run)

    # --- what a run is made of

    def steps(self, run: str, *, after: str | None = None, limit: int = ALL) -> list[Step]:
        with self._reading(run) as connection:
            found = run_details.steps(connection, run, after, limit)
            return begun_runs.with_their_runs(connection, run, found, self.children)

    def doing(self, runs: Sequence[str]) -> dict[str, Doing]:
        with self._reading() as connection:
            return run_doing.doing(connection, runs)

    def items(
        self, run: str, *, status: ItemStatus | None = None, limit: int = 1000, after: str | None = None
    ) -> Page[Item]:
        with self._reading(run) as connection:
            return run_items.items(connection, run, status, limit, after)

    def retries(self, run: str, *, limit: int = 1000, after: str | None = None) -> Page[Retry]:
        with self._reading(run) as connection:
            return run_items.retries(connection, run, limit, after)

    def messages(
        self, run: str, *, limit: int = 200, after: str | None = None, before: str | None = None, last: bool = False
    ) -> Page[Message]:
        with self._reading(run) as connection:
            return run_details.messages(connection, self._bodies, run, limit, after, before, last)

    def approvals(self, run: str, *, after: int = 0, limit: int = ALL) -> list[Approval]:
        with self._reading(run) as connection:
            return run_details.approvals(connection, self._bodies, run, after, limit)

    def pending(self, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None) -> Page[Approval]:
        within = self.settled(within)
        with self._reading() as connection:
            return run_details.pending(connection, self._bodies, within, limit, after)

    def artifacts(self, run: str, *, after: int = 0, limit: int = ALL) -> list[Artifact]:
        with self._reading(run) as connection:
            return run_details.artifacts(connection, run, after, limit)

    def snapshots(self, run: str) -> dict[str, Json]:
        with self._reading(run) as connection:
            return run_details.snapshots(connection, self._bodies, run)

    def metrics(self, run: str, *, limit: int = 1000, after: str | None = None) -> Page[MetricValue]:
        with self._reading(run) as connection:
            return run_details.metrics(connection, run, limit, after)

    def notes(self, run: str, *, limit: int = 1000, after: str | None = None) -> Page[Note]:
        with self._reading(run) as connection:
            return run_details.notes(connection, run, limit, after)

    def event(self, run: str, seq: int) -> AnyEvent:
        with self._reading(run):
            return decode(self._bodies.line(run, seq))

    def some_events(self, run: str, seqs: Collection[int]) -> dict[int, AnyEvent]:
        with self._reading(run):
            return run_details.some_events(self._bodies, run, seqs)

    def events(self, run: str, *, after: int = 0, limit: int = 1000) -> list[tuple[int, bytes]]:
        with self._reading(run):
            return self._bodies.lines(run, Excerpt(after=after, limit=limit))

    def damage(
        self, run: str | None = None, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None
    ) -> Page[Damage]:
        within = self.settled(within)
        with self._reading(run) as connection:
            return run_details.damage(connection, run, within, limit, after)

    # --- over many runs

    def cost_records(
        self, run: str, *, request_id: str | None = None, after: int = 0, limit: int = ALL
    ) -> list[CostRecord]:
        with self._reading(run) as connection:
            return cost_queries.records(connection, run, request_id, after, limit)

    def costs(self, by: GroupBy, query: Query = EVERYTHING, *, since: str = "") -> list[CostGroup]:
        since = since and given_day_or_time(since, "since")
        query = self.settled(query, *([cost_queries.called_since(since)] if since else []))
        with self._reading() as connection:
            return cost_queries.groups(connection, by, query, since)

    def with_children(self, run: str, within: Query = EVERYTHING) -> CostGroup:
        within = self.settled(within)
        with self._reading(run) as connection:
            return cost_queries.with_children(connection, run, within)

    def spending(self, every: Every, by: SpentBy, query: Query = EVERYTHING, *, since: str = "") -> list[Spent]:
        since = since and given_day_or_time(since, "since")
        query = self.settled(query, cost_queries.called_since(since))
        with self._reading() as connection:
            return spending.spending(connection, every, by, query, since)

    def workflows(self, within: Query = EVERYTHING) -> list[Workflow]:
        within = self.settled(within)
        with self._reading() as connection:
            return run_queries.workflows(connection, within)

    def sessions(self, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None) -> Page[Group]:
        within = self.settled(within)
        with self._reading() as connection:
            return cost_queries.sessions(connection, within, limit, after)

    def projects(self, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None) -> Page[Group]:
        within = self.settled(within)
        with self._reading() as connection:
            return cost_queries.projects(connection, within, limit, after)

    # --- what others add

    def acts(self, within: Query = EVERYTHING, *, limit: int = 100, after: str | None = None) -> Page[Act]:
        within = self.settled(within)
        with self._reading() as connection:
            return run_details.acts(connection, within, limit, after)

    def annotate(self, annotation: Annotation) -> None:
        with self._reading(annotation.run):
            pass
        add(annotation, self._notes)

    def annotate_each(self, annotations: Sequence[Annotation]) -> Iterator[bool]:
        there = {run.id for run in self.some([one.run for one in annotations])}
        for annotation in annotations:
            if annotation.run in there:
                add(annotation, self._notes)
            yield annotation.run in there

    def decide(self, run: str, approval: str, decision: Decision, *, by: str = "", note: str = "") -> None:
        with self._reading(run) as connection:
            run_details.check_open(connection, run, approval)
        add(Answered(run=run, by=by, approval=approval, decision=decision, note=note), self._notes)
