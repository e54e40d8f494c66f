"""The PostgreSQL backend: a spool in the user's data folder, and one database on a server that many machines share."""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.errors import StorageError
from ..databases import Databases
from ..files.files_backend import make_data_folder
from ..journal.layout import Layout
from ..spool.spool_recording import Shipped
from ..spool.spooled_backend import SpooledBackend
from .server_url import ServerUrl, spool_folder

if TYPE_CHECKING:
    from ...core.config import Storage
    from ..spool.shipping import Shipping
    from ..sql.database import Database
    from ..sql.projector import Projector
    from ..upkeep import Check

log = logging.getLogger("flightlog.journal")

_RETRY_S = 10.0
"""A server that was away is not asked again for so long by agents that begin runs."""


class PostgresBackend(SpooledBackend):
    """The runs of one database on a server."""

    def __init__(self, url: ServerUrl, databases: Databases, *, read_only: bool) -> None:
        self._url, self._databases = url, databases
        self._asking = threading.Lock()
        self._lookup: Any = None
        self._ask_again = 0.0
        layout = Layout(spool_folder(url), spooled=True)
        # It is made also by those who only read, for it is no part of the store.
        make_data_folder(layout.root, layout.spool, create=True)
        super().__init__(layout, url.name, read_only=read_only, create=True)

    def _open(self) -> "Database":
        return self._databases.get(self._url)

    _for_recording = _open

    def _shipped(self, run: str) -> Shipped:
        """By the plain driver and a connection of its own; a server that is away hinders nobody."""
        with self._asking:
            if time.monotonic() < self._ask_again:
                return ""
            try:
                return self._ask(run)
            except StorageError as error:
                log.warning("whether run %s exists already could not be asked: %s", run, error)
                self._ask_again = time.monotonic() + _RETRY_S
                return ""

    def _ask(self, run: str) -> Shipped:
        import psycopg

        for _ in range(2):  # the connection may have been lost since it was used
            self._lookup = self._lookup or self._url.connect(autocommit=True, connect_timeout=2)
            try:
                row = self._lookup.execute("SELECT open FROM journals WHERE run = %s", (run,)).fetchone()
                return "" if row is None else "part" if row[0] else "whole"
            except psycopg.errors.UndefinedTable:
                return ""  # nobody has opened the database yet
            except psycopg.Error:
                self._lookup = None
        raise StorageError("the connection to the server was lost", where=self._url)

    def _shipping(self, database: "Database", projector: "Projector") -> "Shipping":
        from .shared_shipping import SharedShipping

        return SharedShipping(self._layout, database, projector)

    def _held_elsewhere(self, run: str) -> str:
        from .shared_shipping import held_elsewhere

        return held_elsewhere(self._for_recording(), self._layout.root, run)

    def _files(self) -> Mapping[str, Sequence[Path]]:
        return {}

    def _sizes(self, database: "Database") -> dict[str, int]:
        from sqlalchemy import text

        with database.read() as connection:
            size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
            return {"database": int(size)}

    def _checks(self, database: "Database") -> "Sequence[Check]":
        return ()

    def _begin_process(self) -> None:
        super()._begin_process()
        self._asking, self._lookup = threading.Lock(), None


def backend(logs: "Storage", databases: Databases, *, read_only: bool, create: bool) -> PostgresBackend:
    """The runs in one database on a server."""
    return PostgresBackend(ServerUrl(logs.url), databases, read_only=read_only)
