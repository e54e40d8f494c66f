"""What lies between two runs of a list: two ranges of an index at most, whatever the list's length and order."""

from sqlalchemy import ColumnElement, Connection, select

from ...core.errors import no_run
from ...core.pages import Sort
from ...core.query.query import Query
from .keyset import in_order, ranges, sort_column
from .page_conditions import condition_of
from .run_places import Place, Side
from .run_queries import Accepts
from .run_rows import AnyRow
from .tables import runs


def ids_between(
    connection: Connection, query: Query, sort: Sort, one: str, other: str, accepts: Accepts | None = None
) -> list[str]:
    """Ids of the runs that match, in no order, from one run of the list to another, whichever comes first; NotFound."""
    first, last = _in_order(connection, sort, one, other)
    begin, end = _place(first, sort, "before"), _place(last, sort, "after")
    here = {"id": begin.id, "value": begin.value, "last_id": end.id, "last_value": end.value}
    condition, found = condition_of(query), list[str]()
    for part in _parts(sort, begin, end):
        statement = select(runs.c.id).where(*(one for one in (condition, *part) if one is not None))
        found += connection.execute(statement, here).scalars()
    return found if accepts is None else [id for id in found if accepts(id)]


def _in_order(connection: Connection, sort: Sort, one: str, other: str) -> tuple[AnyRow, AnyRow]:
    """Both rows, the one first that the list tells first: the engine compares them as it does for pages."""
    both = select(runs.c.id, sort_column(sort).label("sort_value")).where(runs.c.id.in_((one, other)))
    rows: list[AnyRow] = []
    for part in ranges(sort, None, forward=True):
        statement = both if part is None else both.where(part)
        rows += connection.execute(in_order(statement, sort, forward=True), {"limit": 2}).all()
    if missing := {one, other} - {row.id for row in rows}:
        raise no_run(min(missing))
    return rows[0], rows[-1]


def _place(row: AnyRow, sort: Sort, side: Side) -> Place:
    return Place(field=sort.field, descending=sort.descending, side=side, value=row.sort_value, id=row.id)


def _parts(sort: Sort, begin: Place, end: Place) -> list[tuple[ColumnElement[bool] | None, ...]]:
    """Conditions of the ranges, with both places bound."""
    onwards, until = ranges(sort, begin.kind, forward=True), ranges(sort, end.kind, forward=False, name="last_")[0]
    if len(onwards) == 1 or begin.kind.known == end.kind.known:
        return [(onwards[0], until)]
    return [(onwards[0],), (until,)]  # from the known values on into the unknown ones
