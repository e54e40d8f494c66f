"""How the tables of a server's database are looked after: by its own VACUUM."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy import Connection, text

from ...core.operations import Compacted
from ..operations.on_tables.housekeeping import written
from ..sql.database import Database
from .heeding import heeding
from .operations_lock import OperationsLock
from .server_url import ServerUrl

T = TypeVar("T")


class PostgresHousekeeping:
    """Of one database on a server."""

    def __init__(self, database: Database, url: ServerUrl) -> None:
        self._database, self._lock = database, OperationsLock(url)

    def lock(self) -> AbstractContextManager[None]:
        """See the protocol."""
        return self._lock.held()

    def write(self, work: Callable[[Connection], T]) -> T:
        """See the protocol; a server's full disk is its keeper's to look after."""
        return written(self._database, work)

    def wipe(self) -> None:
        """Frees the rows that nobody sees any more. The server overwrites them as it needs their pages."""
        self._vacuum()

    def compact(self, *, preview: bool) -> Compacted:
        """Frees dead rows for new ones; pages at the end of a table go back to the disk. Needs no room.

        Stopped, if somebody asks for that: the tables that it was through with are done.
        """
        with self._database.read() as connection:
            before, dead = connection.execute(_SIZES).one()
        if preview:
            return Compacted(before_bytes=before, after_bytes=before - dead, room_bytes=0)
        self._vacuum()
        with self._database.read() as connection:
            after, _ = connection.execute(_SIZES).one()
        return Compacted(before_bytes=before, after_bytes=after, room_bytes=0)

    def over(self) -> None:
        """Nothing is kept here that would have to be made again."""

    def _vacuum(self) -> None:
        with self._database.outside() as connection:
            autocommit, connection.autocommit = connection.autocommit, True
            try:
                with heeding(connection):
                    connection.execute("VACUUM")
            finally:
                connection.autocommit = autocommit


_SIZES = text(
    "SELECT pg_database_size(current_database())::bigint, coalesce(sum("
    " pg_table_size(relid) * n_dead_tup / greatest(n_live_tup + n_dead_tup, 1)), 0)::bigint"
    " FROM pg_stat_user_tables"
)
