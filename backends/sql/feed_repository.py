"""`FeedRepository` over the query tables: the projector stamps a growing revision on what it changes."""

from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy import BindParameter, Connection, bindparam, literal, select, union_all

from ...core.feed import Changes, Watch
from ...core.repositories import FeedRepository
from .database import Database
from .revisions import revisions
from .run_rows import AnyRow
from .tables import removed, runs


class Watcher(Protocol):
    """What notices that something may have changed: files, or a database's own notices."""

    def watch(self, on_change: Callable[[], None]) -> Watch:
        """As `FeedRepository.watch`."""
        ...


_since: BindParameter[int] = bindparam("since")
_upto: BindParameter[int] = bindparam("upto")
_changes = (
    union_all(
        select(runs.c.revision.label("revision"), runs.c.id.label("run"), literal(0).label("gone")).where(
            runs.c.revision > _since, runs.c.revision <= _upto
        ),
        select(removed.c.revision, removed.c.run, literal(1)).where(
            removed.c.revision > _since, removed.c.revision <= _upto
        ),
    )
    .order_by("revision", "run")
    .limit(bindparam("limit"))
)
_NO_LIMIT = 2**62


class SqlFeed(FeedRepository):
    """Changes by revision, stamped in the transaction of the change itself. A cursor stands where nothing can
    come any more (see `revisions.py`), so that nothing is missed; what is behind it already is told again.
    """

    def __init__(self, database: Database, refresh: Callable[[], None], watcher: Watcher) -> None:
        self._database, self._refresh, self._watcher = database, refresh, watcher

    def cursor(self) -> int:
        self._refresh()
        with self._database.read() as connection:
            return revisions(connection).settled

    def changes(self, since: int, *, limit: int = 5000) -> Changes:
        self._refresh()
        with self._database.read() as connection:
            present, newest = revisions(connection)
            if since > present:  # of an index that was made anew in the meantime: all may have changed
                since = 0
            rows = _rows(connection, since, present, limit)
            more = len(rows) >= limit
            if more:
                # Runs that were changed together share a revision: a page never ends between them.
                present = rows[-1].revision
                rows = _rows(connection, since, present, _NO_LIMIT)
            elif newest > present:
                rows = [*rows, *_rows(connection, present, newest, _NO_LIMIT)]
        changed = {row.run: None for row in rows if not row.gone}
        gone = (row.run for row in rows if row.gone and row.run not in changed)
        return Changes(cursor=present, changed=tuple(changed), removed=tuple(gone), more=more)

    def watch(self, on_change: Callable[[], None]) -> Watch:
        return self._watcher.watch(on_change)


def _rows(connection: Connection, since: int, upto: int, limit: int) -> Sequence[AnyRow]:
    return connection.execute(_changes, {"since": since, "upto": upto, "limit": limit}).all()
