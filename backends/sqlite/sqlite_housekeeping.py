"""How the pages of a database file are looked after: room on a full disk, nothing left of what was removed, less file.

What is deleted is overwritten at once (`secure_delete`); where SQLite has moved it before, a copy may be left in the
unused part of a page, which only a new file (VACUUM) is certainly free of.
"""

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection

from ...core.errors import Full, StorageError
from ...core.operations import Compacted
from ..operations.on_tables.housekeeping import written
from ..operations.reserve import of_database
from ..sql.database import Database
from .heeding import heeding
from .operations_lock import OperationsLock

T = TypeVar("T")

_PAYS = 20
"""A file is made anew when at least one page of so many is free."""

_WIPED_ANEW = 256 << 20
"""A database of at most so many bytes is made anew after a purge, which takes about two seconds; a greater one only
when somebody has it compacted."""


class SqliteHousekeeping:
    """Of one database file; `path` None is one in memory."""

    def __init__(self, database: Database, path: Path | None) -> None:
        self._database, self._path = database, path
        self._lock = OperationsLock(path.with_name(path.name + ".operations") if path else None)
        self._reserve = of_database(path) if path else None

    def lock(self) -> AbstractContextManager[None]:
        """See the protocol."""
        return self._lock.held()

    def write(self, work: Callable[[Connection], T]) -> T:
        """See the protocol: on a full disk the log is written back, and the reserve given up piece by piece."""
        first = True
        while True:
            try:
                return written(self._database, work)
            except Full:
                if not self._makes_room(first):
                    raise
                first = False

    def _makes_room(self, first: bool = True) -> bool:
        """Whether there is more room than before. The database itself may have to grow for its log to be emptied: then
        the reserve serves that first, before what is written takes it again.

        An emptied log is more room the `first` time; later it holds but what was tried in vain.
        """
        if self._path is None or self._reserve is None:
            return False
        log = self._path.with_name(self._path.name + "-wal")
        was = log.stat().st_size if log.exists() else 0
        gave = False
        while not self._empties_log():
            if not self._reserve.give_up():
                return False
            gave = True
        return gave or (first and was > 0 and log.stat().st_size < was) or self._reserve.give_up()

    def _empties_log(self) -> bool:
        try:
            with self._database.outside() as connection:
                _empty_log(connection)
        except Full:
            return False
        return True

    def wipe(self) -> None:
        """See the protocol; see `_WIPED_ANEW` for the exception. On a full disk the log alone is emptied."""
        if self._path is None:
            return
        found = self._look()
        if found.after_bytes <= _WIPED_ANEW and not self._lacks(found.after_bytes):
            with suppress(Full), self._database.outside() as connection:
                connection.execute("VACUUM")
        if not self._empties_log():
            self._makes_room()

    def compact(self, *, preview: bool) -> Compacted:
        """See the protocol. StorageError if there is no room to work in; Stopped leaves the file as it was."""
        if self._path is None:
            return Compacted(before_bytes=0, after_bytes=0, room_bytes=0)
        found = self._look()
        if preview:
            return found
        with self._database.outside() as connection:
            if (found.before_bytes - found.after_bytes) * _PAYS >= found.before_bytes:
                if lacks := self._lacks(found.after_bytes):
                    raise StorageError(
                        f"{found.room_bytes:,} bytes are needed to work in",
                        where=lacks,
                        advice="make room there (SQLITE_TMPDIR names another folder for temporary files)",
                    )
                with heeding(connection):
                    connection.execute("VACUUM")
            _empty_log(connection)
        after = self._look()
        return Compacted(before_bytes=found.before_bytes, after_bytes=after.before_bytes, room_bytes=found.room_bytes)

    def over(self) -> None:
        """Room is kept again for the next time."""
        if self._reserve:
            self._reserve.fill()

    def _look(self) -> Compacted:
        assert self._path
        with self._database.read() as connection:
            names = ("page_size", "page_count", "freelist_count")
            size, pages, free = (int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()) for name in names)
        log = self._path.with_name(self._path.name + "-wal")
        before = size * pages + (log.stat().st_size if log.exists() else 0)
        after = size * (pages - free)
        # Written once into a temporary file, and once into the log.
        return Compacted(before_bytes=before, after_bytes=after, room_bytes=2 * after)

    def _lacks(self, each: int) -> str:
        """The folder in which there is no room for a copy of so many bytes; empty if there is in both. One takes the
        temporary file, and one the log.
        """
        assert self._path
        needed = Counter[int]()
        for folder in (str(self._path.parent), os.environ.get("SQLITE_TMPDIR") or tempfile.gettempdir()):
            device, disk = os.stat(folder).st_dev, os.statvfs(folder)
            needed[device] += each
            if disk.f_bavail * disk.f_frsize < needed[device]:
                return folder
        return ""


def _empty_log(connection: Any) -> None:
    """Readers may keep the log: then it is emptied by the next checkpoint of this size, or by the last to close."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
