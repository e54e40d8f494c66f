"""The files backend: journals are the store, and a disposable index beside them answers questions."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...core.errors import ConfigError, NotFound
from ...core.forking import inherited
from ...core.progress import Progress
from ...core.repositories import RecordingRepository, UpkeepRepository
from ...core.store import Reading
from ..journal.disk import make_folder, storage_error
from ..journal.layout import Layout
from ..journal.recording import JournalRecording
from ..moving.gate import Gate, GatedNotes, GatedRecording, gated
from ..read_only import ReadOnlyNotes, ReadOnlyRecording, opened_read_only

if TYPE_CHECKING:
    from ...core.config import Storage
    from ..archive.either_bodies import EitherBodies
    from ..checks.check import Check
    from ..data_directory import Root
    from ..databases import Databases
    from ..ingest.refresh import Refresh
    from ..operations.engine import Operations
    from ..operations.reserve import Reserve
    from ..reading import Watcher
    from ..replay.truth import Truth
    from ..sql.database import Database
    from ..sql.metrics_repository import SqlMetrics
    from .index import Index


class _Indexed(NamedTuple):
    """A data directory with its index: all that is needed to read it."""

    database: "Database"
    file: Path | None
    """In which the index lies, if in any."""
    root: "Root"
    reader: "Index"
    refresh: "Refresh"


class FilesBackend:
    """The runs of one data directory: recorded without an index, read through one. Thread-safe."""

    truth: "Truth"
    """What replay carries; there since the reading side was opened."""

    def __init__(self, root: Path, *, read_only: bool, create: bool, archive: Path | None = None) -> None:
        self._layout, self._read_only = Layout(root, archive_at=archive), read_only
        if root not in self._layout.archive.parents:
            advice = "name a folder in it, or leave `archive` out"
            raise ConfigError("runs in files are archived in their data directory", where=archive, advice=advice)
        make_data_folder(root, self._layout.runs, create=create and not read_only)
        self.gate = Gate(root)
        self.recording: RecordingRepository = (
            ReadOnlyRecording(lambda: opened_read_only(str(root)))
            if read_only
            else GatedRecording(JournalRecording(self._layout), self.gate)
        )
        self.in_child()
        inherited(self)

    def in_child(self) -> None:
        """Nothing is there to be closed: so a process begins. The watches of its parent are not a child's to end."""
        self._closing: list[Callable[[], None]] = []

    def reading(self, metrics: "Callable[[Database, Callable[[], None]], SqlMetrics]") -> Reading:
        """Opens the index and what reads through it."""
        from ..annotation_writers import FileAnnotations
        from ..operations.on_files.record import FileRecord
        from ..reading import reading_of
        from ..replay.truth import of_files
        from ..upkeep.forwarded_upkeep import LazyUpkeep

        layout, progress = self._layout, Progress()
        indexed = self._indexed(progress)
        database, refresh = indexed.database, indexed.refresh
        bodies, record = _bodies(layout, database), FileRecord(layout.audit, _reserve(layout))
        self.truth = of_files(layout, database, bodies, refresh.insist, record)
        watcher = self._watcher(indexed)
        upkeep = LazyUpkeep(record, lambda: self._upkeep(indexed))
        if not self._read_only and os.access(layout.root, os.W_OK):
            _reserve(layout).fill()
            upkeep.settled()
        # The last first: what is just being read is stopped, and then waited for.
        self._closing += [watcher.close, refresh.close, progress.stop]
        return reading_of(
            database,
            bodies,
            refresh,
            notes=ReadOnlyNotes(lambda: opened_read_only(str(layout.root)))
            if self._read_only
            else GatedNotes(FileAnnotations(layout).annotate, self.gate),
            watcher=watcher,
            upkeep=upkeep,
            metrics=metrics(database, refresh),
            progress=progress,
        )

    def _indexed(self, progress: Progress) -> "_Indexed":
        """The index, opened, and what keeps it up to date, which tells `progress` how far it is."""
        from ..data_directory import Root
        from ..ingest.reading_on import ReadingOn
        from ..ingest.refresh import Refresh
        from ..sql import run_queries
        from ..sql.projector import Projector
        from .index import Index
        from .opening import open_index

        database, file = open_index(self._layout, read_only=self._read_only)
        self._closing.append(database.close)
        root, behind, clears = Root(self._layout.root), ReadingOn(), not self._read_only
        index = Index(self._layout, root, database, Projector(), progress, begun=behind.show, clears=clears)
        known = partial(run_queries.is_any, database)
        refresh = Refresh(root, index.look, changes=database.changes, behind=behind, known=known)
        return _Indexed(database, file, root, index, refresh)

    def _watcher(self, indexed: "_Indexed") -> "Watcher":
        from ..reading import Watcher

        _, _, root, index, refresh = indexed
        return Watcher(
            folders=index.folders,
            problem=lambda: root.problem() or refresh.problem or index.problem or self.gate.problem(),
            version=lambda: refresh.version,
        )

    def _upkeep(self, indexed: "_Indexed") -> "UpkeepRepository":
        from ..operations.on_files.operations import operations_on
        from ..space.stores import of_files as space_of_files
        from ..upkeep import dropping_states
        from ..upkeep.repairs import for_any, for_journals, for_tables
        from ..upkeep.store_upkeep import StoreUpkeep

        layout, (database, file, root, index, refresh) = self._layout, indexed
        parts = _parts(layout, file)
        operations = operations_on(layout, database, file, refresh, self.gate, read_only=self._read_only)
        drop_states = dropping_states.of_files(layout, database, refresh, read_only=self._read_only)
        repairs = {} if self._read_only else for_any(layout.root, layout, parts, self.recording)
        if not self._read_only:
            repairs |= for_journals(layout, gated(index.again, self.gate)) | for_tables(database)
        return StoreUpkeep(
            root,
            (*_seen(refresh, index, layout.root), *_checks(layout, database, parts, operations)),
            parts,
            gated(drop_states, self.gate),
            repairs=repairs,
            operations=operations,
            space=space_of_files(layout, database, refresh, file),
        )

    def close(self, then: Callable[[], None]) -> None:
        """Ends watches, closes the index and calls `then`. May be called twice."""
        while self._closing:
            self._closing.pop()()
        then()


