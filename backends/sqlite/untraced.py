"""Reading a SQLite file without leaving anything behind, and without any room on its disk.

Beside a `-wal` a `mode=ro` connection sees it and makes no file (but the `-shm`, its map, should that be missing, or
have been cut by who opened the file last: it takes 32 KiB of the disk). Where there is no room for the map it is kept
in memory (`readonly_shm`), which SQLite does while nobody has the database open. Without a `-wal`, SQLite would make
both; so the file is then read as `immutable`. All that by short-lived connections, while our writers are held off by
the shared side of their lock. A `-wal` of no bytes is as good as none.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy.pool import NullPool

from ...core.errors import Locked
from .blank import Instead
from .connecting import connect, engine
from .log_file import has_log, has_map, log_of
from .sqlite_wal import READING
from .write_lock import shared


def untraced(path: Path, instead: Instead = lambda connection: connection) -> dict[str, Any]:
    """The `reader`, the `read_guard` and the `changes` of a `Database` that is read so.

    `instead` gives what is read in the place of a connection.
    """

    awaited = not path.exists()

    def connected() -> sqlite3.Connection:
        return instead(opened())

    def opened() -> sqlite3.Connection:
        nonlocal awaited
        awaited = awaited and not path.exists()
        if awaited:
            return sqlite3.connect(":memory:")  # as one that was just made
        if not has_log(path):
            return connect(path, "mode=ro&immutable=1", READING)
        try:
            return connect(path, "mode=ro", (*READING, "PRAGMA schema_version"))  # which looks into the map
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_IOERR_SHMSIZE:
                raise
            return connect(path, "mode=ro&readonly_shm=1", READING)

    def changes() -> int:
        return hash(tuple(_stamp(file) for file in (path, log_of(path))))

    @contextmanager
    def undisturbed() -> Iterator[None]:
        if has_log(path) and has_map(path):
            yield
            return
        before = _stamp(path)
        with shared(path.with_name(path.name + ".lock")):
            yield
        if _stamp(path) != before:
            raise Locked("the database was changed while it was read", where=path, advice="read it again")

    return {"reader": engine(connected, "BEGIN", poolclass=NullPool), "read_guard": undisturbed, "changes": changes}


def _stamp(path: Path) -> tuple[int, int, int]:
    with suppress(FileNotFoundError):
        found = path.stat()
        return found.st_ino, found.st_size, found.st_mtime_ns
    return 0, 0, 0
