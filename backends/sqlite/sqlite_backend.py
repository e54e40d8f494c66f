"""The SQLite backend: a spool beside one database file."""

import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ...core.forking import undivided
from ..databases import Databases
from ..journal.layout import Layout, home_of
from ..spool.spool_recording import Shipped
from ..spool.spooled_backend import SpooledBackend

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...core.config import Storage
    from ..checks.check import Check
    from ..operations.on_tables.housekeeping import Housekeeping
    from ..space.engines import Taken
    from ..sql.database import Database

log = logging.getLogger("flightlog.journal")


class SqliteBackend(SpooledBackend):
    """The runs of one database file. `path` None keeps it in memory, until it is closed."""

    def __init__(
        self, path: Path | None, databases: Databases, *, read_only: bool, create: bool, archive: Path | None = None
    ) -> None:
        self._temporary = Path(tempfile.mkdtemp(prefix="flightlog-")) if path is None else None
        lies_in = self._temporary if path is None else path.parent
        assert lies_in is not None
        self._path, self._databases = path, databases
        layout = Layout(home_of(path) if path else lies_in, spooled=True, archive_at=archive)
        super().__init__(layout, str(path or ""), lies_in, read_only=read_only, create=create)

    def _open(self) -> "Database":
        path = self._path
        nothing = path is not None and not path.exists() and not self._layout.spool.exists()
        # While nothing was recorded, and nothing may be made by looking, an empty one is read.
        return self._databases.get(None if nothing and not self._create else path)

    def _for_recording(self) -> "Database":
        return self._databases.get(self._path)

    def _shipped(self, run: str) -> Shipped:
        """By the plain driver, for an agent waits for no engine to be loaded."""
        if not self._databases.are_own():
            return ""
        if self._path is None:
            from ..spool import spool_lookup

            return spool_lookup.shipped(self._for_recording(), run)
        if not self._path.exists():
            return ""
        uri = f"file:{quote(os.fsencode(self._path.absolute()))}?mode=ro"
        try:
            with undivided(), closing(sqlite3.connect(uri, uri=True)) as connection:
                row = connection.execute("SELECT open FROM journals WHERE run = ?", (run,)).fetchone()
        except sqlite3.Error as error:
            if "no such table" not in str(error):  # it is just being made
                log.warning("whether run %s exists already could not be asked: %s", run, error)
            return ""
        return "" if row is None else "part" if row[0] else "whole"

    def _ship(self, run: str) -> None:
        if self._databases.are_own():  # else it waits in the spool for the parent, whose memory it goes to
            super()._ship(run)

    def _files(self) -> Mapping[str, Sequence[Path]]:
        path = self._path
        if path is None:
            return {"database": [], "wal": []}
        return {"database": [path], "wal": [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm")]}

    def _housekeeping(self, database: "Database") -> "Housekeeping":
        from .sqlite_housekeeping import SqliteHousekeeping

        return SqliteHousekeeping(database, self._path)

    def _taken(self, connection: "Connection") -> "Taken":
        from ..space.engines import of_sqlite

        return of_sqlite(self._path)(connection)

    def _checks(self, database: "Database") -> "Sequence[Check]":
        from ..checks import tables

        return (tables.sqlite_release, tables.full_text(database), tables.sound_database(database))

    def close(self, then: Callable[[], None]) -> None:
        """Ends watches, ships what is left, and calls `then`. May be called twice."""
        super().close(lambda: self._let_go(then))

    def _let_go(self, then: Callable[[], None]) -> None:
        then()
        if self._temporary and self._databases.are_own():
            shutil.rmtree(self._temporary, ignore_errors=True)


def backend(
    logs: "Storage", databases: Databases, archive: Path | None, *, read_only: bool, create: bool
) -> SqliteBackend:
    """The runs in one file."""
    return SqliteBackend(Path(logs.path), databases, read_only=read_only, create=create, archive=archive)
