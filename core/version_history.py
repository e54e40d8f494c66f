"""The history of a workflow: its versions in their lineage, each beside what its runs came to and its parent's did."""

from collections.abc import Iterable
from typing import NamedTuple

from .lineage import lineage
from .metrics import Change, success_change
from .workflows import Outcome, Version


class Entry(NamedTuple):
    """One version in its history; or the runs that name a version nobody saved, or none."""

    number: int | None
    version: Version | None
    outcome: Outcome | None
    parent: Outcome | None
    """Outcome of the nearest parent that has runs enough to compare with."""
    running: int = 0
    """Its runs that have not ended."""
    costs: tuple[int | None, ...] = ()
    """Nano-dollars of its newest finished runs, oldest first; None where a call has no price."""
    days: tuple[Outcome, ...] = ()
    """What its runs came to on the last days on which some ended, oldest first."""

    @property
    def is_kept(self) -> bool:
        """Whether there is a text to look at."""
        return self.version is not None and self.version.deleted is None

    @property
    def parents(self) -> tuple[int, ...]:
        """Numbers of its parents."""
        return self.version.parents if self.version else ()

    @property
    def against(self) -> int | None:
        """Number of the parent that it is compared with: the nearest that has runs enough, else the first."""
        return self.parent.version if self.parent else next(iter(self.parents), None)

    @property
    def success(self) -> Change | None:
        """How the success rate changed against the parent's; None where one of both has too few runs."""
        if self.outcome is None or self.parent is None:
            return None
        change = success_change(self.parent, self.outcome)
        return None if change.too_few else change

    @property
    def cost_change(self) -> float | None:
        """Cost of a run against the parent's, -0.3 for 30 % less; None where it is not known, or of too few runs."""
        one, other = self.outcome, self.parent
        if one is None or other is None or one.too_few or one.money.unknown or other.money.unknown:
            return None
        new, old = one.per_run.nanousd, other.per_run.nanousd
        return None if new is None or not old else new / old - 1


class History(NamedTuple):
    """All versions of a workflow."""

    entries: list[Entry]
    """Parents before children; runs without a version come first."""
    troubles: list[str]
    """What is wrong with the lineage, a sentence each."""


def history(versions: Iterable[Version], outcomes: Iterable[Outcome]) -> History:
    """Versions (tombstones included) and outcomes of one workflow as its history; costs little more than its size."""
    kept = {version.number: version for version in versions}
    came_to = {outcome.version: outcome for outcome in outcomes}
    named = sorted({*kept, *(number for number in came_to if number is not None)})
    parents = {number: kept[number].parents if number in kept else () for number in named}
    found = lineage(parents)
    entries = [Entry(None, None, came_to[None], None)] if None in came_to else []
    for number in found.order:
        compared = next((came_to[up] for up in parents[number] if up in came_to and not came_to[up].too_few), None)
        entries.append(Entry(number, kept.get(number), came_to.get(number), compared if number in kept else None))
    return History(entries, _troubles(found.circular, found.missing))


def _troubles(circular: Iterable[int], missing: Iterable[tuple[int, int]]) -> list[str]:
    round_ = sorted(circular)
    said = []
    if len(round_) == 1:
        said.append(f"version {round_[0]} names itself as its parent: its file was edited by hand")
    elif round_:
        named = f"{', '.join(map(str, round_[:-1]))} and {round_[-1]}"
        said.append(f"versions {named} name each other as parents: a file was edited by hand")
    said += [f"version {number} names version {up} as parent, which was never saved here" for number, up in missing]
    return said
