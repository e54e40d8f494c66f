"""`FeedRepository` over the query tables: the projector stamps a growing revision on what it changes."""

from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy import BindParameter, Connection, bindparam, func, literal, select, union_all

from ...core.feed import Changes, Watch
from ...core.repositories import FeedRepository
from .database import Database
from .run_rows import AnyRow
from .tables import removed, runs, state


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
_newest = select(
    select(func.max(runs.c.revision)).scalar_subquery(),
    select(func.max(removed.c.revision)).scalar_subquery(),
    select(state.c.value).where(state.c.key == "revision").scalar_subquery(),
)
_NO_END = 2**62


class SqlFeed(FeedRepository):
    """Changes by revision. It is stamped in the transaction of the change itself, one writer at a
    time: whoever sees a revision sees all the smaller ones, so that nothing is seen late.
    """

    def __init__(self, database: Database, refresh: Callable[[], None], watcher: Watcher) -> None:
        self._database, self._refresh, self._watcher = database, refresh, watcher

    def cursor(self) -> int:
        self._refresh()
        with self._database.read() as connection:
            return _revision(connection)

    def changes(self, since: int, *, limit: int = 5000) -> Changes:
        self._refresh()
        with self._database.read() as connection:
            present = _revision(connection)
            if since > present:  # of an index that was made anew in the meantime: all may have changed
                since = 0
            rows = _rows(connection, since, _NO_END, limit)
            more = len(rows) >= limit
            if more:
                # Runs that were changed together share a revision: a page never ends between them.
                present = rows[-1].revision
                rows = _rows(connection, since, present, _NO_END)
        changed = {row.run: None for row in rows if not row.gone}
        gone = (row.run for row in rows if row.gone and row.run not in changed)
        return Changes(cursor=present, changed=tuple(changed), removed=tuple(gone), more=more)

    def watch(self, on_change: Callable[[], None]) -> Watch:
        return self._watcher.watch(on_change)


def _revision(connection: Connection) -> int:
    return max(int(value or 0) for value in connection.execute(_newest).one())


def _rows(connection: Connection, since: int, upto: int, limit: int) -> Sequence[AnyRow]:
    return connection.execute(_changes, {"since": since, "upto": upto, "limit": limit}).all()
