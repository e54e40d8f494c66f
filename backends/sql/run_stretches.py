"""What lies between two runs of a list: two ranges of an index at most, whatever the list's length and order."""

from sqlalchemy import ColumnElement, Connection, select, true

from ...core.errors import no_run
from ...core.pages import Sort
from ...core.query.query import Query
from ...core.query.query_nodes import Term
from .keyset import in_order, ranges, sort_column
from .page_conditions import condition_of
from .run_places import Place, Side
from .run_queries import Accepts
from .run_rows import AnyRow
from .tables import runs


def ids_between(
    connection: Connection,
    query: Query,
    sort: Sort,
    one: str | None,
    other: str | None,
    accepts: Accepts | None = None,
) -> list[str]:
    """Ids of the runs that match, in no order, from one run of the list to another, whichever comes first; NotFound.

    Without `one` from its beginning on, without `other` up to its end.
    """
    rows = _in_order(connection, sort, [run for run in (one, other) if run is not None])
    begin = None if one is None else _place(rows[0], sort, "before")
    end = None if other is None else _place(rows[-1], sort, "after")
    here = {} if begin is None else {"id": begin.id, "value": begin.value}
    here |= {} if end is None else {"last_id": end.id, "last_value": end.value}
    condition, found = condition_of(query), list[str]()
    in_group = sort.field != "started" and _is_of_a_group(query)
    for part in _parts(sort, begin, end):
        bounds = [clause.is_(true()) if in_group else clause for clause in part if clause is not None]
        wanted = select(runs.c.id).where(*bounds)
        found += connection.execute(wanted if condition is None else wanted.where(condition), here).scalars()
    return found if accepts is None else [id for id in found if accepts(id)]


def _is_of_a_group(query: Query) -> bool:
    """Whether only runs of one session or project match: these are read, and not all that has a place between."""
    terms = (node for node in query.parts() if isinstance(node, Term) and node.key in ("session", "project"))
    return any(term.sign == "=" and len(term.values) == 1 for term in terms)


def _in_order(connection: Connection, sort: Sort, ids: list[str]) -> list[AnyRow]:
    """Their rows, the one first that the list tells first: the engine compares them as it does for pages."""
    rows: list[AnyRow] = []
    if not ids:
        return rows
    wanted = select(runs.c.id, sort_column(sort).label("sort_value")).where(runs.c.id.in_(ids))
    for part in ranges(sort, None, forward=True):
        statement = wanted if part is None else wanted.where(part)
        rows += connection.execute(in_order(statement, sort, forward=True), {"limit": len(ids)}).all()
    if missing := set(ids) - {row.id for row in rows}:
        raise no_run(min(missing))
    return rows


def _place(row: AnyRow, sort: Sort, side: Side) -> Place:
    return Place(field=sort.field, descending=sort.descending, side=side, value=row.sort_value, id=row.id)


def _parts(sort: Sort, begin: Place | None, end: Place | None) -> list[list[ColumnElement[bool] | None]]:
    """Conditions of the ranges, with the places bound that there are."""
    whole = ranges(sort, None, forward=True)
    onwards = ranges(sort, None if begin is None else begin.kind, forward=True)
    until = ranges(sort, None if end is None else end.kind, forward=False, name="last_")
    first, last = len(whole) - len(onwards), len(until) - 1
    found: list[list[ColumnElement[bool] | None]] = []
    for n in range(first, last + 1):
        bounds = [onwards[0]] if begin is not None and n == first else []
        bounds += [until[0]] if end is not None and n == last else []
        # Of a part in which a place lies no other bound is told: an engine might read along that one.
        found.append(bounds or [whole[n]])
    return found
