"""A retention plan that is to be carried out: what is told and asked before, and the work of the browser."""

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, cast

from ...core.choosing import swell
from ...core.operations import Carried, Done, new_order
from ...core.retention.applying import carry_out, digest_of
from ...core.retention.meant import Meant
from ...core.signing import who
from ...core.store import Store
from .. import format
from ..space.words import SWELL

if TYPE_CHECKING:
    from ..operations.operations import Work

APPLY = "flightlog retain --apply --yes"
"""The command line that does the same."""
_DOES = {
    "states": ("loses its intermediate states", "lose their intermediate states"),
    "archive": ("goes to the archive", "go to the archive"),
    "trash": ("goes to the trash", "go to the trash"),
}
"""What one run does, and what several do."""
_LEAVES = ("leaves the trash for good", "leave the trash for good")


def told(found: Meant) -> list[str]:
    """What becomes of how many runs, and bytes; a sentence each."""
    lines = []
    for action, does in _DOES.items():
        sizes = [one.size_bytes for one in found.taken if one.action == action]
        if sizes:
            lines.append(_part(len(sizes), [size for size in sizes if size is not None], does))
        if action == "archive" and swell(sizes):
            lines.append(SWELL[len(sizes) > 1])
    if found.gone:
        lines.append(_part(len(found.gone), [one.size_bytes for one in found.gone], _LEAVES))
    return lines


def question(found: Meant, every: float) -> list[str]:
    """What is asked, and what is to be known before one says yes; `every` are the seconds between two passes."""
    often = format.age(every)
    if not found.total:
        return ["The policy takes nothing now.", f"Let it act by itself from now on, every {often}?"]
    then = f"From then on it acts by itself every {often}, while a browser or `flightlog retain --watch` runs."
    return [f"Apply the policy to {format.plural(found.total, 'run')}?", *told(found), then]


def _part(runs: int, sizes: list[int], does: tuple[str, str]) -> str:
    unknown = f", the size of {runs - len(sizes):,} is not known" if len(sizes) < runs else ""
    return f"{format.plural(runs, 'run')} ({format.size(sum(sizes))}{unknown}) {does[runs != 1]}."


def work_of(store: Store, found: Meant, why: str = APPLY, *, by_hand: bool = True) -> "Work":
    """The work: done to its end by hand, the policy may act by itself from then on."""

    from ..operations.operations import Work  # late, for the command line, which needs no screen, tells of plans too

    def begin() -> Iterator[Done]:
        each = cast("Generator[Carried]", carry_out(found.taken, found.gone, store, by=who(), why=why))
        with closing(each) as runs:
            for one in runs:
                yield one.done
        if by_hand:
            store.upkeep.note_policy(new_order(by=who(), why=why), digest_of(found.policy))

    undo = any(one.action != "states" for one in found.taken)
    return Work("applying", "dealt with", found.total, begin, undo=undo, words=tuple(why.split()[1:]))
