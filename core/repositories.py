"""What a store can be asked: one interface for each concern, whatever keeps the data.

Obligations of every method of every repository, each proved by the contract suite:

- **Threads.** Any method may be called from any thread, also several at once.
- **Immutability.** What is returned never changes afterwards; the caller may keep it.
- **Errors.** Only the classes of `core.errors` leave a repository. An id that is unknown, or
  that another session owns, is `NotFound`. A store opened read-only, or a source, answers every
  change with `ReadOnly`.
- **Freshness.** A read sees every event acknowledged before it began (by any process of this machine).
- **Order.** Lists have a stated total order; pages continue exactly where the last one ended.
- **Text** comes back as it was recorded; its only way to a terminal is `core.text.safe_text`.
"""

import builtins
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Protocol

from .annotations import Annotation
from .audit import Act
from .checkpoints import Blame, Checkpoint, StateDiff, StateKey, StoredState
from .costs import CostGroup, CostRecord, GroupBy
from .errors import NotSupported
from .events import AnyEvent, Decision, Event, ItemStatus, Json, Level, RunStarted
from .feed import Changes, Watch
from .logs import LogEntry, LogFilter
from .metrics import NEWEST, Comparison, Ended, Pattern, Reported, compared
from .pages import ALL, Page, Sort
from .query.query import EVERYTHING, Query
from .runs import Approval, Artifact, Damage, Group, Item, Message, MetricValue, Note, Retry, Run, Step, Totals
from .upkeep import Dropped, Finding
from .workflows import Outcome, Version, Workflow


class RunWriter(Protocol):
    """The one writer of a run: it holds the run's kernel lock until it is closed.

    Thread-safe. After a fork the child's copy is closed.
    """

    @property
    def run(self) -> str:
        """The run's id."""
        ...

    @property
    def last_seq(self) -> int:
        """`seq` of the newest event."""
        ...

    def append(self, event: Event) -> int:
        """Numbers and times the event, appends it, and returns its `seq`.

        When it returns, the event survives the death of the process (`durable`: of the machine).
        Raises StorageError with nothing half-written; Conflict after `run.finished` or `close`.
        """
        ...

    def put_value(self, value: bytes, *, key: str = "", opaque: bool = False) -> str:
        """Stores a checkpoint value (compact JSON, or opaque bytes) once and returns its digest.

        Of a value whose `key` had one that resembles it, only what differs is stored.
        """
        ...

    def history(self, types: frozenset[str]) -> Iterator[AnyEvent]:
        """Events of these types recorded so far, in order: so a recorder that takes a run up learns where it stands."""
        ...

    def close(self) -> None:
        """Lets go of the lock. May be called twice."""
        ...


class RecordingRepository(ABC):
    """The writing side of runs. It needs no index and no database, so that an agent pays for neither."""

    @abstractmethod
    def begin(self, started: RunStarted, *, durable: bool = False) -> RunWriter:
        """Creates the run and appends its first event.

        Conflict if the id exists (also in other letter case); StorageError if it is no ULID.
        """

    @abstractmethod
    def resume(self, run: str, *, durable: bool = False) -> RunWriter:
        """Takes the lock of a paused or lost run to go on with it, and appends `run.resumed`.

        Conflict if it is finished, or if a writer lives (naming its pid); NotFound. A torn last
        line is set aside first, and nothing of it is lost.
        """

    @abstractmethod
    def answer(self, run: str, approval: str) -> tuple[Decision, str, str] | None:
        """What a waiting recorder polls: `(decision, by, note)` of the first answer, or None.

        Cheap: costs a `stat` (or one indexed row) while nothing was added.
        """

    def measure(self, path: str) -> tuple[int | None, str]:
        """Size and SHA-256 of an artifact's file; None and empty for what cannot be told without delay."""
        return None, ""


