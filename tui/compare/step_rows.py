"""The steps of several runs, those that do the same beside each other."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET

from ...core.clock import between, from_seconds
from ...core.comparing.steps import AlignedStep, aligned_steps
from ...core.runs import Run, Step
from ...core.store import Store
from .. import format
from ..lines import Line, one_line, status_ink
from .rows import Context, Row, kind_of_present, remark

MOST = 10_000
"""Steps of each run that are compared, the first ones."""

NOTED_S = 1.0
"""Seconds by which times must differ, and by half, before a colour says so."""


class Steps(NamedTuple):
    """What was read, aligned."""

    rows: list[AlignedStep]
    cut: bool
    """Whether a run has more steps than are compared."""


def read_steps(store: Store, run: Run) -> list[Step]:
    """The first steps of a run."""
    return store.runs.steps(run.id, limit=MOST)


def align_steps(store: Store, runs: Sequence[Run], read: Sequence[list[Step]]) -> Steps:
    """Finds what belongs together."""
    return Steps(aligned_steps(read), any(len(steps) >= MOST for steps in read))


def step_rows(context: Context, found: Steps) -> list[Row]:
    """A row for each step, with its status, time and cost in every run."""
    if not found.rows:
        return [remark("none", "None of these runs has a step")]
    rows = [
        Row(
            row.key,
            [(one_line(row.name, 80), "text")],
            kind_of_present([step is not None for step in row.steps], context.base)
            or ("changed" if row.differences else "same"),
            lambda n, row=row: step_cell(context, row, n),  # type: ignore[misc]
            row.depth,
            row,
            raw=lambda n, row=row: _raw(row.steps[n], context.now),  # type: ignore[misc]
            about={"differs_in": list(row.differences)},
        )
        for row in found.rows
    ]
    return [*rows, remark("cut", f"only the first {MOST:,} steps of each run are compared")] if found.cut else rows


def step_cell(context: Context, row: AlignedStep, n: int) -> Line:
    """`✔ 0:08 $0.004`, or a dash where a run does not have the step."""
    step, glyphs = row.steps[n], context.glyphs
    if step is None:
        return [(glyphs.dash, "faint")]
    line: Line = [(f"{glyphs.status(step.status)} ", status_ink(step.status))]
    took = step_took(step, context.now) if step.started else None
    line.append((f"{'' if took is None else format.duration(took):<6}", _pace(context, row, took)))
    if step.attempt > 1:
        line.append((f"#{step.attempt} ", "warn"))
    if step.money.provenance != "none":
        line.append((f"{format.cost(step.money, glyphs):<8}", "muted"))
    if step.error:
        line.append((f" {one_line(step.error, 120)}", "bad"))
    return line


def _raw(step: Step | None, now: float) -> object:
    if step is None:
        return UNSET
    return {
        "id": step.id,
        "status": step.status,
        "attempt": step.attempt,
        "kind": step.kind,
        "agent": step.agent,
        "duration_s": step_took(step, now) if step.started else None,
        "cost_nanousd": step.money.nanousd,
        "cost_provenance": step.money.provenance,
        "tokens": step.tokens.total,
        "error": step.error or None,
    }


def _pace(context: Context, row: AlignedStep, took: float | None) -> str:
    """The ink of a time: whether it took much longer than in the baseline, or much less."""
    against = row.steps[context.base]
    before = step_took(against, context.now) if against is not None else None
    if took is None or before is None or abs(took - before) < NOTED_S:
        return "text"
    return "warn" if took > 1.5 * before else "good" if before > 1.5 * took else "text"


def step_took(step: Step, now: float) -> float | None:
    """Seconds that a step took, or has taken so far."""
    return between(step.started, from_seconds(now) if step.status == "running" else step.finished)
