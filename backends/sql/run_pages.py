"""Pages of runs by keyset: what is read is what is shown, whatever the depth."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    exists,
    false,
    func,
    or_,
    select,
    union_all,
)

from ...core.errors import no_run
from ...core.pages import Page, Sort
from ...core.query.query import Query
from ...core.runs import Run
from .keyset import first_by, in_order, ranges, sort_column, value_of
from .page_conditions import OF_THE_MOMENT, condition_of, narrowed, statuses_of
from .run_places import Place, PlaceKind, Side, place_of
from .run_queries import Accepts, matching
from .run_rows import BODIES, COLUMNS, OF_RUN, RUNS, AnyRow, AnySelect
from .run_values import runs_of
from .tables import runs

_NO_LIMIT = 2**62


class _Statements(NamedTuple):
    """What reads a page from a kind of place on."""

    parts: tuple[AnySelect, ...]
    """Their results laid end to end are the list: a run's columns, its sort value, whether there are rows behind."""
    behind: AnySelect | None
    """Whether rows lie behind the place: asked when there are none beyond it."""


def page(
    connection: Connection,
    query: Query,
    sort: Sort,
    accepts: Accepts | None = None,
    *,
    limit: int,
    after: str | None,
    before: str | None,
    last: bool,
) -> Page[Run]:
    """A page: one statement for its rows (two where it reaches the unknown values).

    `accepts` tells of a run's id what no table knows; it is asked of as many runs as the page needs.
    """
    limit = max(limit, 1)
    forward = before is None and not last
    mark = _mark(query)
    place = place_of(after if forward else before, sort, mark)
    make = _make_statements.__wrapped__ if query.keys() & OF_THE_MOMENT else _make_statements
    statements = make(query, sort, None if place is None else place.kind, forward)
    here = {} if place is None else {"id": place.id, "value": place.value}
    rows = _first(connection, statements.parts, here, limit + 1, accepts)
    if not rows:
        return _beyond_the_end(connection, statements, place, here, forward)
    more, more_behind = len(rows) > limit, bool(rows[0].behind)
    del rows[limit:]
    if not forward:
        rows.reverse()
        more, more_behind = more_behind, more
    return Page(
        items=runs_of(rows),
        next=_place(rows[-1], sort, "after", mark).cursor() if more else None,
        previous=_place(rows[0], sort, "before", mark).cursor() if more_behind else None,
    )


def first_page(query: Query, sort: Sort) -> tuple[AnySelect, ...]:
    """The statements of a list's first page: their results laid end to end, of which `limit` is bound."""
    return _make_statements(query, sort, None, True).parts


