"""The lock of all operations on the runs of a server's database: an advisory lock, freed with its connection."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from ...core.clock import now
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
        """Holds it; Locked at once if somebody works, with who and since when. StorageError."""
        # A connection of its own, for one of the pool would be given away with the lock.
        connection = self._url.connect(autocommit=True)
        try:
            self._take(connection)
            yield
        finally:
            connection.close()

    def _take(self, connection: "psycopg.Connection[object]") -> None:
        who = f"{os.getpid()} on {os.uname().nodename[:18]} ({now()[:19]}Z)"
        key = key_of(_NAME)
        try:
            connection.execute("SELECT set_config('application_name', %s, false)", (f"flightlog {who}",))
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone()
            if row == (True,):
                return
            half = 1 << 32
            holder = connection.execute(_HOLDER, (key % (1 << 64) // half, key % half)).fetchone()
        except psycopg.Error as error:
            raise translated(error, self._url.name) from error
        name = str(holder[0] or "") if isinstance(holder, tuple) else ""
        who, _, since = name.removeprefix("flightlog ").partition(" (")
        said = f"process {who} works on this store (since {since}" if since else "another program works on this store"
        raise Locked(said, where=self._url.name, advice="try again when that is done")


_HOLDER = (
    "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid::bigint = %s AND objid::bigint = %s"
)
