"""The SQLite backend: journals in a spool, shipped to one database that holds everything."""

import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...core.repositories import MetricsRepository, RecordingRepository
from ...core.store import Reading
from ..files.files_backend import make_data_folder
from ..journal.layout import Layout
from ..read_only import ReadOnlyRecording, opened_read_only
from ..spool.shipper import Shipper
from ..spool.spool_recording import SpoolRecording
from .databases import Databases

if TYPE_CHECKING:
    from ..reading import Watcher
    from ..spool.shipping import Shipping
    from ..sql.database import Database
    from ..sql.projector import Projector
    from ..truth import Truth


class Engine(NamedTuple):
    """What ships into the database, and its projector, of one process."""

    database: "Database"
    projector: "Projector"
    shipping: "Shipping"


class SqliteBackend:
    """The runs of one database. `path` None keeps it in memory, until it is closed. Thread-safe.

    The engine is loaded by the shipping thread or by the first question, not by an agent's call.
    In a forked child everything is opened anew.
    """

    truth: "Truth"
    """What replay carries; there since the reading side was opened."""

    _engine: Engine | None
    _watcher: "Watcher | None"
    _looked: bool

    def __init__(self, path: Path | None, databases: Databases, *, read_only: bool, create: bool) -> None:
        self._temporary = Path(tempfile.mkdtemp(prefix="flightlog-")) if path is None else None
        root = self._temporary if path is None else path.parent
        assert root is not None
        self._layout, self._path, self._databases = Layout(root, spooled=True), path, databases
        self._read_only, self._create = read_only, create and not read_only
        make_data_folder(root, self._layout.spool, create=self._create)
        self._owner = os.getpid()
        self._begin_process()
        self.recording: RecordingRepository = (
            ReadOnlyRecording(lambda: opened_read_only(str(path)))
            if read_only
            else SpoolRecording(self._layout, path, lambda: databases.get(path), self._ship)
        )

    def engine(self) -> Engine:
        """The database and what ships into it, opened at the first call; StorageError."""
        self._check_process()
        with self._lock:
            if self._engine is None:
                from ..spool.shipping import Shipping
                from ..sql.projector import Projector

                database, projector = self._databases.get(self._there()), Projector()
                self._engine = Engine(database, projector, Shipping(self._layout, database, projector))
            return self._engine

    def _there(self) -> Path | None:
        """The database's file; None while nothing was recorded and nothing may be made by looking."""
        path = self._path
        nothing = path is not None and not path.exists() and not self._layout.spool.exists()
        return None if nothing and not self._create else path

    def reading(self, metrics: "Callable[[Database, Callable[[], None]], MetricsRepository]") -> Reading:
        """Opens the database and what reads it."""
        from .. import dropping_states, upkeep
        from ..annotation_writers import TableAnnotations
        from ..data_directory import Root
        from ..ingest.refresh import Refresh
        from ..reading import Watcher, reading_of
        from ..sql.bodies import EventTableBodies
        from ..truth import of_database

        database, projector, shipping = self.engine()
        layout, root = self._layout, Root(self._layout.root)
        refresh = Refresh(root, (lambda: None) if database.read_only else shipping.ship_all)
        path = self._path
        parts = {
            "database": [path] if path else [],
            "wal": [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm")] if path else [],
            "spool": [layout.spool],
            "workflows": [layout.workflows],
        }
        checks = (
            upkeep.can_be_read(refresh),
            upkeep.sqlite_release,
            upkeep.private(layout.root, parts),
            upkeep.sound_database(database),
            upkeep.tidy(layout.spool, by_day=False),
            upkeep.named_damage(database),
            upkeep.lost_runs(database),
        )
        bodies, notes = EventTableBodies(database), TableAnnotations(database, projector)
        self.truth = of_database(layout, database, bodies, refresh, notes)
        self._watcher = Watcher(
            folders=lambda: [layout.root, layout.spool, *([path.parent] if path else [])],
            problem=lambda: root.problem() or refresh.problem or self._shipper.problem,
            version=database.changes,
        )
        return reading_of(
            database,
            bodies,
            refresh,
            notes=None if database.read_only else notes,
            watcher=self._watcher,
            upkeep=upkeep.StoreUpkeep(root, checks, parts, dropping_states.of_database(database, refresh)),
            metrics=metrics(database, refresh),
        )

    def close(self, then: Callable[[], None]) -> None:
        """Ends watches, ships what is left, and calls `then`. May be called twice."""
        self._check_process()
        if self._watcher:
            self._watcher.close()
        self._shipper.close(lambda: self._let_go(then))

    def _let_go(self, then: Callable[[], None]) -> None:
        then()
        if self._temporary and self._owner == os.getpid():
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _ship(self, run: str) -> None:
        self._check_process()
        self._shipper.add(run)

    def _ship_now(self, runs: list[str]) -> tuple[set[str], bool]:
        shipping = self.engine().shipping
        if not self._looked:
            shipping.ship_all()  # what agents left behind that died
            self._looked = True
        return shipping.ship(runs)

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            self._begin_process()

    def _begin_process(self) -> None:
        self._pid, self._lock = os.getpid(), threading.RLock()
        self._engine, self._watcher, self._looked = None, None, False
        self._shipper = Shipper(self._ship_now)
