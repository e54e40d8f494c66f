"""How our tables in a server's database are looked after: by its own VACUUM. Nobody else's are touched."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from sqlalchemy import Connection, bindparam, text

from ...core.operations import Compacted
from ..operations.on_tables.housekeeping import written
from ..space.engines import OURS
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
            before, dead = connection.execute(_SIZES, {"names": OURS}).one()
        if preview:
            return Compacted(before_bytes=before, after_bytes=before - dead, room_bytes=0)
        self._vacuum()
        with self._database.read() as connection:
            after, _ = connection.execute(_SIZES, {"names": OURS}).one()
        return Compacted(before_bytes=before, after_bytes=after, room_bytes=0)

    def over(self) -> None:
        """Nothing is kept here that would have to be made again."""

    def _vacuum(self) -> None:
        with self._database.read() as connection:
            ours = ", ".join(connection.scalars(_NAMES, {"names": OURS}))
        with self._database.outside() as connection:
            autocommit, connection.autocommit = connection.autocommit, True
            try:
                with heeding(connection):
                    connection.execute(f"VACUUM {ours}")
            finally:
                connection.autocommit = autocommit


_HERE = "relkind = 'r' AND pg_class.relname IN :names AND pg_table_is_visible(pg_class.oid)"
_NAMES = text(f"SELECT quote_ident(pg_class.relname) FROM pg_class WHERE {_HERE} ORDER BY 1").bindparams(
    bindparam("names", expanding=True)
)
_SIZES = text(
    "SELECT coalesce(sum(pg_total_relation_size(pg_class.oid)), 0)::bigint, coalesce(sum("
    " pg_table_size(pg_class.oid) * n_dead_tup / greatest(n_live_tup + n_dead_tup, 1)), 0)::bigint"
    f" FROM pg_class LEFT JOIN pg_stat_user_tables ON relid = pg_class.oid WHERE {_HERE}"
).bindparams(bindparam("names", expanding=True))
