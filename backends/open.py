"""The one door to every backend: a place and a configuration become a store."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

import msgspec

from ..core.config import Config, LocalType, Storage, StorageType
from ..core.costs import PriceBook
from ..core.errors import NotSupported, StorageError
from ..core.query.query import of_version
from ..core.repositories import RecordingRepository, WorkflowRepository
from ..core.store import Reading, Store
from .configuration.config_file import load_config
from .configuration.configured_policy import ConfiguredPolicy
from .configuration.effective_config import decided
from .configuration.following import Followed
from .configuration.places import MEMORY, Place, place_of, read_place
from .configuration.policies import budgets_of
from .databases import Databases
from .joined.joining import Joining
from .journal.layout import Layout
from .moving.gate import Gate
from .postgres.server_url import ServerUrl
from .read_only import opened_read_only
from .workflows.checked_versions import CheckedVersions
from .workflows.forwarded_workflows import GuardedWorkflows, LazyWorkflows, ReadOnlyWorkflows

if TYPE_CHECKING:
    from .mirror.mirror import Mirror
    from .replay.truth import Truth
    from .sql.database import Database
    from .sql.metrics_repository import SqlMetrics

BACKENDS: dict[StorageType, str] = {
    "file": "files.files_backend",
    "sqlite": "sqlite.sqlite_backend",
    "postgres": "postgres.postgres_backend",
}
"""How runs can be kept, and the module whose `backend` opens them so; imported when it is used."""

_backends: "WeakKeyDictionary[Store, Backend]" = WeakKeyDictionary()


class Backend(Protocol):
    """How runs are kept."""

    recording: RecordingRepository
    truth: "Truth"
    gate: Gate

    def reading(self, metrics: "Callable[[Database, Callable[[], None]], SqlMetrics]") -> Reading:
        """Opens what answers questions; called once. `metrics` is made over its query tables and refresh."""
        ...

    def close(self, then: Callable[[], None]) -> None:
        """Gives everything back and calls `then`. May be called twice."""
        ...


def open_store(
    place: str | os.PathLike[str] | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    read_only: bool = False,
    durable: bool = False,
    create: bool = True,
    storage: LocalType | None = None,
) -> Store:
    """Opens the store of a place, importing only the backend that it needs.

    `place` is a data directory, a SQLite file, `file:PATH`, `sqlite:PATH`, `sqlite::memory:`, the URL of a PostgreSQL
    database, a LangGraph database or a folder of transcripts; None is `FLIGHTLOG_DATA`, `./flightlog-data` or the
    user's data directory.
    Without a configuration, what lies in a data directory decides; in an empty one `storage` does,
    and else `flightlog.db` is made, with versions as YAML. `create=False` makes no data directory.
    The folder of another store's mirror is opened read-only, until its `mirror.json` is deleted.
    """
    where = place_of(place)
    if read_only or not create:
        where = read_place(where, config)
    if where.kind == "source":
        return _source(where)
    if where.root is None:
        return _in_memory(Databases(read_only=False, create=True, private=True), durable)
    settings = decided(where, load_config(where.root, config), storage)
    name = where.url.name if where.url else str(where.path or where.root)
    mirror = "" if read_only or where.kind != "directory" else _told_of_mirror(where.root)
    store = _kept(name, settings, read_only=read_only or bool(mirror), durable=durable, create=create, instead=mirror)
    refusal = (lambda: opened_read_only(name)) if store.read_only else None
    store.policy_file = ConfiguredPolicy(where.root, settings.file, refusal)
    backend = _backends.get(store)
    if backend and where.kind == "directory":
        backend.gate.moved = Followed(where, settings).moved
    return store


def _told_of_mirror(root: Path) -> str:
    if not Layout(root).bookmark.exists():
        return ""
    from .mirror.bookmark import told_of_mirror

    return told_of_mirror(root)


def _kept(name: str, settings: Config, *, read_only: bool, durable: bool, create: bool, instead: str = "") -> Store:
    """The store of a configuration in which every concern is decided; `instead` is said of one that is a mirror."""
    assert settings.logs
    assert settings.workflows
    assert settings.metrics
    databases = Databases(read_only=read_only, create=create and not read_only)
    mirror = _mirror(name, settings, read_only=read_only, create=create)
    try:
        backend = _backend(settings, databases, read_only=read_only, create=create)
    except StorageError as error:
        if mirror is None:
            raise
        return mirror.instead(name, error, budgets_of(settings))
    workflows, metrics = _workflows(settings.workflows, databases), settings.metrics

    def reading() -> Reading:
        own = backend.reading(lambda database, refresh: _metrics(metrics, databases, database, refresh, backend.gate))
        own = own._replace(upkeep=CheckedVersions(own.upkeep, workflows))
        return _as_mirror(own, instead) if instead else own

    def close() -> None:
        backend.close(databases.close)

    joining = Joining(settings.sources, (lambda: mirror.reading(reading)) if mirror else reading)
    store = Store(
        name=name,
        recording=mirror.recording(backend.recording) if mirror else backend.recording,
        workflows=ReadOnlyWorkflows(workflows, lambda: opened_read_only(name))
        if read_only
        else _guarded(workflows, lambda: store, backend.gate),
        reading=joining.open,
        close=lambda: joining.close((lambda: mirror.close(close)) if mirror else close),
        read_only=read_only,
        durable=durable,
        prices=_price_book,
        has_second=mirror is not None or bool(instead),
        budgets=budgets_of(settings),
    )
    _backends[store] = backend
    return store


def _as_mirror(reading: Reading, what: str) -> Reading:
    from .mirror.shown import MirrorFeed

    return reading._replace(feed=MirrorFeed(reading.feed, what), instead=what)


def open_alone(where: Place, settings: Config, *, read_only: bool, create: bool) -> Store:
    """The store of a place by a configuration in which every concern is decided, without its mirror and sources."""
    alone = msgspec.structs.replace(settings, mirror=None, sources=())
    name = where.url.name if where.url else str(where.path or where.root)
    return _kept(name, alone, read_only=read_only, durable=False, create=create)


def _mirror(name: str, settings: Config, *, read_only: bool, create: bool) -> "Mirror | None":
    """The mirror of a store, if one is configured. Its thread opens the store once more, for itself."""
    if settings.mirror is None or settings.logs is None:
        return None
    from .mirror.first import First
    from .mirror.mirror import Mirror

    alone, database = msgspec.structs.replace(settings, mirror=None, sources=()), Path(settings.logs.path)

    def first() -> First | None:
        if settings.logs and settings.logs.type == "sqlite" and not (create or database.exists()):
            return None
        store = _kept(name, alone, read_only=read_only, durable=False, create=create)
        try:
            return First(store, truth_of(store))
        except BaseException:
            store.close()
            raise

    feeds = not read_only and (not settings.logs.path or os.access(database.parent, os.W_OK))
    return Mirror(Path(settings.mirror.path), first, feeds=feeds)


def truth_of(store: Store) -> "Truth":
    """What a store holds that cannot be derived, for replay; NotSupported for a source."""
    backend = _backends.get(store)
    if backend is None:
        raise NotSupported("this store keeps no events of its own", where=store.name, advice="name a data directory")
    _ = store.reading
    return backend.truth


def _in_memory(databases: Databases, durable: bool) -> Store:
    from .sqlite.sqlite_backend import SqliteBackend

    backend = SqliteBackend(None, databases, read_only=False, create=True)
    store = Store(
        name=MEMORY,
        recording=backend.recording,
        workflows=_guarded(LazyWorkflows(lambda: _in_table(databases.get(None))), lambda: store, backend.gate),
        reading=lambda: backend.reading(
            lambda database, refresh: _in_database(database, refresh, lambda: databases.get(None))
        ),
        close=lambda: backend.close(databases.close),
        durable=durable,
        prices=_price_book,
    )
    _backends[store] = backend
    return store


def _backend(settings: Config, databases: Databases, *, read_only: bool, create: bool) -> Backend:
    assert settings.logs
    package = import_module(f"{__package__}.{BACKENDS[settings.logs.type]}")
    archive = Path(settings.archive) if settings.archive else None
    backend: Backend = package.backend(settings.logs, databases, archive, read_only=read_only, create=create)
    return backend


def _where(kept: Storage) -> Path | ServerUrl:
    return ServerUrl(kept.url) if kept.type == "postgres" else Path(kept.path)


def _workflows(kept: Storage, databases: Databases) -> WorkflowRepository:
    if kept.type == "file":
        return LazyWorkflows(lambda: _in_files(Path(kept.path)), in_files=True)
    return LazyWorkflows(lambda: _in_table(databases.beside(_where(kept))))


def _guarded(workflows: WorkflowRepository, store: Callable[[], Store], gate: Gate) -> WorkflowRepository:
    """Versions that are not deleted while the store has runs of them."""
    return GuardedWorkflows(workflows, lambda id, number: store().runs.count(of_version(id, number)), gate.passing)


def _in_files(folder: Path) -> WorkflowRepository:
    from .workflows.workflow_files import FileWorkflows

    return FileWorkflows(folder)


def _in_table(database: "Database") -> WorkflowRepository:
    from .sql.version_repository import SqlWorkflows

    return SqlWorkflows(database)


def _metrics(
    kept: Storage, databases: Databases, database: "Database", refresh: Callable[[], None], gate: Gate
) -> "SqlMetrics":
    if kept.type == "file":
        from .files.file_metrics import FileMetrics

        found: SqlMetrics = FileMetrics(database, refresh, Path(kept.path) / "patterns.jsonl")
    else:
        found = _in_database(database, refresh, lambda: databases.beside(_where(kept)))
    found.passing = gate.passing
    return found


def _in_database(database: "Database", refresh: Callable[[], None], kept: "Callable[[], Database]") -> "SqlMetrics":
    from .sql.metrics_repository import SqlMetrics

    return SqlMetrics(database, refresh, kept)


def _price_book() -> PriceBook:
    from .prices import price_book

    return price_book()


def _source(where: Place) -> Store:
    from .sources.open_source import source_at

    assert where.path
    return source_at(where.path)