class WorkflowRepository(ABC):
    """Definitions of workflows: versions 1, 2, 3 …, each immutable, with lineage."""

    @abstractmethod
    def store(
        self,
        workflow: str,
        definition: str,
        *,
        parents: Sequence[int] | None = None,
        author: str = "",
        note: str = "",
        meta: Mapping[str, Json] | None = None,
        only_new: bool = False,
    ) -> Version:
        """Keeps a definition as the next version and returns it.

        Numbers never collide between processes. `parents` None means the latest version (none for
        the first); a parent that does not exist is NotFound. A definition that is no YAML, or YAML
        with aliases, deeper than 64 or longer than 1 MB, is a StorageError. The text comes back
        byte for byte. Equal text makes a new version all the same; with `only_new` the
        newest version of that text is returned instead, also when many processes save it at once.
        """

    @abstractmethod
    def carry(self, version: Version) -> bool:
        """Keeps another store's version, or tombstone, as it is: its number, parents, author, note and time.

        A tombstone takes the place of the version that it is left of. False if it is there already; Conflict
        if its number has another definition here.
        """

    @abstractmethod
    def get(self, workflow: str, number: int) -> Version:
        """A version; NotFound, which says so if it was deleted. What was changed afterwards says so in `damaged`."""

    @abstractmethod
    def get_latest(self, workflow: str) -> Version:
        """The version with the greatest number; NotFound if there is none."""

    @abstractmethod
    def find(self, workflow: str, digest: str) -> Version | None:
        """The newest version whose definition has this digest."""

    @abstractmethod
    def list(self, workflow: str, *, deleted: bool = False) -> builtins.list[Version]:
        """All versions of a workflow by number, without their definitions; empty if there are none.

        With `deleted` also the tombstones: what a lineage is drawn from.
        """

    @abstractmethod
    def list_all(self, *, deleted: bool = False) -> builtins.list[Workflow]:
        """All workflows that have versions, by id. Run counts are those of the repository's own knowledge (0).

        With `deleted` also those of which tombstones alone are left.
        """

    @abstractmethod
    def delete(self, workflow: str, number: int, *, force: bool = False, by: str = "", note: str = "") -> Version:
        """Removes a version and returns its tombstone, which keeps number, parents, digest and time; NotFound.

        Conflict while another version names it as parent, or a run of the store is of it, unless
        `force`. Its number is not given again, and nothing of its text is left.
        """

    def lineage(self, workflow: str) -> dict[int, tuple[int, ...]]:
        """Version number → its parents' numbers, tombstones included: whole, whatever was deleted."""
        return {version.number: version.parents for version in self.list(workflow, deleted=True)}


class RunRepository(ABC):
    """Runs: finding them, and everything they are made of; and what others than their writer add."""

    @abstractmethod
    def get(self, run: str) -> Run:
        """A run by its id; NotFound."""

    @abstractmethod
    def resolve(self, text: str, within: Query = EVERYTHING) -> str:
        """The id of the one run whose id equals `text`, or begins or ends with it, or whose name is `text`.

        Only runs that match `within` are known. NotFound if there is none, Conflict if there are
        several (naming up to five).
        """

    @abstractmethod
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
        cursor = after
        while rows > 0:
            page = self.query(query, sort, limit=min(rows, 1000), after=cursor)
            cursor, rows = page.next, rows - len(page.items)
            if cursor is None:
                return None
        return cursor

    @abstractmethod
    def count(self, query: Query) -> int:
        """How many runs match. A count by status, workflow, version or session alone comes from counters."""

    @abstractmethod
    def totals(self, within: Query = EVERYTHING) -> Totals:
        """Counters of the whole store, or of the runs that match. Of a session or project they are kept sums too,
        but for today's money, which is read from its runs of today.
        """

    @abstractmethod
    def values(self, key: str, prefix: str = "", *, limit: int = 50, within: Query = EVERYTHING) -> list[str]:
        """Real values of a query key, sorted, that begin with a prefix.

        Keys: `workflow`, `status`, `model`, `session`, `project`, `tag`, `agent`. Costs as many seeks as there
        are values; `within` a query it costs the runs that match.
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
    def messages(self, run: str, *, limit: int = 200, after: str | None = None) -> Page[Message]:
        """Messages in the order they were sent, contents included."""

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
    def events(self, run: str, *, after: int = 0, limit: int = 1000) -> list[tuple[int, bytes]]:
        """`(seq, line)` of events with seq > after, in order, in the bytes that were recorded."""

    @abstractmethod
    def cost_records(
        self, run: str, *, request_id: str | None = None, after: int = 0, limit: int = ALL
    ) -> list[CostRecord]:
        """The model calls of a run, or those with a request id, in order: the first `limit` with seq > after."""

    @abstractmethod
    def costs(self, by: GroupBy, query: Query, *, since: str = "") -> list[CostGroup]:
        """Costs of the matching runs, grouped; most expensive first, `day` newest first.

        `since` is a day (UTC, `2026-11-01`): calls made before it, or nobody knows when, are left out. Answered in one
        statement a database; without a query from rollups (not by step or run, nor by session since a day).
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
        """Adds a pin, tag, note or score; `t` is filled in when empty. NotFound."""

    @abstractmethod
    def acts(self, within: Query = EVERYTHING, *, limit: int = 100, after: str | None = None) -> Page[Act]:
        """What others than their writers did to the runs that match, newest first; of runs that are gone nothing."""

    @abstractmethod
    def decide(self, run: str, approval: str, decision: Decision, *, by: str = "", note: str = "") -> None:
        """Answers a pending approval; the waiting run takes it up within a second.

        Conflict if it is decided or answered already, or the run is finished. NotFound.
        """

    @abstractmethod
    def damage(
        self, run: str | None = None, within: Query = EVERYTHING, *, limit: int = 1000, after: str | None = None
    ) -> Page[Damage]:
        """What could not be read, of one run, of the runs that match, or of the whole store, in the order found."""


