"""Steps found by a text in what is said of them."""

from ...core.runs import Step
from .picture import Picture


def has_word(step: Step, folded: str, given: str = "") -> bool:
    """Whether a step's name, agent, kind, error or id has a text, or what it was `given`; the text is case-folded."""
    return any(folded in said.casefold() for said in (step.name, step.agent, step.kind, step.error, step.id, given))


def next_match(picture: Picture, here: str | None, direction: int, *, itself: bool = False) -> str | None:
    """The next step, in the order of the layout and round its end, that has the picture's word; None without one."""
    order, folded = picture.order(), picture.word.casefold()
    if not folded or not order:
        return None
    by_id = picture.forest.by_id
    at = order.index(here) if here in by_id else 0
    for distance in range(0 if itself else 1, len(order) + 1):
        id = order[(at + direction * distance) % len(order)]
        if has_word(by_id[id], folded, picture.briefs.known(id)):
            return id
    return None
