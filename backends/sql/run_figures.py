"""Numbers of many runs for one sum and spread: a statement for a query, or for thousands of ids."""

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, bindparam, case, exists, null, select

from ...core.numbers.figures import Figures
from ...core.query.query import Query
from .run_queries import conditions
from .run_rows import AnyRow
from .tables import run_bodies, runs

_AT_ONCE = 5000  # ids in one statement

_unread = exists().where(run_bodies.c.run == runs.c.id, run_bodies.c.meta.like('%"unread"%'))
_tokens = case((runs.c.source == "", runs.c.tokens), (_unread, null()), else_=runs.c.tokens)
_MONEY = (runs.c.nanousd, runs.c.calls_computed, runs.c.calls_unknown)
_COLUMNS = (runs.c.took, *_MONEY, _tokens, runs.c.size_bytes)


def figures(
    connection: Connection, query: Query, ids: Collection[str] | None, without: Collection[str] = ()
) -> Figures:
    """See `RunRepository.figures`."""
    if ids is not None:
        return Figures(_of_some(connection, query, sorted(set(ids).difference(without))))
    if not without:
        return Figures(connection.execute(select(*_COLUMNS).where(*conditions(query))))
    left_out = frozenset(without)
    rows = connection.execute(select(*_COLUMNS, runs.c.id).where(*conditions(query)))
    return Figures(row[:-1] for row in rows if row.id not in left_out)


def _of_some(connection: Connection, query: Query, ids: list[str]) -> Iterator[AnyRow]:
    statement = select(*_COLUMNS).where(runs.c.id.in_(bindparam("ids", expanding=True)), *conditions(query))
    for begin in range(0, len(ids), _AT_ONCE):
        yield from connection.execute(statement, {"ids": ids[begin : begin + _AT_ONCE]})
