"""The SQLite databases of one process, each opened once however many concerns it keeps."""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import ReadOnly

if TYPE_CHECKING:
    from ..sql.database import Database


class Databases:
    """Opens databases at need and closes them together. Thread-safe; in a forked child all are opened anew."""

    def __init__(self, *, read_only: bool, create: bool) -> None:
        self._read_only, self._create = read_only, create
        self._pid, self._lock = os.getpid(), threading.RLock()
        self._opened: dict[Path | None, Database] = {}

    def get(self, path: Path | None) -> "Database":
        """The database of a file (None: in memory), with the tables of a store; StorageError."""
        if self._pid != os.getpid():
            self._pid, self._lock, self._opened = os.getpid(), threading.RLock(), {}
        with self._lock:
            if path not in self._opened:
                self._opened[path] = self._open(path)
            return self._opened[path]

    def beside(self, path: Path) -> "Database":
        """A database beside that of the runs; one that is not there and may not be made is empty."""
        return self.get(path if self._create or path.exists() else None)

    def _open(self, path: Path | None) -> "Database":
        from .engine import open_database

        if self._read_only and path is not None:
            return open_database(path, read_only=True, truth=True)
        try:
            return open_database(path, truth=True)
        except ReadOnly:
            if path is None or not path.exists():
                raise
            return open_database(path, read_only=True, truth=True)

    def close(self) -> None:
        """Closes all that were opened. May be called twice."""
        if self._pid == os.getpid():
            for database in self._opened.values():
                database.close()
