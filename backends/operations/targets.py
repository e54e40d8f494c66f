"""What an operation is meant to do: which act with which run, and in which order."""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from ...core.copies import Original, copy_id
from ...core.operations import Chosen, Kind, Operation
from .record import Act

_MIRRORED: dict[Kind, Act] = {"archive": "restore", "restore": "archive", "trash": "untrash"}
"""What takes back what an operation of some kind has done."""


class Target(NamedTuple):
    """A run, and what is meant to be done with it."""

    act: Act
    chosen: Chosen
    of: str = ""
    original: Original | None = None
    """Of a copy: what it is made of."""


def to_copy(original: Original) -> Target:
    """Puts a copy of a source's run into the archive."""
    meant = original.chosen
    return Target("copy", Chosen(run=copy_id(meant.run), rule=meant.rule), meant.run, original)


def to_take_back(operation: Operation) -> list[Target]:
    """All that it has done; the last comes back first: parents before their children."""
    act = _MIRRORED.get(operation.kind, "restore")
    done = [one for one in reversed(operation.runs) if one.outcome == "done"]
    return [Target("uncopy" if one.copy_of else act, Chosen(run=one.run), operation.id) for one in done]


def why_final(operation: Operation) -> str:
    """Why one that is not reversible cannot be taken back, as what follows its name."""
    if operation.undone:
        return "was taken back already"
    if operation.elsewhere:
        return f"was done in {operation.elsewhere}, and can be taken back only there"
    if operation.kind in _MIRRORED:
        return "has done nothing that could be taken back"
    return f"cannot be taken back: it is of the kind {operation.kind}"


def children_first(
    targets: Sequence[Target], families: Callable[[Collection[str]], dict[str, str]]
) -> Sequence[Target]:
    """No run before one that names it as parent; `families` gives the parents of some runs (see `Shelf.families`)."""
    parents = families({target.chosen.run for target in targets})

    def depth(target: Target) -> int:
        above, run = set[str](), target.chosen.run
        while run in parents and run not in above:
            above.add(run)
            run = parents[run]
        return len(above)

    return sorted(targets, key=depth, reverse=True) if parents else targets
