"""Pages of lists that hang on runs: of any table, in any order that ends with what tells its rows apart."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, bindparam, tuple_

from ...core.pages import Page, from_cursor, to_cursor
from ...core.query.query import EVERYTHING, Query
from .run_queries import conditions
from .run_rows import AnyRow, AnySelect
from .tables import runs


def page(
    connection: Connection,
    statement: AnySelect,
    order: Sequence[ColumnElement[Any]],
    limit: int,
    after: str | None,
) -> Page[AnyRow]:
    """The rows of a statement behind a cursor, in order; they have the columns of the order at their end."""
    limit = max(limit, 1)
    if after is not None:
        place = from_cursor(after, *(column.type.python_type for column in order))
        bound = (
            bindparam(f"place_{number}", value, column.type)
            for number, (value, column) in enumerate(zip(place, order, strict=True))
        )
        statement = statement.where(tuple_(*order) > tuple_(*bound))
    columns = (column.label(f"order_{number}") for number, column in enumerate(order))
    rows = connection.execute(statement.add_columns(*columns).order_by(*order).limit(limit + 1)).all()
    more = len(rows) > limit
    return Page(items=list(rows[:limit]), next=to_cursor(*rows[limit - 1][-len(order) :]) if more else None)


def of_runs(statement: AnySelect, run: Column[Any], within: Query) -> AnySelect:
    """The same of the runs that match alone; without a query also of what belongs to no run."""
    if within == EVERYTHING:
        return statement
    return statement.join(runs, runs.c.id == run).where(*conditions(within))
