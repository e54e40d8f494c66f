"""Which step lies in which."""

from collections.abc import Mapping, Sequence

from .runs import Step


def nested(steps: Sequence[Step]) -> dict[str | None, list[Step]]:
    """Steps by the step they lie in. One that names a later step, or none we know, stands outermost."""
    places = {step.id: n for n, step in enumerate(steps)}
    below: dict[str | None, list[Step]] = {}
    for step in steps:
        below.setdefault(step.parent if is_inside(step, places) else None, []).append(step)
    return below


def is_inside(step: Step, places: Mapping[str, int]) -> bool:
    """Whether a step lies in the one it names, by the steps' places in the order they began."""
    # A parent begins before its child; so no circle of parents can ever hide a step.
    return step.parent is not None and places.get(step.parent, len(places)) < places[step.id]