def _mark(query: Query) -> str:
    """What tells one query from another in a cursor."""
    return blake2b(str(query).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


@lru_cache(maxsize=512)
def _make_statements(query: Query, sort: Sort, kind: PlaceKind | None, forward: bool) -> _Statements:
    """Made once for a query, for to make a statement costs more than to run it."""
    condition, statuses = condition_of(query), statuses_of(query) if sort.field == "started" else []
    behind: ColumnElement[bool] = false()
    if kind is not None:
        behind = or_(*(_any(condition, part) for part in ranges(sort, kind, forward=not forward)))
    columns = [*COLUMNS, sort_column(sort).label("sort_value"), behind.label("behind")]
    parts = []
    for part in ranges(sort, kind, forward=forward):
        if len(statuses) > 1:
            parts.append(_of_statuses(columns, condition, part, statuses, sort, forward))
        else:
            rows = narrowed(select(*columns).select_from(RUNS), condition, part)
            parts.append(in_order(rows, sort, forward=forward))
    return _Statements(tuple(parts), None if kind is None else select(behind))


def _of_statuses(
    columns: Sequence[ColumnElement[Any]],
    condition: ColumnElement[bool] | None,
    part: ColumnElement[bool] | None,
    statuses: Sequence[str],
    sort: Sort,
    forward: bool,
) -> AnySelect:
    """The first rows of several statuses: they are among the first of each, and each has its stretch of an index."""
    narrow = select(runs.c.id, sort_column(sort).label("value"))
    firsts = [
        in_order(narrowed(narrow, condition, part, runs.c.status == status), sort, forward=forward).subquery()
        for status in statuses
    ]
    near = union_all(*map(select, firsts)).subquery()
    rows = near.join(runs, runs.c.id == near.c.id).outerjoin(BODIES, OF_RUN)
    return first_by(select(*columns).select_from(rows), near.c.value, near.c.id, sort, forward=forward)


def _any(*conditions: ColumnElement[bool] | None) -> ColumnElement[bool]:
    return exists(narrowed(select(runs.c.id), *conditions).correlate(None))


def _first(
    connection: Connection,
    statements: Sequence[AnySelect],
    here: dict[str, Any],
    limit: int,
    accepts: Accepts | None = None,
) -> list[AnyRow]:
    """The first (accepted) rows of these statements' results laid end to end."""
    rows: list[AnyRow] = []
    for statement in statements:
        wanted = limit - len(rows)
        if accepts is None:
            rows += connection.execute(statement, here | {"limit": wanted}).all()
        else:
            with connection.execute(statement, here | {"limit": _NO_LIMIT}) as result:
                rows += islice((row for row in result if accepts(row[0])), wanted)
        if len(rows) == limit:
            break
    return rows


def _beyond_the_end(
    connection: Connection, statements: _Statements, place: Place | None, here: dict[str, Any], forward: bool
) -> Page[Run]:
    """A page without runs: its only neighbour is what lies behind the place."""
    if place is None or statements.behind is None or not connection.execute(statements.behind, here).scalar():
        return Page(items=[])
    return Page(items=[], previous=place.cursor()) if forward else Page(items=[], next=place.cursor())


def _place(row: AnyRow, sort: Sort, side: Side, mark: str) -> Place:
    return Place(field=sort.field, descending=sort.descending, side=side, value=row.sort_value, id=row.id, query=mark)


def cursor_at(connection: Connection, run: str, sort: Sort) -> str:
    """A cursor just before a run, good for every query."""
    row = connection.execute(select(runs.c.id, sort_column(sort).label("sort_value")).where(runs.c.id == run)).first()
    if row is None:
        raise no_run(run)
    return _place(row, sort, "before", "").cursor()


def cursor_of(run: Run, sort: Sort, side: Side, query: Query) -> str:
    """A cursor beside a run that was read; good wherever that list is read, whether the run is there or not."""
    value = value_of(run, sort.field)
    mark = _mark(query)
    return Place(field=sort.field, descending=sort.descending, side=side, value=value, id=run.id, query=mark).cursor()


def cursor_after(connection: Connection, query: Query, sort: Sort, rows: int, after: str | None = None) -> str | None:
    """A cursor after the first `rows`, found by counting along the index; None if the list is not longer."""
    condition, begin, place = matching(query), place_of(after, sort, _mark(query)), None
    here = {} if begin is None else {"id": begin.id, "value": begin.value}
    for part in ranges(sort, None if begin is None else begin.kind, forward=True):
        statement = narrowed(select(runs.c.id, sort_column(sort).label("sort_value")), condition, part)
        in_part = in_order(statement, sort, forward=True)
        if place is not None:  # the last row of the part before: is there one in this?
            return place.cursor() if connection.execute(in_part, here | {"limit": 1}).first() else None
        found = connection.execute(in_part.offset(rows - 1), here | {"limit": 2}).all()
        if found:
            place = _place(found[0], sort, "after", _mark(query))
            if len(found) > 1:
                return place.cursor()
        else:
            rows -= connection.execute(select(func.count()).select_from(statement.subquery()), here).scalar_one()
    return None


def newest(connection: Connection, condition: ColumnElement[bool], limit: int) -> list[Run]:
    """The runs of a condition that were started last."""
    by_start = Sort()
    statements = [
        in_order(narrowed(select(*COLUMNS).select_from(RUNS), condition, part), by_start, forward=True)
        for part in ranges(by_start, None, forward=True)
    ]
    return runs_of(_first(connection, statements, {}, max(limit, 1)))
