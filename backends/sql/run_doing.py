"""What runs are at: their open steps, and how far their batch rows have come."""

from collections.abc import Sequence

from sqlalchemy import BindParameter, Connection, bindparam, func, literal_column, select

from ...core.runs import Doing, Step
from .run_details import STEP, step_of
from .run_rows import AnySelect
from .tables import items, runs, steps

MANY = 20_000
"""Rows of a run that are counted for a look at most."""
_AT_ONCE = 500  # ids in one statement

_s, _i = steps.c, items.c
_of: BindParameter[list[str]] = bindparam("runs", expanding=True)
# Literally as the partial index has it, or SQLite would not take that.
_open = (
    select(*STEP, _s.run).where(_s.run.in_(_of), _s.status == literal_column("'running'")).order_by(_s.run, _s.position)
)


def _rows_of(most: int) -> AnySelect:
    counted = select(runs.c.id).where(runs.c.id.in_(_of), runs.c["items"].between(1, most))
    return select(_i.run, _i.status, func.count()).where(_i.run.in_(counted)).group_by(_i.run, _i.status)


_rows = _rows_of(MANY)


def doing(connection: Connection, ids: Sequence[str]) -> dict[str, Doing]:
    """What some runs are at; those that are at nothing, or not there, are left out."""
    open: dict[str, list[Step]] = {}
    rows: dict[str, dict[str, int]] = {}
    for begin in range(0, len(ids), _AT_ONCE):
        given = {"runs": ids[begin : begin + _AT_ONCE]}
        for row in connection.execute(_open, given):
            open.setdefault(row[-1], []).append(step_of(row[-1], row))
        for run, status, count in connection.execute(_rows, given):
            rows.setdefault(run, {})[status] = count
    return {run: Doing(open=tuple(open.get(run, ())), items=rows.get(run, {})) for run in {**open, **rows}}
