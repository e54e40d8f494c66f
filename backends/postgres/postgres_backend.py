"""The PostgreSQL backend: a spool in the user's data folder, and one database on a server that many machines share."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..databases import Databases
from ..files.files_backend import make_data_folder
from ..journal.layout import Layout
from ..spool.spool_recording import Shipped
from ..spool.spooled_backend import SpooledBackend
from .driver import require_driver
from .lookup import Lookup
from .server_url import ServerUrl, spool_folder

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ...core.config import Storage
    from ..checks.check import Check
    from ..operations.on_tables.housekeeping import Housekeeping
    from ..space.engines import Taken
    from ..spool.shipping import Shipping
    from ..sql.database import Database
    from ..sql.projector import Projector


class PostgresBackend(SpooledBackend):
    """The runs of one database on a server."""

    _shared = True

    def __init__(self, url: ServerUrl, databases: Databases, *, read_only: bool, archive: Path | None = None) -> None:
        self._url, self._databases = url, databases
        layout = Layout(spool_folder(url), spooled=True, archive_at=archive)
        # It is made also by those who only read, for it is no part of the store.
        make_data_folder(layout.root, layout.spool, create=True)
        super().__init__(layout, url.name, layout.root, read_only=read_only, create=True)

    def _open(self) -> "Database":
        return self._databases.get(self._url)

    _for_recording = _open

    def _shipped(self, run: str) -> Shipped:
        return self._lookup.shipped(run)

    def close(self, then: Callable[[], None]) -> None:
        """Ends watches, ships what is left, and calls `then`. May be called twice."""
        super().close(then)
        self._lookup.close()

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

    def _taken(self, connection: "Connection") -> "Taken":
        from ..space.engines import of_postgres

        return of_postgres(connection)

    def _housekeeping(self, database: "Database") -> "Housekeeping":
        from .postgres_housekeeping import PostgresHousekeeping

        return PostgresHousekeeping(database, self._url)

    def _checks(self, database: "Database") -> "Sequence[Check]":
        return ()

    def in_child(self) -> None:
        """Also the connection over which is asked what exists is the parent's."""
        super().in_child()
        self._lookup = Lookup(self._url)


def backend(
    logs: "Storage", databases: Databases, archive: Path | None, *, read_only: bool, create: bool
) -> PostgresBackend:
    """The runs in one database on a server."""
    url = ServerUrl(logs.url)
    require_driver(url)
    return PostgresBackend(url, databases, read_only=read_only, archive=archive)
