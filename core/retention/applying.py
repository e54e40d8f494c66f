"""Carrying a plan out: each run that it takes, as it was seen; and what has lain in the trash for long enough."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Literal

import msgspec

from ..errors import Conflict, Locked, NotFound, NotSupported, ReadOnly, Stopped, StorageError
from ..lineage import lineage
from ..operations import HALFWAY, TAKEN_BACK, Carried, Chosen, Done, Order, Trashed, carried, new_order
from ..pages import Sort, each
from ..query.query import EVERYTHING
from ..repositories import UpkeepRepository
from ..runs import FINISHED
from ..store import Store
from ..units import ago, time_text
from .policy import Policy, Then
from .saved import SavedPlan, Taken

LASTS = timedelta(days=1)
"""So old a saved plan may be."""
_IDLE = timedelta(days=30)
_LOOKED_AT = 100  # runs; those dated in the future come first


def digest_of(policy: Policy) -> str:
    """What tells one policy from another: SHA-256 of all that it says."""
    return hashlib.sha256(msgspec.json.encode(policy)).hexdigest()


Standing = Literal["applied", "new", "taken back"]
"""How a policy stands: applied by hand as it is, so that it may act by itself; new or changed since; or something
that a policy did was taken back since, and is not done again behind the back of who did that."""


def standing(upkeep: UpkeepRepository, policy: Policy) -> Standing:
    """How a policy stands in a store."""
    found = upkeep.applied_policy()
    if found == TAKEN_BACK:
        return "taken back"
    return "applied" if found == digest_of(policy) else "new"


def check_saved(plan: SavedPlan, store: str, policy: Policy | None, now: datetime, where: str) -> None:
    """Conflict if a saved plan is of another store, of another policy than the one in force, or too old.

    `store` is the name that such plans are given here, `where` the plan's file.
    """
    advice = "make a new one with --save-plan"
    if plan.store != store:
        what = f"this plan is of another store, {plan.store[:200]}, and not of {store}"
        raise Conflict(what, where=where, advice=f"name that one with --data, or {advice}")
    if policy is not None and digest_of(policy) != digest_of(plan.policy):
        what = "the policy in force is another one than this plan was made by"
        raise Conflict(what, where=where, advice=f"name that one's file with --policy, or {advice}")
    if not time_text(now - LASTS) <= plan.now <= time_text(now + timedelta(minutes=5)):
        what = f"this plan was made at {plan.now[:19]}Z, and one may be carried out for a day"
        raise Conflict(what, where=where, advice=advice)


def overdue(upkeep: UpkeepRepository, policy: Policy, now: datetime) -> tuple[Trashed, ...]:
    """What has lain in the trash for longer than the policy lets it. Costs what lies there."""
    before = ago(policy.trash_for, now)
    try:
        return tuple(one for one in each(lambda after: upkeep.trashed(limit=1000, after=after)) if one.at < before)
    except NotSupported:
        return ()  # nothing can be put there either


def is_believed(store: Store, now: datetime) -> bool:
    """Whether an agent recorded anything in the month before now; a clock that jumped ahead is known by that.

    What acts by itself removes nothing for good without it. Costs the newest runs.
    """
    newest = store.runs.query(EVERYTHING, Sort(field="last_event"), limit=_LOOKED_AT).items
    said, since = time_text(now), time_text(now - _IDLE)
    return any(run.last_event is not None and since <= run.last_event <= said for run in newest)


def carry_out(
    taken: Sequence[Taken], gone: Sequence[Trashed], store: Store, *, by: str = "", why: str = ""
) -> Iterator[Carried]:
    """Does what a plan says, a run at a time; then removes what is to go from the trash for good.

    Each run is looked at again, and one that is another than was seen is skipped with the reason. Closed between two
    runs it stops there. Raises what concerns the whole: `Locked`, `ReadOnly`, `NotSupported`.
    """
    for step in ("states", "archive", "trash"):
        chosen = _chosen(taken, step)
        if chosen:
            order = new_order(by=by, why=why)
            yield from carried(step, order, _done(store, step, order, chosen))
    if gone:
        order = new_order(by=by, why=why)
        # What lies there by now, and did not when the plan was looked at, is another thing.
        before = max(one.at for one in gone)
        ids = {one.run for one in gone}
        found = store.upkeep.purge(order, before=_just_after(before), runs=ids)
        yield from carried("purge", order, found)


def _chosen(taken: Sequence[Taken], step: str) -> list[Chosen]:
    """Newest first, so that a run goes before the one that it came from."""
    runs = sorted((one for one in taken if one.action == step), key=lambda one: one.run, reverse=True)
    return [
        Chosen(run=one.run, status=one.status, last_seq=one.last_seq, archived=one.archived, rule=one.rule)
        for one in runs
    ]


def _done(store: Store, step: Then, order: Order, chosen: Sequence[Chosen]) -> Iterator[Done]:
    if step == "archive":
        return store.upkeep.archive(order, chosen)
    if step == "trash":
        return store.upkeep.trash(order, chosen)
    return (_bared(store, one, order.by) for one in chosen)


def _just_after(moment: str) -> str:
    return time_text(datetime.fromisoformat(moment) + timedelta(microseconds=1))


def _bared(store: Store, one: Chosen, by: str) -> Done:
    """Drops the states of a run but those at the ends of its branches, and those on which a person decided."""
    try:
        if why := _since(store, one):
            return Done(run=one.run, outcome="skipped", why=why)
        before = store.runs.get(one.run).size_bytes or 0
        dropped = store.upkeep.drop_states(one.run, _kept(store, one.run), by=by, rule=one.rule)
    except (Locked, ReadOnly, NotSupported):
        raise
    except Stopped:
        return Done(run=one.run, outcome="skipped", why=HALFWAY)
    except NotFound:
        return Done(run=one.run, outcome="skipped", why="it is gone")
    except StorageError as error:
        return Done(run=one.run, outcome="failed", why=str(error))
    after = max(before - dropped.size_bytes, 0)
    return Done(run=one.run, outcome="done", before_bytes=before, after_bytes=after, rule=one.rule)


def _since(store: Store, one: Chosen) -> str:
    """What has become of a run since it was looked at, as a clause; empty if it is the same."""
    run = store.runs.get(one.run)
    if run.status not in FINISHED:
        return f"it is {run.status}"
    if run.pinned:
        return "it was pinned since"
    if run.archived != one.archived:
        return "it was archived since" if run.archived else "it was restored since"
    return "" if (run.status, run.last_seq) == (one.status, one.last_seq) else "it became active since it was looked at"


def _kept(store: Store, run: str) -> set[str]:
    checkpoints = store.checkpoints.list(run)
    heads = lineage({one.id: (one.parent,) if one.parent else () for one in checkpoints}).heads
    asked = (bisect_left(checkpoints, approval.seq, key=_seq) for approval in store.runs.approvals(run))
    return {*heads, *(checkpoints[place - 1].id for place in asked if place)}


_seq = attrgetter("seq")
