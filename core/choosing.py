"""What an operation is about to do with some runs: which of them go, which stay and why, and what that comes to."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal

import msgspec

from .copies import copy_id
from .errors import NotFound
from .operations import Chosen, Done, Order
from .query.query import Query, of_version, parse
from .runs import FINISHED, Run

if TYPE_CHECKING:
    from .repositories import RunRepository, UpkeepRepository

Doing = Literal["archive", "restore", "trash"]

_ARCHIVED, _LIVE = parse("archived"), parse("-archived")
_SWELLS = 1000
"""A run of fewer bytes takes more in the archive, which says 600 bytes of each, however well the rest is packed."""
COPIED = "is copied already"
"""Why a run of another program stays of which a copy was archived before."""


class Survey(msgspec.Struct, kw_only=True, frozen=True):
    """What would be done, as of the moment when it was looked at."""

    doing: Doing
    chosen: tuple[Chosen, ...] = ()
    """The runs that go, the newest first: children before the runs that they came from."""
    size_bytes: int = 0
    """What they take, as far as that is known."""
    copies: int = 0
    """How many of them belong to another program: of these a copy goes, and they stay."""
    unknown: int = 0
    """Of how many it is not."""
    swell: bool = False
    """Whether they take more in the archive than now."""
    stays: Mapping[str, str] = {}
    """The ids of runs that stay, and why, as a clause."""
    workflows: Mapping[str, int] = {}
    """How many go, by workflow."""
    emptied: tuple[str, ...] = ()
    """Workflows of which no run would be left."""

    @property
    def refused(self) -> dict[str, int]:
        """Why runs stay, and how many."""
        return dict(Counter(self.stays.values()))


def meant(query: Query, doing: Doing) -> Query:
    """The runs that a query means: live ones, unless it says `archived`; archived ones alone where they come back."""
    if doing == "restore":
        return query & _ARCHIVED
    keys = query.keys()
    return query if doing == "trash" and "archived" in keys else query & _LIVE


def refusal(run: Run, doing: Doing) -> str:
    """Why something is not done with a run, as a clause; empty if it may be."""
    if run.source:
        return _of_a_source(run, doing)
    if doing == "restore":
        return "" if run.archived else "is not archived"
    if run.pinned:
        return "is pinned"
    if doing == "archive" and run.archived:
        return "is archived already"
    if run.status in FINISHED or (run.status == "lost" and doing == "trash"):
        return ""
    return "is lost, not finished" if run.status == "lost" else f"is {run.status}"


def _of_a_source(run: Run, doing: Doing) -> str:
    """Of another program's run a copy can be archived once it has ended, and that is all."""
    if doing != "archive":
        return "belongs to another program: only a copy of it can be archived"
    return "" if run.status in FINISHED else f"is {run.status}"


def _is_copied(run: Run, runs: "RunRepository") -> bool:
    try:
        runs.get(copy_id(run.id))
    except NotFound:
        return False
    return True


def chosen(run: Run) -> Chosen:
    """A run as it is seen now."""
    return Chosen(run=run.id, status=run.status, last_seq=run.last_seq, archived=run.archived, source=run.source)


def survey(doing: Doing, found: Iterable[Run], runs: "RunRepository") -> Survey:
    """Looks at each of these runs, whether another program's is copied already, and for trash at how many others
    their workflows have. Costs what is looked at.
    """
    going: list[Run] = []
    stays: dict[str, str] = {}
    for run in found:
        why = refusal(run, doing)
        if not why and run.source and _is_copied(run, runs):
            why = COPIED
        if why:
            stays[run.id] = why
        else:
            going.append(run)
    going.sort(key=lambda run: run.id, reverse=True)
    workflows = Counter(run.workflow for run in going)
    sizes = [run.size_bytes for run in going if run.size_bytes is not None]
    return Survey(
        doing=doing,
        chosen=tuple(map(chosen, going)),
        size_bytes=sum(sizes),
        copies=sum(1 for run in going if run.source),
        unknown=len(going) - len(sizes),
        swell=doing == "archive" and swell(run.size_bytes for run in going),
        stays=stays,
        workflows=dict(workflows),
        emptied=emptied(workflows, runs) if doing == "trash" else (),
    )


def swell(sizes: Iterable[int | None]) -> bool:
    """Whether runs of so many bytes are all so small that they take more in the archive."""
    known = list(sizes)
    return bool(known) and all(size is not None and size < _SWELLS for size in known)


def begin(found: Survey, order: Order, upkeep: "UpkeepRepository") -> Iterator[Done]:
    """Does it, a run at a time; nothing before the first is asked for."""
    if found.doing == "restore":
        return upkeep.restore(order, [one.run for one in found.chosen])
    return (upkeep.archive if found.doing == "archive" else upkeep.trash)(order, found.chosen)


def emptied(going: Mapping[str, int], runs: "RunRepository") -> tuple[str, ...]:
    """The workflows, of those of which so many runs go, that would have none left."""
    return tuple(name for name, count in sorted(going.items()) if runs.count(of_version(name)) <= count)
