"""Runs, and everything they are made of."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from functools import partial

from ..annotations import Annotation
from ..audit import Act
from ..costs import CostGroup, CostRecord, Every, GroupBy, Spent, SpentBy
from ..errors import NotFound
from ..events import AnyEvent, Decision, ItemStatus, Json
from ..numbers.figures import Figures
from ..pages import ALL, Page, Sort
from ..query.query import EVERYTHING, Query, parse
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
from . import walks


def spenders_of(query: Query) -> tuple[Query, Sort]:
    """The list that `RunRepository.spenders` pages through."""
    return query & _SPENT, Sort(field="cost")


_SPENT = parse("has:cost")


class RunRepository(ABC):
    """Runs: finding them, and everything they are made of; and what others than their writer add."""

    @abstractmethod
    def get(self, run: str) -> Run:
        """A run by its id; NotFound."""

    @abstractmethod
    def some(self, runs: Sequence[str]) -> list[Run]:
        """Runs by their ids, as lists tell them, in no order; those that are not there are left out."""

    @abstractmethod
    def resolve(self, text: str, within: Query = EVERYTHING) -> str:
        """The id of the one run whose id equals `text`, or begins or ends with it, or whose name is `text`.

        Only runs that match `within` are known. NotFound if there is none, Conflict if there are
        several (naming up to five).
        """

    @abstractmethod
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
        """A page of the runs that match, in order.

        `after` and `before` are cursors of earlier pages (of the same query and sort; another's is a
        StorageError), `last` asks for the list's end. Costs what is returned, not what exists.
        """

    @abstractmethod
    def cursor_at(self, run: str, sort: Sort) -> str:
        """A cursor just before this run in that order, so that `after=` it begins with the run. NotFound."""

    def cursor_after(self, query: Query, sort: Sort, rows: int, *, after: str | None = None) -> str | None:
        """A cursor after the first `rows` of a list (behind `after`), where who drags a scroll bar wants to be.

        None if the list is not longer. The one read whose cost grows with depth: it walks pages
        here; a repository that can count along an index does so instead.
        """
        return walks.cursor_after(partial(self.query, query, sort), rows, after)

    def ids_between(self, query: Query, sort: Sort, one: str | None, other: str | None) -> list[str]:
        """Ids of the runs that match, in no order, from one run of a list to another, whichever comes first; NotFound.

        Without `one` they are those from the list's beginning on, without `other` those up to its end. Costs what lies
        between. The two are among them where they match; pages are walked here, a repository that can compare places
        in its list does so instead.
        """
        cursor_at = partial(self.cursor_at, sort=sort)
        return walks.ids_between(partial(self.query, query, sort), cursor_at, one, other)

    @abstractmethod
    def figures(
        self, query: Query = EVERYTHING, *, ids: Collection[str] | None = None, without: Collection[str] = ()
    ) -> Figures:
        """What the runs that match come to: of these `ids` alone, where some are given, and of none `without`.

        A few statements, whatever is asked for; it reads what it sums up.
        """

    @abstractmethod
    def count(self, query: Query = EVERYTHING) -> int:
        """How many runs match. A count by status, workflow, version or session alone comes from counters."""

    @abstractmethod
    def totals(self, within: Query = EVERYTHING) -> Totals:
        """Counters of the whole store, or of the runs that match. Of a session or project they are kept sums too,
        but for today's money, which is read from its runs of today.
        """

    @abstractmethod
    def values(self, key: str, prefix: str = "", *, limit: int = 50, within: Query = EVERYTHING) -> list[str]:
        """Real values of a query key, sorted, that begin with a prefix.

        Keys: `workflow`, `status`, `model`, `session`, `project`, `tag`, `agent`, `name`, `metric` (its names), and
        `step`, of which only names in the newest runs are known. Costs as many seeks as there are values;
        `within` a query it costs the runs that match.
        """

    @abstractmethod
    def recent(self, workflow: str, version: int | None = None, *, limit: int = 20) -> list[Run]:
        """The newest runs of a workflow, or of one version."""

    @abstractmethod
    def children(self, run: str) -> list[Run]:
        """Runs that name this one as parent, oldest first; by pages they are `query(equals("parent", run))`."""

    @abstractmethod
    def steps(self, run: str, *, after: str | None = None, limit: int = ALL) -> list[Step]:
        """Steps in the order they began, then the pending ones as declared: the first `limit` behind the step `after`.

        NotFound if that is no step of the run.
        """

    @abstractmethod
    def doing(self, runs: Sequence[str]) -> dict[str, Doing]:
        """What runs are at: their open steps, in the order they began, and how many of their rows have which status.

        Rows of runs that have over 20,000 are not counted; a run that is at nothing, or not there, is left out.
        """

    @abstractmethod
    def items(
        self, run: str, *, status: ItemStatus | None = None, limit: int = 1000, after: str | None = None
    ) -> Page[Item]:
        """Batch rows, or those with one status: failed ones first, each group by row number."""

    @abstractmethod
    def retries(self, run: str, *, limit: int = 1000, after: str | None = None) -> Page[Retry]:
        """The failed rows by number, each with what the next attempt made of it.

        The next attempt is the run that names this one as parent and has the next higher attempt.
        """

    @abstractmethod
    def messages(
        self, run: str, *, limit: int = 200, after: str | None = None, before: str | None = None, last: bool = False
    ) -> Page[Message]:
        """Messages in the order they were sent, contents included.

        `after` and `before` are cursors of earlier pages, `last` asks for the newest. Costs what is returned.
        """

    @abstractmethod
    def approvals(self, run: str, *, after: int = 0, limit: int = ALL) -> list[Approval]:
        """Approvals of a run in the order asked: the first `limit` with seq > after."""

    @abstractmethod
    def pending(self, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None) -> Page[Approval]:
        """Approvals of the runs that match which still wait for an answer, oldest first."""

    @abstractmethod
    def artifacts(self, run: str, *, after: int = 0, limit: int = ALL) -> list[Artifact]:
        """Artifacts in the order they were made: the first `limit` with seq > after."""

    @abstractmethod
    def snapshots(self, run: str) -> dict[str, Json]:
        """The latest snapshot of each name, whole."""

    @abstractmethod
    def metrics(self, run: str, *, limit: int = 1000, after: str | None = None) -> Page[MetricValue]:
        """Numbers that the run reported or was given, in order."""

    @abstractmethod
    def notes(self, run: str, *, limit: int = 1000, after: str | None = None) -> Page[Note]:
        """Notes, oldest first."""

    @abstractmethod
    def event(self, run: str, seq: int) -> AnyEvent:
        """One event, decoded: how inputs, outputs and full errors are read. NotFound, Corrupt."""

    @abstractmethod
    def some_events(self, run: str, seqs: Collection[int]) -> dict[int, AnyEvent]:
        """Events by their seqs, as `event` tells them; those that it could not tell are left out. NotFound.

        One statement, or one pass over the lines from the first of them to the last, however many they are.
        """

    @abstractmethod
    def events(self, run: str, *, after: int = 0, limit: int = 1000) -> list[tuple[int, bytes]]:
        """`(seq, line)` of events with seq > after, in order, in the bytes that were recorded."""

    @abstractmethod
    def cost_records(
        self, run: str, *, request_id: str | None = None, after: int = 0, limit: int = ALL
    ) -> list[CostRecord]:
        """The model calls of a run, or those with a request id, in order: the first `limit` with seq > after."""

    @abstractmethod
    def costs(self, by: GroupBy, query: Query = EVERYTHING, *, since: str = "") -> list[CostGroup]:
        """Costs of the matching runs, grouped; most expensive first, `day` newest first.

        `since` is a day (UTC, `2026-11-01`) or a time, and StorageError for what is neither: calls made before it, or
        nobody knows when, are left out.
        Answered in one statement a database. What the keys of kept sums tell costs these: by day, workflow, version,
        model and agent, also since a day, where the query names workflows and versions alone; by session where it names
        sessions and projects alone. All else costs the runs, or the calls, that are summed.
        """

    def spenders(self, query: Query = EVERYTHING, *, limit: int = 100, after: str | None = None) -> Page[Run]:
        """The runs that match and called a model, with what they cost: most expensive first, and last those without a
        price. Costs the page, and not what all of them cost.
        """
        wanted, sort = spenders_of(query)
        return self.query(wanted, sort, limit=limit, after=after)

    @abstractmethod
    def with_children(self, run: str, within: Query = EVERYTHING) -> CostGroup:
        """What a run and all that lie below it by their parents cost together: those that match, each run once."""

    @abstractmethod
    def spending(self, every: Every, by: SpentBy, query: Query = EVERYTHING, *, since: str = "") -> list[Spent]:
        """Costs of the matching runs by time and key, oldest first: of calls made at `since`, a day or time, or later.

        Costs these calls; where the query names workflows and versions alone, of months and days and
        not by run, kept sums.
        """

    @abstractmethod
    def workflows(self, within: Query = EVERYTHING) -> list[Workflow]:
        """Workflows of the runs that match, by id; their versions are not known here (0). Of all runs from counters."""

    @abstractmethod
    def sessions(self, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None) -> Page[Group]:
        """Sessions of the runs that match, most recently active first.

        One that becomes active between two pages moves to the beginning, before the cursor.
        """

    @abstractmethod
    def projects(self, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None) -> Page[Group]:
        """Projects of the runs that match, most recently active first; pages as those of `sessions`."""

    @abstractmethod
    def annotate(self, annotation: Annotation) -> None:
        """Adds a pin, tag, note or score (`flightlog.Pinned`, `Tagged`, `Noted`, `Scored`), also to a run that goes on;
        `t` is filled in when empty. NotFound; StorageError for a score that is no finite number, or a `t` that is no
        time.
        """

    def annotate_each(self, annotations: Sequence[Annotation]) -> Iterator[bool]:
        """Adds several as `annotate` does, one each time that the next answer is asked for: whether its run was there.
        All are looked for with one question where the store can do that, after one look at what is new.
        """
        for annotation in annotations:
            try:
                self.annotate(annotation)
            except NotFound:
                yield False
            else:
                yield True

    @abstractmethod
    def acts(self, within: Query = EVERYTHING, *, limit: int = 100, after: str | None = None) -> Page[Act]:
        """What others than their writers did to the runs that match, newest first; of runs that are gone nothing."""

    @abstractmethod
    def decide(self, run: str, approval: str, decision: Decision, *, by: str = "", note: str = "") -> None:
        """Answers a pending approval; the waiting run takes it up within a second.

        Conflict if it is decided or answered already, or the run is finished. NotFound; StorageError for a decision
        that is none.
        """

    @abstractmethod
    def damage(
        self, run: str | None = None, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None
    ) -> Page[Damage]:
        """What could not be read, of one run, of the runs that match, or of the whole store, in the order found."""
