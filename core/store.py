"""A store: the repositories of one data directory (or database, or source), bundled."""

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from . import cleaning
from .audit import Act, trail
from .costs import PriceBook
from .errors import Corrupt, StorageError
from .finding import find_runs
from .forking import undivided
from .pages import Page
from .progress import Progress, Standing, telling, told
from .query.query import EVERYTHING, Query
from .recording.recorder import begin_run, resume_run
from .repositories import (
    CheckpointRepository,
    FeedRepository,
    LogRepository,
    MetricsRepository,
    RecordingRepository,
    RunRepository,
    UpkeepRepository,
    WorkflowRepository,
)
from .space import Sorting, Space
from .upkeep import Dropped, Finding

if TYPE_CHECKING:
    from .budgets import Budget
    from .retention.policy_file import PolicyFile


class Reading(NamedTuple):
    """The repositories that answer questions."""

    runs: RunRepository
    logs: LogRepository
    checkpoints: CheckpointRepository
    metrics: MetricsRepository
    feed: FeedRepository
    upkeep: UpkeepRepository
    progress: Progress = Progress()
    """Of what a first question waits for: that everything recorded is taken in."""
    workflows: WorkflowRepository | None = None
    """The versions that belong to these, if they are another store's."""
    instead: str = ""
    """Why these are another store's, shown in the place of one that cannot be opened; empty if they are not."""
    moment: Callable[[], AbstractContextManager[None]] = nullcontext
    """See `Store.moment`."""


