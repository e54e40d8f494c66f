"""Steps of several runs beside each other: a step stands in one row with those that do the same elsewhere."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from ..progress import go_on
from ..runs import Step
from ..step_nesting import nested
from .aligning import align

Standing = Literal["same", "differs", "only"]
"""Alike in all runs, in all but not alike, or not in all."""

COMPARED = ("status", "error", "attempt", "kind", "agent")
"""What two steps are alike in. How long they took and what they cost is never twice the same."""


class AlignedStep(NamedTuple):
    """One row: the step of each run, or None where a run has none."""

    steps: tuple[Step | None, ...]
    depth: int = 0
    """In how many others it lies."""

    @property
    def name(self) -> str:
        """What they are all called."""
        return next(step.name for step in self.steps if step is not None)

    @property
    def key(self) -> str:
        """Tells it from all other rows, also when others come in between."""
        return next(f"{n}:{step.id}" for n, step in enumerate(self.steps) if step is not None)

    @property
    def standing(self) -> Standing:
        """How the runs differ here."""
        return "only" if None in self.steps else "differs" if self.differences else "same"

    @property
    def differences(self) -> tuple[str, ...]:
        """In what those steps differ that are there."""
        there = [step for step in self.steps if step is not None]
        return tuple(name for name in COMPARED if len({getattr(step, name) for step in there}) > 1)


def aligned_steps(runs: Sequence[Sequence[Step]]) -> list[AlignedStep]:
    """All steps of some runs, each in one row, a step's own below it.

    Only steps within such that stand in one row find each other, by name and kind and turn.
    Any number of steps costs about what sorting them costs.
    """
    below = [nested(steps) for steps in runs]
    rows: list[AlignedStep] = []
    # A stack of our own: steps may be nested deeper than Python recurses.
    stack = [AlignedStep(steps, 0) for steps in reversed(_level(list(map(_outermost, below))))]
    while stack:
        row = stack.pop()
        go_on()
        rows.append(row)
        inner = [found.get(step.id, []) if step else [] for found, step in zip(below, row.steps, strict=True)]
        if any(inner):
            stack += [AlignedStep(steps, row.depth + 1) for steps in reversed(_level(inner))]
    return rows


def _outermost(below: dict[str | None, list[Step]]) -> list[Step]:
    return below.get(None, [])


def _level(lists: list[list[Step]]) -> list[tuple[Step | None, ...]]:
    places = align([[(step.name, step.kind) for step in steps] for steps in lists])
    return [tuple(None if n is None else steps[n] for n, steps in zip(row, lists, strict=True)) for row in places]
