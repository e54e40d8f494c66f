"""What a policy does to every run, and why: pure, deterministic, the same whatever the order of the runs."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Literal, NamedTuple

import msgspec

from ..operations import Trashed
from ..runs import Run
from ..units import ago, bytes_of, time_text
from .catalogue import Catalogue, fitting
from .keeping import Dated, dated, kept, unkept, untouchable
from .policy import Block, Policy

Action = Literal["keep", "archive", "trash", "states"]
ACTIONS: tuple[Action, ...] = ("keep", "states", "archive", "trash")
_STAYS = ("keep", "states")
_HOUR = len("2026-11-20T10")


# Untracked, for there is one for every run: looking for cycles among them would take a third of a plan's time.
class Decision(msgspec.Struct, frozen=True, gc=False):
    """What happens to one run. `str()` is the line a person reads: `keep: daily #3 of 7`."""

    run: Run
    action: Action
    why: str
    rule: str = ""
    """The key of the policy that decided, `retention[0].keep.daily`; empty where none has to say so."""

    def __str__(self) -> str:
        return f"{self.action}: {self.why}"


class Sum(NamedTuple):
    """How many runs, and the bytes they take as far as these are known."""

    runs: int
    size_bytes: int
    unknown: int
    """Runs whose size nobody knows yet."""


class Plan(msgspec.Struct, kw_only=True, frozen=True):
    """A decision for each run, the newest first; a run that nobody can date comes last."""

    now: str
    """The moment that ages are counted from."""
    policy: Policy
    decisions: tuple[Decision, ...]
    gone: tuple[Trashed, ...] = ()
    """What would leave the trash for good, where that was looked at too."""
    over_size: int = 0
    """Bytes by which what stays live is still more than `max_size`: rules go before limits."""
    over_runs: int = 0
    """Runs by which it is more than `max_runs`."""

    @property
    def taken(self) -> tuple[Decision, ...]:
        """The decisions that change something."""
        return tuple(one for one in self.decisions if one.action != "keep")

    def sums(self) -> dict[Action, Sum]:
        """What each action comes to."""
        parts: dict[Action, list[Run]] = {action: [] for action in ACTIONS}
        for one in self.decisions:
            parts[one.action].append(one.run)
        return {action: _sum(runs) for action, runs in parts.items()}


def _sum(runs: Collection[Run]) -> Sum:
    known = [run.size_bytes for run in runs if run.size_bytes is not None]
    return Sum(len(runs), sum(known), len(runs) - len(known))


def plan(catalogue: Catalogue, policy: Policy, now: datetime) -> Plan:
    """What the policy does at a moment (with its zone, in which dates of queries are read); ConfigError if it is empty.

    Nothing that has not finished, is pinned, undated or dated in the future is ever taken.
    """
    policy.check()
    text = time_text(now)
    order = _newest_first(catalogue.runs, text)
    spared = _brought_back(order, policy, catalogue.restored, now) | _spared(order, policy.minimum)
    fits = _fits(order, policy, catalogue, now)
    reasons = _kept_by_rules(order, policy, fits, now) | spared
    decided = _decided(order, policy, reasons, fits, catalogue.bare)
    if any(block.then == "trash" for block in policy.blocks):
        _spare_parents(order, decided)
    limited = policy.max_size or policy.max_runs is not None
    over = _limit(decided, policy, fits, spared) if limited else (0, 0)
    return Plan(now=text, policy=policy, decisions=tuple(decided.values()), over_size=over[0], over_runs=over[1])


def _newest_first(runs: Iterable[Run], now: str) -> list[Dated]:
    # Hour by hour: no other thread has a turn while one list is sorted, 0.2 s for a hundred thousand runs.
    hours: dict[str, list[Dated]] = defaultdict(list)
    for run in runs:
        one = dated(run, now)
        hours[one.ended[:_HOUR]].append(one)
    order: list[Dated] = []
    for hour in sorted(hours, reverse=True):
        # Twice by a text is quicker than once by a pair; the second keeps the order of the first among equals.
        order += sorted(
            sorted(hours[hour], key=attrgetter("run.id"), reverse=True), key=attrgetter("ended"), reverse=True
        )
    return order


_Reason = tuple[str, str]
"""Why a run is kept, and the key of the policy that says so."""


def _spared(order: Sequence[Dated], minimum: int) -> dict[str, _Reason]:
    """Runs that no block and no limit takes."""
    found: dict[str, _Reason] = {}
    seen: dict[str, int] = defaultdict(int)
    for one in order:
        run = one.run
        if one.counts and seen[run.workflow] < minimum:
            seen[run.workflow] += 1
            of = f" #{seen[run.workflow]} of {minimum}" if minimum > 1 else ""
            found[run.id] = (f"newest of {run.workflow}{of}", "minimum")
        if (run.pinned or not one.counts) and (why := untouchable(one)):
            found[run.id] = (why, "")
    return found


def _brought_back(
    order: Iterable[Dated], policy: Policy, restored: Mapping[str, str], now: datetime
) -> dict[str, _Reason]:
    """Runs that a person restored not long ago; one that is in the archive again was put there since."""
    if not restored:
        return {}
    since = ago(policy.trash_for, now)
    return {
        one.run.id: (f"restored by hand on {at[:10]}, kept for {policy.trash_for}", "trash_for")
        for one in order
        if (at := restored.get(one.run.id, "")) >= since and not one.run.archived
    }


def _fits(order: Iterable[Dated], policy: Policy, catalogue: Catalogue, now: datetime) -> dict[str, int]:
    """Id → number of the first block that fits."""
    tests = [fitting(block.match, catalogue, now) for block in policy.blocks]
    found: dict[str, int] = {}
    for one in order:
        for number, test in enumerate(tests):
            if test(one.run):
                found[one.run.id] = number
                break
    return found


def _kept_by_rules(
    order: Iterable[Dated], policy: Policy, fits: Mapping[str, int], now: datetime
) -> dict[str, _Reason]:
    groups: list[dict[str, list[Dated]]] = [defaultdict(list) for _ in policy.blocks]
    for one in order:
        number = fits.get(one.run.id)
        if number is not None and one.counts:
            groups[number][one.run.workflow].append(one)
    found: dict[str, _Reason] = {}
    for number, group in enumerate(groups):
        for newest_first in group.values():
            for run, rule, why in kept(policy.blocks[number].keep, newest_first, now):
                found.setdefault(run, (why, f"retention[{number}].keep.{rule}"))
    return found


def _decided(
    order: Iterable[Dated],
    policy: Policy,
    reasons: Mapping[str, _Reason],
    fits: Mapping[str, int],
    bare: Collection[str],
) -> dict[str, Decision]:
    # Made once a block, for there may be a hundred thousand runs.
    ways = [
        (block, f"retention[{number}]", unkept(block.keep) or f", fits retention[{number}]")
        for number, block in enumerate(policy.blocks)
    ]
    found: dict[str, Decision] = {}
    for one in order:
        run, number = one.run, fits.get(one.run.id)
        if reason := reasons.get(run.id):
            found[run.id] = Decision(run, "keep", *reason)
        elif number is None:
            found[run.id] = Decision(run, "keep", "no block fits")
        else:
            block, rule, words = ways[number]
            idle = _nothing_left(run, block, bare)
            found[run.id] = (
                Decision(run, "keep", idle, rule) if idle else Decision(run, block.then, run.status + words, rule)
            )
    return found


def _nothing_left(run: Run, block: Block, bare: Collection[str]) -> str:
    """Why there is nothing to be done to a run that its block would take; empty if there is."""
    if block.then == "archive" and run.archived:
        return "in the archive already"
    if block.then == "states" and run.id in bare:
        return "its states were dropped before"
    if block.then == "states" and run.checkpoints < 2:
        return "has no intermediate checkpoints"
    return ""


def _spare_parents(order: Sequence[Dated], decided: dict[str, Decision]) -> None:
    """A run is not trashed while one that it began is not; spared, it spares its own parent."""
    for one in order:
        child = one.run
        while child.parent and decided[child.id].action != "trash":
            parent = decided.get(child.parent)
            if parent is None or parent.action != "trash":
                break
            decided[parent.run.id] = Decision(parent.run, "keep", f"parent of {child.id}, which is not trashed")
            child = parent.run


def _limit(
    decided: dict[str, Decision], policy: Policy, fits: Collection[str], spared: Collection[str]
) -> tuple[int, int]:
    """Archives the oldest live runs that no rule keeps, as far as the limits ask; returns by how much it stays over."""
    live = [one.run for one in decided.values() if one.action in _STAYS and not (one.run.archived or one.run.source)]
    size, runs = sum(run.size_bytes or 0 for run in live), len(live)
    most = bytes_of(policy.max_size) if policy.max_size else size
    most_runs = runs if policy.max_runs is None else policy.max_runs
    for run in reversed(live):
        if size <= most and runs <= most_runs:
            break
        frees = run.size_bytes or 0
        if run.id in fits or run.id in spared or (runs <= most_runs and not frees):
            continue
        limit, allowed = ("max_size", policy.max_size) if size > most else ("max_runs", str(most_runs))
        decided[run.id] = Decision(run, "archive", f"{run.status}, oldest beyond {limit} {allowed}", limit)
        size, runs = size - frees, runs - 1
    return max(int(size - most), 0), max(runs - most_runs, 0)