class Store:
    """The repositories of one place; made by `backends.open.open_store` alone.

    The reading side is opened at the first question, so that an agent which only records
    never pays for an index or a database engine. Thread-safe.
    """

    def __init__(
        self,
        *,
        name: str,
        recording: RecordingRepository,
        workflows: WorkflowRepository,
        reading: Callable[[], Reading],
        close: Callable[[], None],
        read_only: bool = False,
        durable: bool = False,
        prices: Callable[[], PriceBook | None] = lambda: None,
        has_second: bool = False,
        budgets: "tuple[Budget, ...]" = (),
        policy_file: "PolicyFile | None" = None,
    ) -> None:
        """`has_second`: whether there is another store to be shown when this one cannot be opened."""
        self.name = name
        """What a person calls it: the path or URL as shown (never with credentials)."""
        self.recording = recording
        self._workflows, self._read_only, self.has_second = workflows, read_only, has_second
        self.durable = durable
        self.prices = prices
        """Loads the price book (once; slow, so never called on an agent's path); None if there is none."""
        self.budgets = budgets
        """What its configuration allows to be spent."""
        self.policy_file = policy_file
        """Where its retention policy is written; None where nothing is ever kept or removed by one."""
        self._open_reading = reading
        self._reading: Reading | None = None
        self._opening: Progress | None = None
        self._lock = threading.Lock()
        self._close = close

    @property
    def reading(self) -> Reading:
        """The reading side; the first use opens it (StorageError when it cannot be opened)."""
        reading = self._reading
        if reading is None:
            with undivided(), self._lock:  # half a hundred modules may have to be loaded
                reading = self._reading = self._reading or self._opened()
        return reading

    def _opened(self) -> Reading:
        """Tells `catching_up` how far it is, unless somebody else wants to be told."""
        self._opening = None if told() else Progress()
        try:
            with telling(self._opening or told() or Progress()):
                return self._open_reading()
        finally:
            self._opening = None

    @property
    def instead(self) -> str:
        """Why another store is shown in the place of this one; empty if none is. Opens one that has a second."""
        try:
            return self.reading.instead if self.has_second else ""
        except StorageError:
            return ""  # there is nothing to be shown, as the first question will be told

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed here: it was opened so, or is shown from its second copy."""
        return self._read_only or (self._reading is not None and bool(self._reading.instead))

    @property
    def workflows(self) -> WorkflowRepository:
        """The versions of workflows."""
        shown = self._reading.workflows if self._reading is not None else None
        return shown or self._workflows

    @property
    def runs(self) -> RunRepository:
        """Runs and everything they are made of."""
        return self.reading.runs

    @property
    def logs(self) -> LogRepository:
        """Log entries."""
        return self.reading.logs

    @property
    def checkpoints(self) -> CheckpointRepository:
        """Checkpoints and their states."""
        return self.reading.checkpoints

    @property
    def metrics(self) -> MetricsRepository:
        """Summaries and patterns."""
        return self.reading.metrics

    @property
    def feed(self) -> FeedRepository:
        """Notices of change."""
        return self.reading.feed

    @property
    def upkeep(self) -> UpkeepRepository:
        """Looking after the store; of one that cannot be opened it can at least be said why."""
        try:
            return self.reading.upkeep
        except StorageError as error:
            return Unopened(self.name, error)

    def catching_up(self) -> Standing | None:
        """How far the reading side has come with what was recorded since it was last up to date, in journals; or,
        before, with the upgrade of an older database.

        None if it has nothing to take in. Any thread may ask while another waits for an answer; costs nothing.
        """
        reading, opening = self._reading, self._opening
        if reading is None:
            return None if opening is None else opening.look()
        return reading.progress.look()

    def moment(self) -> AbstractContextManager[None]:
        """A block in which all that this thread asks is answered as of one moment, after one look at what is new.

        For what is read often and together: each question by itself looks anew. Keep it short, and change
        nothing in it. Where a store cannot do that, every question still is answered by itself.
        """
        return self.reading.moment()

    def audit(self, within: Query = EVERYTHING, *, limit: int = 100, after: str | None = None) -> Page[Act]:
        """Who did what and when, newest first: to the runs that match, and with `within` all also to versions.

        Operations on runs that are gone are told too, with `within` all or if it asks for nothing but ids. Acts on
        runs cost what is returned, those on versions one look at all of these; with a query each operation is looked
        at until there are enough.
        """
        return trail(self.runs, self.workflows, self.upkeep, within, max(limit, 1), after)

    # Methods as they are, so that an editor knows what a run may be told.
    run = begin_run
    resume = resume_run
    find = find_runs
    archive = cleaning.archive
    restore = cleaning.restore
    trash = cleaning.trash
    undo = cleaning.undo
    purge = cleaning.purge
    plan = cleaning.plan
    apply = cleaning.apply

    def scoped(self, *, session: str | None = None, project: str | None = None) -> "Store":
        """The same store for one session or project (or what belongs to both): every query carries the condition.

        Another's run, checkpoint, cost, message or log is NotFound in every repository; runs are
        recorded into the scope. A guard against mistakes, not access control. Versions of workflows
        belong to no session. Both are one store: to close either closes it.
        """
        from .scoping.scope import Scope
        from .scoping.scoped import scoped

        return scoped(self, Scope(session=session or None, project=project or None))

    def close(self) -> None:
        """Ships what is waiting, stops threads, closes files. May be called twice."""
        self._close()

    def __repr__(self) -> str:
        return f"<Store {self.name}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Store stays in its process; send its path or URL, and open it there with flightlog.open")

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Unopened(UpkeepRepository):
    """What can be said of a store whose reading side cannot be opened."""

    def __init__(self, name: str, error: StorageError) -> None:
        self._name, self._error = name, error

    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        error = self._error
        damaged = isinstance(error, Corrupt)
        advice = (
            "copy it away; `sqlite3 FILE .recover` saves what can be read of a database" if damaged else error.advice
        )
        kind = "damaged-database" if damaged else "unreadable"
        yield Finding(severity="error", kind=kind, what=error.what, where=error.where or self._name, advice=advice)

    def sizes(self) -> dict[str, int]:
        return {}

    def space(
        self, path: Sequence[str] = (), *, sort: Sorting = "size", limit: int = 1000, after: str | None = None
    ) -> Space:
        raise self._error

    def drop_states(
        self, run: str, keep: Collection[str], *, by: str = "", rule: str = "", dry: bool = False
    ) -> Dropped:
        raise self.refusal()

    def refusal(self) -> StorageError:
        return self._error
