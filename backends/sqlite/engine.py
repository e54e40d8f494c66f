"""SQLite: how a database file is opened, written, closed, and read without a trace.

How it is kept whole and its log small is told in `sqlite_wal.py`.
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.pool import NullPool, StaticPool

from ...core.errors import Corrupt, Full, NotFound, ReadOnly, StorageError
from ...core.forking import undivided
from ..journal.disk import storage_error
from ..operations.reserve import of_database as reserve_of
from ..sql import globs, schema
from ..sql.database import Database
from .backup import Backup
from .blank import as_empty
from .connecting import connect, engine, errors
from .sqlite_errors import translated
from .sqlite_wal import READING, WRITING, Checkpoints, sqlite_is_fixed
from .untraced import untraced
from .write_lock import WAIT_S, Use, WriteLock

__all__ = ["open_database", "set_aside", "sqlite_is_fixed"]

log = logging.getLogger("flightlog")

_PAGE_BYTES = 2048
"""Of a new file. Each of a hundred tables and indexes takes a page, and bodies of some kilobytes fill small ones
better; a change of a few rows in each, as one more run makes, writes half as much to the log. To fill an index anew
takes some percent longer than with pages of 4096, with which the log of a removal on a full disk has too little room
in the reserve."""


@undivided()
def open_database(
    path: Path | None, *, read_only: bool = False, refusal: ReadOnly | None = None, truth: bool, promised: bool = False
) -> Database:
    """Opens a database; `None` is one in memory, gone when it is closed.

    `truth`: the tables that hold a store, brought up to the present schema; damage is Corrupt and
    nothing is touched. Otherwise a disposable index, remade when it is damaged or of another
    schema. Read-only: NotFound if it is not there, and empty if nothing was written yet, or if it is `promised` by
    what lies beside it; nothing is created, upgraded or left behind; `refusal` says why it is read-only, if nobody
    asked for that.
    """
    if path is None:
        return schema.prepared(_in_memory(_memory()), truth=truth, versioned=False)
    if read_only:
        if not promised and not path.exists():
            raise NotFound("there is no such database", where=path)
        return schema.checked(_read_only(path, refusal, truth=truth), truth=truth)
    try:
        return _opened_soundly(path, truth=truth)
    except Full as error:
        return _without_room(path, error, truth=truth)


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
    writer = _writer(path, truth, pool_size=1, max_overflow=0)
    at_once: dict[str, Any] = {"pool_size": 4, "max_overflow": 12, "pool_timeout": WAIT_S}
    database = Database(
        str(path),
        reader=engine(lambda: connect(path, "mode=ro", READING), "BEGIN", **at_once),
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
    with errors(path), writer.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        if driver.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            before()  # the mode is kept in the file, and somebody else's file is not ours to change
            with lock.held(schema.PATIENCE_S):
                driver.execute(f"PRAGMA page_size={_PAGE_BYTES}")  # heeded by an empty file alone
                driver.execute("PRAGMA journal_mode=WAL")


def _read_only(path: Path, refusal: ReadOnly | None, *, truth: bool) -> Database:
    return Database(
        str(path),
        writer=None,
        translate=lambda error: translated(error, str(path)),
        refusal=refusal,
        **(untraced(path, as_empty(_empty_store)) if truth else untraced(path)),
    )


def _empty_store() -> bytes:
    """The file of one."""
    connection = _memory()
    schema.prepared(_in_memory(connection), truth=True, versioned=True)
    return connection.serialize()


def _without_room(path: Path, error: Full, *, truth: bool) -> Database:
    """One on a full disk, of which what is there is read. That it cannot be written is told by each write, for which
    room may be made meanwhile. `error` if there is nothing to be read.
    """
    lock = WriteLock(path.with_name(path.name + ".lock"))
    use = None if truth else Use(path)
    database = Database(
        str(path),
        writer=_writer(path, truth, poolclass=NullPool),  # one that is kept would share its map, for which is no room
        translate=lambda error: translated(error, str(path)),
        write_guard=lock.held,
        settle=Checkpoints(path),
        after_close=lambda: [part.close() for part in (use, lock) if part],
        **untraced(path),
    )
    try:
        return schema.guarded(schema.checked(database, truth=truth), versioned=truth)
    except StorageError:
        database.close()
        raise error from None


def _writer(path: Path, truth: bool, **pool: Any) -> Engine:
    pragmas = (*WRITING, f"PRAGMA synchronous={'FULL' if truth else 'NORMAL'}")
    return engine(lambda: connect(path, "mode=rw", pragmas), "BEGIN IMMEDIATE", **pool)


def _memory() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys=ON")
    globs.install(connection)
    return connection


def _in_memory(connection: sqlite3.Connection) -> Database:
    # One connection is the whole database: a lock lets one thread at a time use it. Reads open no
    # transaction, since nobody can write beside them.
    lock = threading.RLock()

    @contextmanager
    def alone(patience_s: float = 0) -> Iterator[None]:
        with lock:
            yield

    def changes() -> int:
        return connection.total_changes

    return Database(
        ":memory:",
        reader=engine(lambda: connection, "", poolclass=StaticPool),
        writer=engine(lambda: connection, "BEGIN IMMEDIATE", poolclass=StaticPool),
        translate=lambda error: translated(error, ":memory:"),
        read_guard=alone,
        write_guard=alone,
        changes=changes,
    )


class _Pulse:
    """`PRAGMA data_version` on a kept connection: differs after a commit of any other connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._connections = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        with self._lock, errors(self._path):
            if self._connection is None:
                self._connection = connect(self._path, "mode=ro", READING)
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
