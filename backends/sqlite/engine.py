"""SQLite: how a database file is opened, written, closed, and read without a trace.

How it is kept whole and its log small is told in `sqlite_wal.py`.
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, QueuePool, StaticPool

from ...core.errors import Corrupt, Full, Locked, NotFound, ReadOnly
from ...core.forking import undivided
from .. import waiting
from ..journal.disk import storage_error
from ..operations.reserve import of_database as reserve_of
from ..sql import globs, schema
from ..sql.database import Database
from .backup import Backup
from .sqlite_errors import translated
from .sqlite_wal import READING, WRITING, Checkpoints, sqlite_is_fixed
from .write_lock import WAIT_S, Use, WriteLock, shared

__all__ = ["open_database", "set_aside", "sqlite_is_fixed"]

log = logging.getLogger("flightlog")

_PAGE_BYTES = 2048
"""Of a new file. Each of a hundred tables and indexes takes a page, and bodies of some kilobytes fill small ones
better; a change of a few rows in each, as one more run makes, writes half as much to the log. To fill an index anew
takes some percent longer than with pages of 4096, with which the log of a removal on a full disk has too little room
in the reserve."""


@undivided()
def open_database(
    path: Path | None, *, read_only: bool = False, refusal: ReadOnly | None = None, truth: bool
) -> Database:
    """Opens a database; `None` is one in memory, gone when it is closed.

    `truth`: the tables that hold a store, brought up to the present schema; damage is Corrupt and
    nothing is touched. Otherwise a disposable index, remade when it is damaged or of another
    schema. Read-only: NotFound if it is not there; nothing is created, upgraded or left behind; `refusal` says why
    it is, if nobody asked for that.
    """
    if path is None:
        return schema.prepared(_in_memory(), truth=truth, versioned=False)
    if read_only:
        return schema.checked(_read_only(path, refusal), truth=truth)
    while True:
        try:
            return _opened_soundly(path, truth=truth)
        except Full:
            if not truth or not reserve_of(path).give_up():
                raise


def _opened_soundly(path: Path, *, truth: bool) -> Database:
    try:
        return _opened(path, truth=truth)
    except Corrupt as error:
        if truth:
            raise
        log.warning("the index is remade: %s", error)
        set_aside(path)
        return _opened(path, truth=truth)


def set_aside(path: Path) -> None:
    """Removes a damaged index (closed by the caller), so that the next `open_database` makes it anew.

    Corrupt if another process has it open: a file taken from under an open SQLite connection lets
    that connection, when it closes, delete the log of the file that came after.
    """
    with closing(Use(path)) as use:
        if not use.alone():
            raise Corrupt(
                "the index is damaged and another process has it open",
                where=path,
                advice="close the other Flightlogs on this directory and try again",
            )
        for suffix in ("-wal", "-shm", ""):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _opened(path: Path, *, truth: bool) -> Database:
    _create(path)
    lock = WriteLock(path.with_name(path.name + ".lock"))
    use = None if truth else Use(path)
    pulse = _Pulse(path)
    pragmas = (*WRITING, f"PRAGMA synchronous={'FULL' if truth else 'NORMAL'}")
    writer = _engine(lambda: _connect(path, "mode=rw", pragmas), "BEGIN IMMEDIATE", pool_size=1, max_overflow=0)
    at_once: dict[str, Any] = {"pool_size": 4, "max_overflow": 12, "pool_timeout": WAIT_S}
    database = Database(
        str(path),
        reader=_engine(lambda: _connect(path, "mode=ro", READING), "BEGIN", **at_once),
        writer=writer,
        translate=lambda error: translated(error, str(path)),
        write_guard=lock.held,
        settle=Checkpoints(path),
        changes=pulse,
        rests=pulse.rest,
        before_close=pulse.close,
        after_close=lambda: [part.close() for part in (use, lock) if part],
    )
    try:
        _use_wal(writer, path, lock, before=lambda: schema.refuse_others(database) if truth else None)
        schema.prepared(database, truth=truth, versioned=truth, precaution=Backup(path) if truth else None)
        if truth:
            reserve_of(path).fill()
        return schema.guarded(database, versioned=truth)
    except BaseException:
        database.close()
        raise


def _create(path: Path) -> None:
    # An existing file is never opened here: to close any descriptor of a database drops the locks
    # that this process's SQLite connections hold on it (sqlite.org/howtocorrupt.html).
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        pass  # then there is nothing to be made
    except OSError as error:
        raise storage_error(error, path, "making the database") from error


def _use_wal(writer: Engine, path: Path, lock: WriteLock, *, before: Callable[[], None]) -> None:
    # The connection stays in its pool: as the last one to be closed, it takes the `-wal` away.
    with _errors(path), writer.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        if driver.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            before()  # the mode is kept in the file, and somebody else's file is not ours to change
            with lock.held(schema.PATIENCE_S):
                driver.execute(f"PRAGMA page_size={_PAGE_BYTES}")  # heeded by an empty file alone
                driver.execute("PRAGMA journal_mode=WAL")


def _read_only(path: Path, refusal: ReadOnly | None) -> Database:
    """Reads without leaving anything behind.

    Beside a `-wal` a `mode=ro` connection sees it and makes no file (but the `-shm`, should that
    be missing). Without one, SQLite would make both; so the file is then read as `immutable`, each
    time by a short-lived connection, while our writers are held off by the shared side of their lock.
    """
    if not path.exists():
        raise NotFound("there is no such database", where=path)
    wal = path.with_name(path.name + "-wal")

    def connect() -> sqlite3.Connection:
        return _connect(path, "mode=ro" if wal.exists() else "mode=ro&immutable=1", READING)

    def changes() -> int:
        return hash(tuple(_stamp(file) for file in (path, wal)))

    @contextmanager
    def undisturbed() -> Iterator[None]:
        if wal.exists():
            yield
            return
        before = _stamp(path)
        with shared(path.with_name(path.name + ".lock")):
            yield
        if _stamp(path) != before:
            raise Locked("the database was changed while it was read", where=path, advice="read it again")

    return Database(
        str(path),
        reader=_engine(connect, "BEGIN", poolclass=NullPool),
        writer=None,
        translate=lambda error: translated(error, str(path)),
        read_guard=undisturbed,
        changes=changes,
        refusal=refusal,
    )


def _stamp(path: Path) -> tuple[int, int, int]:
    with suppress(FileNotFoundError):
        found = path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns
    return 0, 0, 0


def _in_memory() -> Database:
    # One connection is the whole database: a lock lets one thread at a time use it. Reads open no
    # transaction, since nobody can write beside them.
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys=ON")
    globs.install(connection)
    lock = threading.RLock()

    @contextmanager
    def alone(patience_s: float = 0) -> Iterator[None]:
        with lock:
            yield

    def changes() -> int:
        return connection.total_changes

    return Database(
        ":memory:",
        reader=_engine(lambda: connection, "", poolclass=StaticPool),
        writer=_engine(lambda: connection, "BEGIN IMMEDIATE", poolclass=StaticPool),
        translate=lambda error: translated(error, ":memory:"),
        read_guard=alone,
        write_guard=alone,
        changes=changes,
    )


def _connect(path: Path, options: str, pragmas: tuple[str, ...] = ()) -> sqlite3.Connection:
    # isolation_level=None: the driver begins nothing by itself, so that DDL is transactional as well.
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(path.absolute()))}?{options}",
        uri=True,
        timeout=WAIT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for pragma in ("PRAGMA trusted_schema=OFF", *pragmas):  # a file that was given to us may hold anything
            connection.execute(pragma)
        globs.install(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _engine(connect: Callable[[], sqlite3.Connection], begin: str, **options: Any) -> Engine:
    engine = create_engine("sqlite://", creator=connect, **({"poolclass": QueuePool} | options))

    # Not by an event of the engine: where there is one listener, every statement looks for who listens.
    dialect: Any = engine.dialect
    dialect.do_begin = lambda connection: _begin(connection.driver_connection, begin) if begin else None
    return engine


def _begin(connection: sqlite3.Connection, how: str) -> None:
    if (patience_s := waiting.limited(WAIT_S)) >= WAIT_S:
        connection.execute(how)
        return
    connection.execute(f"PRAGMA busy_timeout={round(patience_s * 1000)}")
    try:
        connection.execute(how)
    finally:
        connection.execute(f"PRAGMA busy_timeout={round(WAIT_S * 1000)}")


class _Pulse:
    """`PRAGMA data_version` on a kept connection: differs after a commit of any other connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._connections = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock, _errors(self._path):
            if self._connection is None:
                self._connection = _connect(self._path, "mode=ro", READING)
                self._connections += 1
            # Each connection counts for itself, all from the same number on.
            version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            return (self._connections << 32) + version

    def rest(self) -> bool:
        self.close()
        self._connection = None
        return True

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        raise translated(error, str(path)) from error