def _bodies(layout: Layout, database: "Database") -> "EitherBodies":
    from ..archive.archived_bodies import ArchivedBodies
    from ..archive.either_bodies import EitherBodies
    from ..sql import run_queries
    from .journal_bodies import JournalBodies

    live, archived = JournalBodies(layout, database), ArchivedBodies(layout.archived)
    return EitherBodies(live, archived, partial(run_queries.is_archived, database))


def _seen(refresh: "Refresh", index: "Index", root: Path) -> "Sequence[Check]":
    from ..checks import access, check

    return check.can_be_read(refresh, root), access.all_may_be_read(lambda: index.problem, root)


def _checks(
    layout: Layout,
    database: "Database",
    parts: "Mapping[str, Sequence[Path]]",
    operations: "Operations",
) -> "Sequence[Check]":
    from ..checks import access, folders, tables

    return (
        tables.sqlite_release,
        tables.full_text(database),
        access.private(layout.root, parts),
        folders.tidy(layout.runs, by_day=True),
        folders.left_in_spool(layout.spool),
        tables.every_index(database),
        tables.named_damage(database, lambda run: layout.torn(run).exists()),
        tables.lost_runs(database),
        tables.in_step(database, layout.root),
        folders.archives(layout.archive),
        folders.sound_record(layout.audit),
        tables.unfinished(operations),
    )


def _parts(layout: Layout, index: Path | None) -> dict[str, list[Path]]:
    """The files and folders of a data directory, by what they are."""
    return {
        "runs": [layout.runs],
        "archive": [layout.archive],
        "trash": [layout.trash],
        "record": [layout.audit],
        "annotations": [layout.annotations],
        "metrics": [layout.root / "metrics"],
        "workflows": [layout.workflows],
        "index": [index.with_name(index.name + suffix) for suffix in ("", "-wal", "-shm")] if index else [],
    }


def make_data_folder(root: Path, part: Path, *, create: bool) -> None:
    """Makes a data directory and a folder in it, or says that it is not there."""
    try:
        if create:
            make_folder(part)
    except OSError as error:
        if not _is_there(root):
            raise storage_error(error, part, "making the data directory") from error
        # It may be read all the same; whoever records is told.
    if not _is_there(root):
        raise NotFound(
            "there is no data directory", where=root, advice="record a first run into it, or try `flightlog demo`"
        )


def _is_there(root: Path) -> bool:
    """Whether there is such a folder. StorageError where nobody may look into it."""
    try:
        os.stat(f"{root}/.")
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise storage_error(error, root, "looking into the data directory") from error
    return True


def _reserve(layout: Layout) -> "Reserve":
    from ..operations.reserve import of_index

    return of_index(layout.index_db)


def backend(
    logs: "Storage", databases: "Databases", archive: Path | None, *, read_only: bool, create: bool
) -> FilesBackend:
    """The runs in the files of a folder."""
    return FilesBackend(Path(logs.path).parent, read_only=read_only, create=create, archive=archive)
