"""The lock of all operations on the runs of a server's database: an advisory lock, freed with its connection."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from ...core.errors import Locked
from ..sql.claims import key_of
from .postgres_errors import translated
from .server_url import ServerUrl

_NAME = "operations on runs"


class OperationsLock:
    """Excludes everybody who works with the same database, on any machine. Thread-safe."""

    def __init__(self, url: ServerUrl) -> None:
        self._url = url

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds it; Locked at once if somebody has it. StorageError."""
        # A connection of its own, for one of the pool would be given away with the lock.
        connection = self._url.connect(autocommit=True)
        try:
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key_of(_NAME),)).fetchone()
        except psycopg.Error as error:
            connection.close()
            raise translated(error, self._url.name) from error
        try:
            if row != (True,):
                raise Locked("another process has the lock of operations", where=self._url.name)
            try:
                yield
            finally:
                # The server sees only a moment later that a connection is closed.
                with suppress(psycopg.Error):
                    connection.execute("SELECT pg_advisory_unlock(%s)", (key_of(_NAME),))
        finally:
            connection.close()