class LogRepository(ABC):
    """Log entries, read from the newest end: a page costs what it shows, whatever the run's size."""

    @abstractmethod
    def query(
        self,
        run: str,
        filter: LogFilter = LogFilter(),
        *,
        limit: int = 200,
        after: int | None = None,
        before: int | None = None,
    ) -> list[LogEntry]:
        """Entries in order of seq: the last `limit`, or those after (before) a seq that are nearest to it."""

    @abstractmethod
    def counts(self, run: str) -> dict[Level, int]:
        """Entries by level, from counters."""

    @abstractmethod
    def scan(self, run: str, text: str, *, stop: Callable[[], bool] = lambda: False) -> Iterator[LogEntry]:
        """Entries of one run whose message has the words of a text, in order; ends soon after `stop()`."""

    @abstractmethod
    def search(
        self,
        text: str,
        query: Query,
        *,
        stop: Callable[[], bool] = lambda: False,
        searched: Callable[[], None] = lambda: None,
    ) -> Iterator[LogEntry]:
        """Entries whose message has the words of a text (`log_words.wanted`), of the matching runs, newest run first.

        It yields as it finds, and ends soon after `stop()` becomes true. It calls `searched` after each
        run that it went through; runs that the words rule out are none of these.
        """


class CheckpointRepository(ABC):
    """Checkpoints and their states; a state is read only when somebody looks."""

    @abstractmethod
    def list(self, run: str, *, after: int = 0, limit: int = ALL) -> builtins.list[Checkpoint]:
        """Checkpoints of a run in the order they were taken: the first `limit` with seq > after. Reads no values."""

    @abstractmethod
    def get(self, checkpoint: str) -> Checkpoint:
        """One checkpoint; NotFound."""

    @abstractmethod
    def keys(self, checkpoint: str) -> builtins.list[StateKey]:
        """The keys of a state with their sizes, by key. Reads no values where sizes were recorded."""

    @abstractmethod
    def state(self, checkpoint: str) -> dict[str, Json]:
        """The whole state as it was given; opaque values appear as `{"opaque": …, "size": …, "sha256": …}`."""

    @abstractmethod
    def stored(self, checkpoint: str) -> StoredState:
        """The whole state in the bytes that are stored, opaque ones included: what a run that starts there copies."""

    @abstractmethod
    def value(self, checkpoint: str, key: str) -> Json:
        """The value of one key; NotFound."""

    @abstractmethod
    def diff(self, a: str, b: str) -> StateDiff:
        """What differs from state a to state b, by key; may be of two runs."""

    @abstractmethod
    def blame(self, checkpoint: str, key: str) -> Blame:
        """Which checkpoint on the way to this one last wrote the key; NotFound if the state lacks it."""


