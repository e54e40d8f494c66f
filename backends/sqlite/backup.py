"""The copy of a database that is made before its schema is upgraded, and kept until that has succeeded.

It lies beside the database as `<database>.before-upgrade`, and it is whole or not there: what is
being written has another name. The upgrade itself is one transaction, so that the copy is needed
only if a disk, or a migration, does what it should not.
"""

import os
import sqlite3
from contextlib import AbstractContextManager, closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, func, select

from ...core.errors import Corrupt, StorageError
from ...core.progress import COPYING, Progress, go_on, told
from ..sql import tables
from .heeding import heeding

_PAGES = 4096
"""So many pages are copied between two looks at whether to go on."""


class Backup:
    """Made, compared with and removed by who holds the writers' lock of the database at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.copy = path.with_name(path.name + ".before-upgrade")
        self._partial = path.with_name(path.name + ".before-upgrade.partial")

    def make(self) -> None:
        """Copies what is committed; StorageError if that fails, Stopped if somebody asked for that, and then nothing of
        it stays. Costs one reading.
        """
        size = self._path.stat().st_size
        progress = told() or Progress()
        progress.begin(size, COPYING)

        def copied(status: int, left: int, pages: int) -> None:
            progress.reach(size * (pages - left) // max(pages, 1))
            go_on()

        try:
            self._partial.unlink(missing_ok=True)
            os.close(os.open(self._partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            with closing(_read(self._path, "mode=ro")) as original, closing(sqlite3.connect(self._partial)) as copy:
                original.backup(copy, pages=_PAGES, progress=copied)
            _sync(self._partial)
            os.replace(self._partial, self.copy)
            _sync(self._partial.parent)
        except BaseException as error:
            self._partial.unlink(missing_ok=True)
            if not isinstance(error, sqlite3.Error | OSError):
                raise
            raise StorageError(
                f"the database could not be copied before its upgrade: {error}",
                where=self.copy,
                advice=f"make room for {size:,} bytes and open it again; the database is as it was",
            ) from error
        finally:
            progress.end()

    def heeding(self, connection: Connection) -> AbstractContextManager[None]:
        """See the protocol."""
        return heeding(connection.connection.driver_connection)

    def compare(self, connection: Connection) -> None:
        """Corrupt unless the upgraded database is sound, has every table, and all rows of the truth."""
        problem = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        if problem != "ok":
            raise self._failed(str(problem))
        for table in (*tables.truth.tables.values(), *tables.derived.tables.values()):
            connection.execute(select(table).limit(1))
        with closing(_read(self.copy, "mode=ro&immutable=1")) as before:
            names = {name for (name,) in before.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for table in tables.truth.tables.values():
                if table.name in names:
                    were = before.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()[0]
                    are = connection.execute(select(func.count()).select_from(table)).scalar()
                    if were != are:
                        raise self._failed(f"of {were} rows of {table.name} it would have left {are}")

    def is_left(self) -> bool:
        """Whether there is a copy, or a part of one."""
        return self.copy.exists() or self._partial.exists()

    def remove(self) -> None:
        """Takes the copy away."""
        self._partial.unlink(missing_ok=True)
        self.copy.unlink(missing_ok=True)

    def _failed(self, why: str) -> Corrupt:
        return Corrupt(
            f"the upgrade of the database was undone: {why}",
            where=self._path,
            advice=f"use the Flightlog that wrote it, and keep {self.copy.name}, a copy of it as it was",
        )


def _read(path: Path, options: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(os.fsencode(path.absolute()))}?{options}", uri=True)


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
