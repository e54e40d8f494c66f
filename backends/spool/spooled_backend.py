"""What all SQL backends have in common: journals in a spool, shipped to one database that holds everything."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...core.forking import inherited, undivided
from ...core.repositories import RecordingRepository, UpkeepRepository
from ...core.store import Reading
from ..files.files_backend import make_data_folder
from ..journal.layout import Layout
from ..moving.gate import Gate, GatedNotes, GatedRecording, gated
from ..read_only import ReadOnlyNotes, ReadOnlyRecording, opened_read_only
from .shipper import Shipper
from .spool_recording import Shipped, SpoolRecording

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..checks.check import Check
    from ..data_directory import Root
    from ..ingest.refresh import Refresh
    from ..operations.engine import Operations
    from ..operations.on_tables.housekeeping import Housekeeping
    from ..reading import Watcher
    from ..replay.truth import Truth
    from ..space.engines import Taken
    from ..sql.bodies import Bodies
    from ..sql.database import Database
    from ..sql.metrics_repository import SqlMetrics
    from ..sql.projector import Projector
    from .shipping import Shipping


class Engine(NamedTuple):
    """What ships into the database, and its projector, of one process."""

    database: "Database"
    projector: "Projector"
    shipping: "Shipping"


class SpooledBackend(ABC):
    """The runs of one database. Thread-safe.

    The engine is loaded by the shipping thread or by the first question, not by an agent's call.
    In a forked child everything is opened anew.
    """

    truth: "Truth"
    """What replay carries; there since the reading side was opened."""

    _shared = False
    """Whether other machines use the database too."""
    _engine: Engine | None
    _watcher: "Watcher | None"

    def __init__(self, layout: Layout, name: str, lies_in: Path, *, read_only: bool, create: bool) -> None:
        """`layout` is that of the spool, `name` what a person calls the database; `lies_in` the folder that is there as
        long as the store is.
        """
        self._layout, self._name, self._create = layout, name, create and not read_only
        self._lies_in = lies_in
        make_data_folder(lies_in, layout.spool, create=self._create)
        self.in_child()
        inherited(self)
        self.gate = Gate(layout.root)
        recording = SpoolRecording(layout, name, self._for_recording, self._shipped, self._ship, self._held_elsewhere)
        self.recording: RecordingRepository = (
            ReadOnlyRecording(lambda: opened_read_only(name)) if read_only else GatedRecording(recording, self.gate)
        )

    # --- what a kind of database knows

    @abstractmethod
    def _open(self) -> "Database":
        """The database, opened at the first call."""

    @abstractmethod
    def _for_recording(self) -> "Database":
        """The database, made if it is not there; asked by those who take a run up or wait for an answer."""

    @abstractmethod
    def _shipped(self, run: str) -> Shipped:
        """How much of a run is in the database; asked for each run that begins, so by the quickest way there is."""

    @abstractmethod
    def _files(self) -> Mapping[str, Sequence[Path]]:
        """The files of the database itself, by what they are."""

    def _shipping(self, database: "Database", projector: "Projector") -> "Shipping":
        """What ships into it."""
        from .shipping import Shipping

        return Shipping(self._layout, database, projector)

    def _held_elsewhere(self, run: str) -> str:
        """Who writes a run on another machine; empty if nobody does."""
        return ""

    @abstractmethod
    def _taken(self, connection: "Connection") -> "Taken":
        """What the database takes by its engine's own account."""

    def _sizes(self, database: "Database") -> dict[str, int]:
        """Bytes of what is no file of this machine."""
        return {}

    @abstractmethod
    def _housekeeping(self, database: "Database") -> "Housekeeping":
        """What the engine does for operations on runs."""

    @abstractmethod
    def _checks(self, database: "Database") -> "Sequence[Check]":
        """Whether the engine finds its data whole."""

    # --- what all share

    def engine(self) -> Engine:
        """The database and what ships into it, opened at the first call; StorageError."""
        with undivided(), self._lock:
            if self._engine is None:
                from ..sql.projector import Projector

                database, projector = self._open(), Projector()
                self._engine = Engine(database, projector, self._shipping(database, projector))
            return self._engine

    def reading(self, metrics: "Callable[[Database, Callable[[], None]], SqlMetrics]") -> Reading:
        """Opens the database and what reads it."""
        from ..annotation_writers import TableAnnotations
        from ..archive.archived_bodies import ArchivedBodies
        from ..archive.either_bodies import EitherBodies
        from ..data_directory import Root
        from ..ingest.refresh import Refresh
        from ..operations.on_tables.housekeeping import Writes
        from ..operations.on_tables.record import TableRecord
        from ..reading import reading_of
        from ..replay.truth import of_database
        from ..sql import run_queries
        from ..sql.bodies import EventTableBodies
        from ..upkeep.forwarded_upkeep import LazyUpkeep

        database, projector, shipping = self.engine()
        root = Root(self._lies_in)
        work = (lambda: None) if database.read_only else shipping.ship_all
        refresh = Refresh(root, work, self._ship_own, database.changes, known=partial(run_queries.is_any, database))
        bodies = EitherBodies(
            EventTableBodies(database),
            ArchivedBodies(self._layout.archived),
            partial(run_queries.is_archived, database),
        )
        notes = TableAnnotations(database, projector)
        keeping = self._housekeeping(database)
        record = TableRecord(database, Writes(keeping), keeping.lock)
        upkeep = LazyUpkeep(record, lambda: self._upkeep(database, root, refresh, self._operations(bodies, keeping)))
        self.truth = of_database(self._layout, database, bodies, refresh.insist, notes, record)
        self._watcher = self._new_watcher(database, root, refresh)
        return reading_of(
            database,
            bodies,
            refresh,
            notes=ReadOnlyNotes(database.refused) if database.read_only else GatedNotes(notes.annotate, self.gate),
            watcher=self._watcher,
            upkeep=upkeep if database.read_only else upkeep.settled(),
            metrics=metrics(database, refresh),
        )

    def _new_watcher(self, database: "Database", root: "Root", refresh: "Refresh") -> "Watcher":
        from ..reading import Watcher

        files = [path for paths in self._files().values() for path in paths]
        folders = {self._layout.root, self._layout.spool, *(path.parent for path in files)}

        def problem() -> str:
            said = root.problem() or database.problem() or refresh.problem
            return said or self._shipper.problem or self.gate.problem()

        return Watcher(folders=lambda: folders, problem=problem, version=database.changes)

    def _upkeep(
        self, database: "Database", root: "Root", refresh: "Refresh", operations: "Operations"
    ) -> "UpkeepRepository":
        from ..space.stores import of_database as space_of_database
        from ..upkeep import dropping_states
        from ..upkeep.repairs import for_any, for_tables
        from ..upkeep.store_upkeep import StoreUpkeep

        layout, files = self._layout, self._files()
        parts = {**files, "spool": [layout.spool], "archive": [layout.archive], "workflows": [layout.workflows]}
        all_files = [path for paths in files.values() for path in paths]
        return StoreUpkeep(
            root,
            self._all_checks(database, refresh, parts, operations),
            parts,
            gated(dropping_states.of_database(database, refresh), self.gate),
            lambda: self._sizes(database),
            operations,
            repairs={}
            if database.read_only
            else for_any(self._lies_in, layout, parts, self.recording) | for_tables(database),
            space=space_of_database(layout, database, refresh, self._taken, all_files),
        )

    def _all_checks(
        self,
        database: "Database",
        refresh: "Refresh",
        parts: "Mapping[str, Sequence[Path]]",
        operations: "Operations",
    ) -> "Sequence[Check]":
        from ..checks import access, check, folders, tables

        layout = self._layout
        return (
            check.can_be_read(refresh, self._lies_in),
            access.private(self._lies_in, parts),
            *self._checks(database),
            folders.tidy(layout.spool, by_day=False),
            *self._waiting(database),
            tables.every_index(database),
            tables.named_damage(database),
            tables.lost_runs(database),
            tables.archived_rows(database, layout, operations.verify),
            tables.unfinished(operations),
        )

    def _waiting(self, database: "Database") -> "Sequence[Check]":
        from ..checks import folders

        if not database.read_only:
            return ()  # whoever looks has shipped everything
        return (folders.waiting_in_spool(self._layout, self.engine().shipping.is_shipped),)

    def _operations(self, bodies: "Bodies", keeping: "Housekeeping") -> "Operations":
        """What is done with runs; what was cut off is settled."""
        from ..operations.on_tables.operations import operations_on
        from ..operations.on_tables.workplace import Workplace

        database, projector, shipping = self.engine()
        passing = partial(_refused, database) if database.read_only else self.gate.passing
        place = Workplace(database, projector, bodies, self._layout, shipping, keeping, self._held_elsewhere)
        return operations_on(place, passing, shared=self._shared)

    def close(self, then: Callable[[], None]) -> None:
        """Ends watches, ships what is left, and calls `then`. May be called twice."""
        if self._watcher:
            self._watcher.close()
        self._shipper.close(then)

    def _ship(self, run: str) -> None:
        self._shipper.add(run)

    def _ship_now(self, runs: list[str], soon: bool) -> tuple[set[str], bool]:
        shipping = self.engine().shipping
        shipped = shipping.ship(runs, soon=soon)
        shipping.make_rounds()
        return shipped

    def _ship_own(self) -> None:
        if runs := self._shipper.runs():  # none, where it is read only
            self.engine().shipping.ship(runs)

    def in_child(self) -> None:
        """Nothing is open, and no thread ships: so a process begins."""
        self._lock = threading.RLock()
        self._engine, self._watcher = None, None
        self._shipper = Shipper(self._ship_now)


@contextmanager
def _refused(database: "Database") -> Iterator[None]:
    """What every change of a store comes to that can only be read."""
    raise database.refused()
    yield
