"""Which step lies in which: agents declare what they like, and every step has its place all the same."""

from collections.abc import Iterable, Mapping

from .runs import Step


def nested(steps: Iterable[Step]) -> dict[str | None, list[Step]]:
    """Steps by the step they lie in, in the order given."""
    by_id = {step.id: step for step in steps}
    parents = parents_of(by_id)
    below: dict[str | None, list[Step]] = {}
    for step in by_id.values():
        below.setdefault(parents[step.id], []).append(step)
    return below


def parents_of(steps: Mapping[str, Step]) -> dict[str, str | None]:
    """The step that each lies in. One whose parent is unknown stands outermost, as does a step that closes a circle."""
    found: dict[str, str | None] = {}
    for id in steps:
        trail: dict[str, None] = {}
        at: str | None = id
        while at is not None and at not in found and at not in trail:
            trail[at] = None
            at = _known(steps, at)
        # What is met again on the way up is where a circle is cut.
        cut = at if at in trail else None
        for one in trail:
            found[one] = _known(steps, one) if one != cut else None
    return found


def _known(steps: Mapping[str, Step], id: str) -> str | None:
    parent = steps[id].parent
    return parent if parent in steps else None
