"""A backup: everything of a store carried into another one, and what was carried compared."""

import os
from collections.abc import Iterator

from ...core.errors import ConfigError
from ...core.moving import Move
from ...core.pages import each
from ...core.progress import Progress
from ...core.upkeep import Finding
from ..replay.replay import Carried, replay
from .carrying_record import carry_record
from .ends import End, is_one_place
from .running import running
from .verifying import LEFT, Comparison, is_apart

_TRIES = 3


def backup(one: End, other: End, progress: Progress) -> Move:
    """Carries what is new and compares that byte for byte, and all that people added. StorageError, ConfigError.

    Runs may go on meanwhile: what was recorded until it began is in the copy, more may be.
    """
    refuse_same(one, other)
    if one.where.root and other.where.root and os.path.realpath(one.where.root) == os.path.realpath(other.where.root):
        raise ConfigError("a backup lies in a folder of its own", where=other.name, advice="name another folder")
    return carried_and_compared(one, other, progress, only_new=True)


def carried_and_compared(one: End, other: End, progress: Progress, *, only_new: bool) -> Move:
    """Carries, and compares what was there when that began. `only_new`: compares no other runs, and carries once more
    what was added meanwhile.
    """
    total: list[Carried] = []
    for _ in range(_TRIES if only_new else 1):
        total.append(replay(one.store, one.truth, other.store, other.truth, progress))
        new = {run: seq for carried in total for run, seq in carried.new.items()}
        comparison = Comparison(one, other, progress)
        found = list(comparison.copy(new if only_new else total[-1].held))
        if not is_apart(found):
            break
    operations = carry_record(one, other)
    left = [_left(what, other) for what in total[-1].missing]
    return Move(
        runs=len(new),
        events=sum(carried.events for carried in total),
        annotations=sum(carried.annotations for carried in total),
        versions=sum(carried.versions for carried in total),
        patterns=sum(carried.patterns for carried in total),
        operations=operations,
        verified=comparison.counts,
        findings=(*found, *left, *comparison.damage(one)),
        going_on=() if one.config else tuple(running(one)),
    )


def left_there(one: End) -> Iterator[Finding]:
    """What is no part of what is carried and stays where it is: the trash."""
    count = sum(1 for _ in each(lambda after: one.store.upkeep.trashed(limit=1000, after=after)))
    if count:
        what = f"not carried: {count} in the trash, which can be taken back only there"
        advice = "`flightlog undo` what is still wanted, and move again"
        yield Finding(severity="warning", kind=LEFT, what=what, where=one.place, advice=advice)


def refuse_same(one: End, other: End) -> None:
    """ConfigError if both ends are one store."""
    if is_one_place(one.config, other.config, "logs"):
        raise ConfigError("it lies there already", where=other.name, advice="name another place")


def _left(what: str, other: End) -> Finding:
    return Finding(severity="warning", kind=LEFT, what=f"not carried: {what}", where=other.name)
