"""Reading a SQLite file without leaving anything behind, and without any room on its disk.

Beside a `-wal` a `mode=ro` connection sees it and makes no file (but the `-shm`, should that be missing, or have been
cut by who opened the file last: it takes 32 KiB of the disk). Without one, SQLite would make both; so the file is then
read as `immutable`, each time by a short-lived connection, while our writers are held off by the shared side of their
lock. A `-wal` of no bytes is as good as none.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy.pool import NullPool

from ...core.errors import Locked
from .connecting import connect, engine
from .log_file import has_log, log_of
from .sqlite_wal import READING
from .write_lock import shared


def untraced(path: Path) -> dict[str, Any]:
    """The `reader`, the `read_guard` and the `changes` of a `Database` that is read so."""

    def connected() -> sqlite3.Connection:
        return connect(path, "mode=ro" if has_log(path) else "mode=ro&immutable=1", READING)

    def changes() -> int:
        return hash(tuple(_stamp(file) for file in (path, log_of(path))))

    @contextmanager
    def undisturbed() -> Iterator[None]:
        if has_log(path):
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
