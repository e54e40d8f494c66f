"""What is selected of the table `runs` to make `Run` structs of, which `run_values` does."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Integer, Row, Select, Table, case, func, select, type_coerce

from ...core.runs import Run
from .dialects import texts, total
from .tables import costs, run_bodies, run_tags, runs

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


def token_columns(table: FromClause) -> list[ColumnElement[Any]]:
    """The columns that `tokens_of` reads."""
    return [table.c[f"{name}_tokens"] for name in ("input", "output", "cache_read", "cache_write", "reasoning")]


def money_columns(table: Table) -> list[Column[Any]]:
    """The columns that `money_of` reads."""
    names = ("recorded_nanousd", "computed_nanousd", "calls_recorded", "calls_computed", "calls_unknown")
    return [table.c[name] for name in names]


def call_money(calls: FromClause = costs) -> list[ColumnElement[Any]]:
    """Sums over `costs` (or some of them), a row each call, in the order that `money_of` reads."""
    told = {kind: case((calls.c.provenance == kind, 1), else_=0) for kind in ("recorded", "computed", "unknown")}
    price = func.coalesce(calls.c.nanousd, 0)
    columns = [price * told["recorded"], price * told["computed"], *told.values()]
    return [total(column) for column in columns]


BODIES = run_bodies.alias("bodies")  # a name of its own, for queries look in `run_bodies` themselves
OF_RUN = BODIES.c.run == runs.c.id
RUNS = runs.outerjoin(BODIES, OF_RUN)
"""Where `COLUMNS` are selected from."""

# In the same statement, for a second one costs as much as the page itself.
_tags = select(texts(run_tags.c.tag)).where(run_tags.c.run == runs.c.id).scalar_subquery()

_parts: dict[str, Sequence[ColumnElement[Any]]] = {
    "tokens": token_columns(runs),
    "money": money_columns(runs),
    "tags": [_tags],
    "meta": [BODIES.c.meta],
    "writer": [BODIES.c.writer],
    # As the driver gives them: to make a truth value of every one costs more here than in `runs_of`.
    "pinned": [type_coerce(runs.c.pinned, Integer)],
    "archived": [type_coerce(runs.c.archived, Integer)],
}
COLUMNS = [column for name in Run.__struct_fields__ for column in (_parts.get(name) or [runs.c[name]])]
"""What a `Run` needs of its row: the columns of each of its fields, in their order."""
