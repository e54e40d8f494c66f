"""The steps of several runs, those that do the same beside each other."""

from collections.abc import Iterable, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import NamedTuple

from msgspec import UNSET

from ...core.clock import between, from_seconds
from ...core.comparing.steps import AlignedStep, aligned_steps
from ...core.diff import encoded
from ...core.events import AnyEvent, StepFinished, StepStarted
from ...core.progress import counted
from ...core.runs import Run, Step
from ...core.store import Store
from .. import format
from ..facts import stands
from ..lines import Line, one_line, status_ink
from .rows import Context, Kept, Row, kind_of_present, remark

MOST = 10_000
"""Steps of each run that are compared, the first ones."""

NOTED_S = 1.0
"""Seconds by which times must differ, and by half, before a colour says so."""


NOTED_NANOUSD = 1_000_000
"""Nano-dollars beyond half as much again, from which on a colour says that a step was dear."""

LOOKED_INTO = 200
"""Rows whose inputs and outputs are compared, the first ones: these lie in the recorded events."""

AT_ONCE = 100
"""Events of a run that are read by one call: a large input is not held in memory with all others."""

Place = tuple[str, int]
"""A run and the seq of an event."""


class Bodies(NamedTuple):
    """What went into a step and what came out of it, as far as equal ones are equal; None for nothing."""

    input: int | None
    output: int | None


class Steps(NamedTuple):
    """What was read, aligned."""

    rows: list[AlignedStep]
    bodies: dict[str, tuple[Bodies, ...]]
    """Of the first rows that have an input or output, by their keys."""
    cut: bool
    """Whether a run has more steps than are compared."""


def read_steps(store: Store, run: Run) -> list[Step]:
    """The first steps of a run."""
    return store.runs.steps(run.id, limit=MOST)


def align_steps(store: Store, read: Sequence[list[Step]], kept: Kept) -> Steps:
    """Finds what belongs together, and looks whether the first ones had the same input and output."""
    rows = aligned_steps(read)
    first = list(islice(filter(_has_bodies, rows), LOOKED_INTO))
    places = {place for row in first for step in row.steps if step for place in _places(step) if place}
    read_bodies(store, places - kept.keys(), kept)
    bodies = {row.key: tuple(_bodies(step, kept) for step in row.steps if step) for row in first}
    return Steps(rows, bodies, any(len(steps) >= MOST for steps in read))


def _has_bodies(row: AlignedStep) -> bool:
    """Whether all runs have the step, and one of them something that went into it or came out."""
    return None not in row.steps and any(step and (step.has_input or step.has_output) for step in row.steps)


def _places(step: Step) -> tuple[Place | None, Place | None]:
    """Where its input and its output are recorded."""
    began, ended = step.started_seq if step.has_input else None, step.finished_seq if step.has_output else None
    return (step.run, began) if began else None, (step.run, ended) if ended else None


def _bodies(step: Step, kept: Kept) -> Bodies:
    return Bodies(*(place and kept[place] for place in _places(step)))


def read_bodies(store: Store, places: Iterable[Place], kept: Kept) -> None:
    """Keeps what was recorded in these places, as far as equal ones are equal; recorded events stay as they are."""
    parts: list[tuple[str, list[int]]] = []
    for run, of_run in groupby(sorted(places), key=itemgetter(0)):
        seqs = [seq for _, seq in of_run]
        parts += ((run, seqs[begin : begin + AT_ONCE]) for begin in range(0, len(seqs), AT_ONCE))
    for run, seqs in counted(parts, len(parts), "comparing inputs and outputs"):
        read_part(store, run, seqs, kept)


def read_part(store: Store, run: str, seqs: Sequence[int], kept: Kept) -> None:
    """Keeps the bodies of some events of a run: one call."""
    found = store.runs.some_events(run, seqs)
    kept |= {(run, seq): _body(found.get(seq)) for seq in seqs}


def _body(event: AnyEvent | None) -> int | None:
    """The hash of what went in or came out; None for nothing, and where that cannot be read."""
    body = event.input if isinstance(event, StepStarted) else None
    body = event.output if isinstance(event, StepFinished) else body
    return None if body is None else hash(encoded(body))


def step_rows(context: Context, found: Steps) -> list[Row]:
    """A row for each step, with its status, time and cost in every run."""
    if not found.rows:
        return [remark("none", "None of these runs has a step")]
    rows = [
        Row(
            row.key,
            [(one_line(row.name, 80), "text")],
            kind_of_present([step is not None for step in row.steps], context.base)
            or ("changed" if row.differences or len(set(found.bodies.get(row.key, ()))) > 1 else "same"),
            lambda n, row=row: step_cell(context, row, n, found.bodies.get(row.key, ())),  # type: ignore[misc]
            row.depth,
            row,
            raw=lambda n, row=row: _raw(row.steps[n], context.now),  # type: ignore[misc]
            about={"differs_in": [*row.differences, *_differing(found.bodies.get(row.key, ()))]},
        )
        for row in found.rows
    ]
    return [*rows, remark("cut", f"only the first {MOST:,} steps of each run are compared")] if found.cut else rows


def _differing(bodies: Sequence[Bodies]) -> list[str]:
    return [name for name in Bodies._fields if len({getattr(one, name) for one in bodies}) > 1]


def step_cell(context: Context, row: AlignedStep, n: int, bodies: Sequence[Bodies] = ()) -> Line:
    """`✔ 0:08 $0.004 other output`, or a dash where a run does not have the step."""
    step, glyphs = row.steps[n], context.glyphs
    if step is None:
        return [(glyphs.dash, "faint")]
    status = stands(step, context.runs[n].status)
    line: Line = [(f"{glyphs.status(status)} ", status_ink(status))]
    took = step_took(step, context.now) if step.started else None
    line.append((f"{'' if took is None else format.duration(took):<6}", _pace(context, row, took)))
    if step.attempt > 1:
        line.append((f"#{step.attempt} ", "warn"))
    if step.money.provenance != "none":
        line.append((f"{format.cost(step.money, glyphs):<8}", _price(context, row, step)))
    if bodies and (other := _differing((bodies[context.base], bodies[n]))):
        line.append((f" other {'in and out' if len(other) > 1 else other[0]}", "warn"))
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


def _price(context: Context, row: AlignedStep, step: Step) -> str:
    """The ink of a cost: whether it is much more than in the baseline."""
    against = row.steps[context.base]
    before, now = (against.money.nanousd if against else None), step.money.nanousd
    return "warn" if before is not None and now is not None and now > 1.5 * before + NOTED_NANOUSD else "muted"


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
