"""The databases of one process, each opened once however many concerns it keeps."""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import ReadOnly, StorageError
from ..core.forking import inherited, undivided
from .postgres.driver import require_driver
from .postgres.server_url import ServerUrl

if TYPE_CHECKING:
    from .sql.database import Database

Where = Path | ServerUrl | None
"""A SQLite file, a database on a server, or (None) one in memory."""


class Databases:
    """Opens databases at need and closes them together. Thread-safe; in a forked child all are opened anew.

    `private`: there is one, in the memory of the process that makes this. A forked child cannot open it: it would
    have another one, with which everything is lost that it keeps there.
    """

    def __init__(self, *, read_only: bool, create: bool, private: bool = False) -> None:
        self._read_only, self._create = read_only, create
        self._owner = os.getpid() if private else None
        self.in_child()
        inherited(self)

    def in_child(self) -> None:
        """Nothing is open."""
        self._lock = threading.RLock()
        self._opened: dict[Where, Database] = {}

    def get(self, where: Where) -> "Database":
        """The database, with the tables of a store; StorageError."""
        if not self.are_own():
            what = "a store in memory is read and changed by the process that opened it; a forked child only records"
            raise StorageError(what, advice="do it in the parent, or keep the store in a file")
        with undivided(), self._lock:
            if where not in self._opened:
                self._opened[where] = self._open(where)
            return self._opened[where]

    def are_own(self) -> bool:
        """Whether this process can open them."""
        return self._owner in (None, os.getpid())

    def beside(self, where: Path | ServerUrl) -> "Database":
        """A database beside that of the runs; a file that is not there and may not be made is empty."""
        there = isinstance(where, ServerUrl) or self._create or where.exists()
        return self.get(where if there else None)

    def _open(self, where: Where) -> "Database":
        if isinstance(where, ServerUrl):
            require_driver(where)
            from .postgres.engine import open_server

            return open_server(where, read_only=self._read_only)
        from .sqlite.engine import open_database

        if self._read_only and where is not None:
            # Runs may wait in its spool of who was killed before he made it.
            return open_database(where, read_only=True, truth=True, promised=True)
        try:
            return open_database(where, truth=True)
        except ReadOnly as error:
            if where is None or not where.exists():
                raise
            return open_database(where, read_only=True, refusal=error, truth=True)

    def close(self) -> None:
        """Closes all that were opened. May be called twice."""
        for database in self._opened.values():
            database.close()
