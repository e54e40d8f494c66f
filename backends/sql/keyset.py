"""The index ranges behind the places at which pages of runs begin (`run_places`).

Unknown values (NULL) come last both ways, so a list is read as two ranges of one index: known values, then unknown
ones.
"""

import operator
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, tuple_

from ...core.clock import between
from ...core.pages import Sort, SortField
from ...core.runs import Run
from .column_types import Integer
from .run_places import PlaceKind
from .run_rows import AnySelect
from .tables import runs

_LOWEST = -(2**63)

_SORTED_BY: dict[SortField, tuple[ColumnElement[Any], Any]] = {
    # The column, and a value that no known one is below; None where all values are known.
    # `>= lowest` instead of IS NOT NULL, for not every SQLite makes a range of an index of that.
    "started": (runs.c.started, ""),
    "finished": (runs.c.finished, ""),
    "last_event": (runs.c.last_event, ""),
    "took": (runs.c.took, float(_LOWEST)),
    "tokens": (runs.c.tokens, None),
    "cost": (runs.c.nanousd, _LOWEST),
    "size": (runs.c.size_bytes, _LOWEST),
    "workflow": (runs.c.workflow, None),
    "name": (runs.c.name, None),
    "status": (runs.c.status, None),
    "steps": (runs.c.steps, None),
    "events": (runs.c.events, None),
    "errors": (runs.c.errors, None),
}


def _took(run: Run) -> float | None:
    took = between(run.started, run.finished)
    return took if took is None or took >= 0 else None


_VALUE_OF: dict[SortField, Callable[[Run], str | int | float | None]] = {
    "started": lambda run: run.started,
    "finished": lambda run: run.finished,
    "last_event": lambda run: run.last_event,
    "took": _took,
    "tokens": lambda run: run.tokens.total,
    "cost": lambda run: run.money.nanousd,
    "size": lambda run: run.size_bytes,
    "workflow": lambda run: run.workflow,
    "name": lambda run: run.name,
    "status": lambda run: run.status,
    "steps": lambda run: run.steps,
    "events": lambda run: run.events,
    "errors": lambda run: run.errors,
}


def value_of(run: Run, field: SortField) -> str | int | float | None:
    """What the column that is sorted by holds of a run; None if that is unknown."""
    return _VALUE_OF[field](run)


def sort_column(sort: Sort) -> ColumnElement[Any]:
    """The column that holds the values sorted by."""
    return _SORTED_BY[sort.field][0]


def ranges(sort: Sort, kind: PlaceKind | None, *, forward: bool, name: str = "") -> list[ColumnElement[bool] | None]:
    """Conditions of the index ranges to read one after the other, from a place (or an end) on.

    They have the place's `value` and `id` as bound parameters, so that a statement serves every place of a kind; a
    `name` stands before theirs where a statement has two places.
    """
    column, lowest = _SORTED_BY[sort.field]
    if lowest is None:
        return [None if kind is None else _beyond(sort, kind, forward, name)]
    parts = [column >= lowest, column.is_(None)]
    if kind is not None:
        in_part = 0 if kind.known else 1
        parts[in_part] = _beyond(sort, kind, forward, name)
        parts = parts[in_part:] if forward else parts[: in_part + 1]
    return [*parts] if forward else [*reversed(parts)]


def _beyond(sort: Sort, kind: PlaceKind, forward: bool, name: str) -> ColumnElement[bool]:
    """The rows on the far side of a place, among those whose value is known (or unknown) like its own."""
    with_row = (kind.side == "before") == forward
    if sort.descending is forward:
        compare = operator.le if with_row else operator.lt
    else:
        compare = operator.ge if with_row else operator.gt
    column = sort_column(sort)
    id_ = bindparam(f"{name}id", type_=runs.c.id.type)
    if not kind.known:
        return and_(column.is_(None), compare(runs.c.id, id_))
    here = tuple_(bindparam(f"{name}value", type_=column.type), id_)
    condition: ColumnElement[bool] = compare(tuple_(column, runs.c.id), here)
    return condition


def in_order(statement: AnySelect, sort: Sort, *, forward: bool) -> AnySelect:
    """The first `limit` (a bound parameter) rows of a statement, in the order of the sort or in the opposite one."""
    return first_by(statement, sort_column(sort), runs.c.id, sort, forward=forward)


def first_by(
    statement: AnySelect, value: ColumnElement[Any], id_: ColumnElement[str], sort: Sort, *, forward: bool
) -> AnySelect:
    """As `in_order`, by other columns that hold the sort value and the id."""
    statement = statement.limit(bindparam("limit", type_=Integer))
    if sort.descending is forward:
        return statement.order_by(value.desc(), id_.desc())
    return statement.order_by(value, id_)
