"""Runs that steps of another run began, as far as the program tells it that made both: its subagents.

They lie beside each other below the run that began the first of them, also those that others of them began. What is
said holds of a copy as of what it is a copy of.
"""

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection, bindparam, select

from ...core.copies import PROGRAMS
from ...core.runs import Run, RunStatus, Step, StepStatus
from . import tables

_ENDS: dict[RunStatus, StepStatus] = {"failed": "failed", "lost": "failed", "cancelled": "skipped"}
"""How a step ended that began a run which ended so, whatever it was told to have brought."""


def with_their_runs(
    connection: Connection, run: str, steps: list[Step], children: Callable[[str], list[Run]]
) -> list[Step]:
    """The steps of a run, with what their runs came to. Of what our own programs recorded it costs one small look."""
    about = connection.execute(_ABOUT, {"of": run}).first()
    if about is None or not any(f'"{program}"' in about.meta for program in PROGRAMS):
        return steps
    beside = (child for parent in filter(None, (run, about.parent)) for child in children(parent))
    begun = {child.begun_by: child for child in beside if child.begun_by}
    return [_ended_with(step, begun.get(step.id)) for step in steps] if begun else steps


def _ended_with(step: Step, child: Run | None) -> Step:
    if child is None:
        return step
    end = _ENDS.get(child.status, step.status) if step.status == "completed" else step.status
    why = child.error or child.evidence or child.status
    error = step.error if end == step.status else f"its run is lost: {why}" if child.status == "lost" else why
    return msgspec.structs.replace(step, status=end, error=error, began_run=child.id)


_runs, _bodies = tables.runs.c, tables.run_bodies.c
_ABOUT = (
    select(_runs.parent, _bodies.meta)
    .join_from(tables.runs, tables.run_bodies, _bodies.run == _runs.id)
    .where(_runs.id == bindparam("of"))
)
