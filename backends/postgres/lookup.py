"""Whether a run exists already, asked for each run that begins: by the plain driver, and never for long."""

import logging
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from ...core.errors import StorageError
from ..spool.spool_recording import Shipped
from .our_schema import IN_ONE_SCHEMA
from .server_url import ServerUrl

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger("flightlog.journal")

_PATIENCE_S = 2.0
_AGAIN_S = 10.0
"""A server that did not answer is not asked again for so long."""


class Lookup:
    """Asks one database, over a connection of its own. Thread-safe."""

    def __init__(self, url: ServerUrl) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None
        self._ask_again = 0.0

    def shipped(self, run: str) -> Shipped:
        """How much of a run is there; nothing, as far as is known, where the server is away or does not answer."""
        with self._lock:
            if time.monotonic() < self._ask_again:
                return ""
            connection, self._connection = self._connection, None
            answers: SimpleQueue[tuple[Any, Shipped | StorageError]] = SimpleQueue()
            # In a thread: no driver gives up a server that stopped in the middle of an answer.
            asking = threading.Thread(target=lambda: answers.put(self._ask(connection, run)), daemon=True)
            asking.start()
            try:
                self._connection, found = answers.get(timeout=_PATIENCE_S)
            except Empty:
                found = StorageError("the server does not answer", where=self._url)
            if not isinstance(found, StorageError):
                return found
            log.warning("whether run %s exists already could not be asked: %s", run, found)
            self._ask_again = time.monotonic() + _AGAIN_S
            return ""

    def close(self) -> None:
        """Closes the connection. May be called twice."""
        with self._lock:
            connection, self._connection = self._connection, None
        if connection:
            connection.close()

    def _connect(self) -> "psycopg.Connection[Any]":
        connection = self._url.connect(autocommit=True, connect_timeout=2)
        connection.execute(f"SELECT {IN_ONE_SCHEMA}")
        return connection

    def _ask(self, connection: Any, run: str) -> tuple[Any, Shipped | StorageError]:
        import psycopg

        for _ in range(2):  # the connection may have been lost since it was used
            try:
                connection = connection or self._connect()
                row = connection.execute("SELECT open FROM journals WHERE run = %s", (run,)).fetchone()
                return connection, "" if row is None else "part" if row[0] else "whole"
            except StorageError as error:
                return None, error
            except psycopg.errors.UndefinedTable:
                return connection, ""  # nobody has opened the database yet
            except psycopg.Error:
                connection = None
        return None, StorageError("the connection to the server was lost", where=self._url)
