"""The line about what is open: where a live run stands, what a dead one left."""

from ...core.clock import to_seconds
from ...core.runs import FINISHED, Run, Step
from ...core.text import cells, fit
from .. import format
from ..facts import evidence
from ..lines import Line, one_line, width_of
from ..live.board import QUIET
from .forest import Forest

LEAST = 12
"""Cells that the step's name keeps however much there is to say."""

CALLS = frozenset({"llm", "tool", "call", "api", "model", "retriever", "embedding"})
"""Kinds of steps that wait for somebody else."""


def open_line(forest: Forest, run: Run, now: float, width: int) -> Line:
    """What is open and since when, at the moment `now`; empty for a run that ended with nothing left open."""
    stuck = forest.stuck()
    if run.status == "waiting":
        return [("waits for a person  ", "warn"), (one_line(run.evidence, 200), "strong"), ("  p answers", "muted")]
    if run.status == "lost":
        return _lost(forest, run, stuck, now)
    if run.status in FINISHED:
        return [("left open when the run ended  ", "warn"), *_names(forest, stuck, now)] if stuck else []
    quiet = None if run.last_event is None else max(now - to_seconds(run.last_event), 0.0)
    last: Line = [(f"  last event {format.age(quiet)} ago", "muted")] if quiet is not None else []
    if not stuck:
        return [("no step is open", "muted"), *last]
    if run.status == "paused":
        return [("paused in  ", "warn"), *_names(forest, stuck, now)]
    slow = quiet is not None and quiet > QUIET
    before: Line = [("stuck? " if slow else "", "warn"), (f"oldest open {_word(stuck[0])}  ", "muted")]
    after: Line = [
        (f" {_since(forest, stuck[0], now)}", "text"),
        (f"  of {len(forest.open):,} open" if len(forest.open) > 1 else "", "muted"),
        *last,
    ]
    room = max(width - width_of(before) - width_of(after), LEAST)
    name = one_line(stuck[0].name, 80)
    return [*before, (fit(name, min(room, cells(name))), "warn" if slow else "strong"), *after]


def _lost(forest: Forest, run: Run, stuck: list[Step], now: float) -> Line:
    why: Line = [(f"  {evidence(run, now)}", "muted")] if run.evidence else []
    if not stuck:
        return [("lost with no step open", "bad"), *why]
    return [("lost in  ", "bad"), *_names(forest, stuck, now), *why]


def _names(forest: Forest, stuck: list[Step], now: float) -> Line:
    line: Line = []
    for step in stuck[:2]:
        line += [(f"{one_line(step.name, 40)}", "strong"), (f" {_since(forest, step, now)}  ", "text")]
    if len(stuck) > 2:
        line.append((f"and {len(stuck) - 2:,} more  ", "muted"))
    return line


def _since(forest: Forest, step: Step, now: float) -> str:
    return format.duration(now - forest.starts.get(step.id, now))


def _word(step: Step) -> str:
    return "call" if step.kind.lower() in CALLS else "step"