class MetricsRepository(ABC):
    """What runs come to, over many of them: derived, and rebuilt at need (but for the patterns).

    Summaries equal what the events say, at every moment: a run is counted when it has ended, once, and again from
    anew when it wakes up or its prices come later. They are kept sums; `within` a query they are made from the runs
    that match, and cost these. A day is that (UTC) on which runs ended.
    """

    @abstractmethod
    def summary(self, workflow: str, version: int | None = None, within: Query = EVERYTHING) -> Outcome:
        """Outcome of the finished runs of a workflow, or of one version, that match a query."""

    @abstractmethod
    def outcomes(self, workflow: str, within: Query = EVERYTHING) -> list[Outcome]:
        """Outcome per version that has runs that match, by version; of runs without a version first."""

    @abstractmethod
    def trends(
        self, workflow: str, version: int | None = None, within: Query = EVERYTHING, *, days: int = 30
    ) -> list[Outcome]:
        """Outcome per day, oldest first: the last `days` days on which runs ended. Costs the runs of these days."""

    @abstractmethod
    def spread(self, workflow: str, version: int | None = None, within: Query = EVERYTHING) -> dict[int, int]:
        """How many finished runs took about how long: runs by class of duration (`core.durations`)."""

    @abstractmethod
    def durations(
        self, workflow: str, version: int | None = None, within: Query = EVERYTHING, *, span: int
    ) -> list[float]:
        """Seconds of the finished runs in one class of duration, ascending; costs these runs."""

    @abstractmethod
    def newest(
        self, workflow: str, version: int | None, within: Query = EVERYTHING, *, limit: int = NEWEST
    ) -> list[Ended]:
        """The finished runs of a version (None: without one) that began last, newest first, with their numbers."""

    @abstractmethod
    def reported(self, workflow: str, within: Query = EVERYTHING) -> list[Reported]:
        """What finished runs reported: by version (of none first), then by name. Costs the values there are."""

    def compare(self, workflow: str, versions: Sequence[int | None], within: Query = EVERYTHING) -> list[Comparison]:
        """Each of the versions after the first against the first: differences with 95 % intervals, methods named.

        Without five runs on both sides there is no interval, and `too_few` says so. Costs at most `NEWEST`
        runs of each version.
        """
        sides = [
            (self._outcome(workflow, version, within), self.newest(workflow, version, within)) for version in versions
        ]
        return [compared(*side, *sides[0]) for side in sides[1:]]

    def against_parent(self, workflow: str, version: int, parent: int | None) -> Comparison:
        """A version against its parent, or without one against nothing (`against` is None); costs as `compare`."""
        if parent is not None:
            return self.compare(workflow, [parent, version])[0]
        nothing = Outcome(workflow=workflow, version=None, runs=0)
        return compared(self.summary(workflow, version), self.newest(workflow, version), nothing, ())

    def _outcome(self, workflow: str, version: int | None, within: Query) -> Outcome:
        if version is not None:
            return self.summary(workflow, version, within)
        without = (outcome for outcome in self.outcomes(workflow, within) if outcome.version is None)
        return next(without, Outcome(workflow=workflow, version=None, runs=0))

    @abstractmethod
    def record_pattern(self, pattern: Pattern) -> None:
        """Adds an observation; one of the same workflow and name is merged (counts added, evidence joined)."""

    @abstractmethod
    def patterns(self, workflow: str) -> list[Pattern]:
        """Patterns of a workflow, most frequent first."""


class FeedRepository(ABC):
    """Notices of change. Hints wake the caller; what changed is always asked."""

    @abstractmethod
    def cursor(self) -> int:
        """The cursor of the present: `changes(cursor())` names only what comes later."""

    @abstractmethod
    def changes(self, since: int, *, limit: int = 5000) -> Changes:
        """What was added, changed or removed after `since`; may over-report, never under-reports."""

    @abstractmethod
    def watch(self, on_change: Callable[[], None]) -> Watch:
        """Calls `on_change` (from a thread of its own, quickly to return) after something may have changed.

        A notice follows within 0.1 s where the system gives notices, else within a few seconds.
        """


class UpkeepRepository(ABC):
    """Looking after the store."""

    @abstractmethod
    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        """Looks for everything that is wrong; changes nothing."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Bytes on disk by part (`runs`, `index`, `database`, `wal`, `spool`, `workflows`, …)."""

    def drop_states(self, run: str, keep: Collection[str], *, by: str = "") -> Dropped:
        """Drops the states of a finished run but those at the checkpoints in `keep`, for good.

        The checkpoints stay with what is known of them; only a dropped one's values are NotFound. A value that a
        kept state needs stays, also where its own checkpoint goes. Killed at any moment it leaves
        either all or what was to be kept; done again it finds nothing to do. Who dropped how much (`by`) is among
        the run's acts. Conflict if the run is not
        finished; NotFound, also for a checkpoint that is not the run's; NotSupported by sources.
        """
        raise NotSupported("states cannot be dropped here", advice="they are their own program's to keep or remove")
