"""Cleaning up from a program: what a store's `archive`, `restore`, `trash`, `undo`, `purge`, `plan` and `apply` do.

Nobody is asked, so that each says what it took, what it left alone, and why. Any thread may call them. What they need
is imported when they are called, for most programs only record.
"""

from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, cast

import msgspec

from . import clock
from .errors import NotFound
from .finding import query
from .ids import is_ulid
from .operations import REVERSIBLE, Carried, carried, new_order, twin_of
from .pages import each
from .query.query import Query
from .recording.jsonable import text
from .runs import Run
from .units import ago

if TYPE_CHECKING:
    from .choosing import Doing
    from .retention.plan import Plan
    from .retention.policy import Policy
    from .store import Store

Runs = str | Query | Run | Iterable[str | Run]
"""Runs that are meant: a query as `Store.find` takes it, the id of one, a run as it was found, or several of these."""
_AT_ONCE = 1000
"""So many runs are asked for with one question."""
_VERBS: "dict[Doing, str]" = {"archive": "archive", "restore": "restore", "trash": "rm"}


class OperationResult(msgspec.Struct, kw_only=True, frozen=True):
    """What became of the runs that an operation was about."""

    operations: tuple[str, ...] = ()
    """The ids that it has in the record and that `Store.undo` takes, the first first; none if nothing can be undone."""
    done: tuple[str, ...] = ()
    """Ids of the runs that it was done with; of another program's run, that of the copy."""
    refused: dict[str, str] = {}
    """Ids of the runs that were left alone, and why: `it is pinned`."""
    failed: dict[str, str] = {}
    """Ids of the runs that it could not be done with, which are as they were, and why."""
    before_bytes: int = 0
    """Bytes that those which were done took before."""
    after_bytes: int = 0
    """And after it; a run of less than a kilobyte takes more in the archive."""


def archive(store: "Store", runs: Runs, *, by: str | None = None) -> OperationResult:
    """Packs finished runs into one file each, which stays readable: `store.archive("status:completed finished>30d")`.

    A query means live runs. One that goes on, or is pinned, or became another than the `Run` that was given, is
    refused. Of another program's run a copy is packed. `by` signs it; None is the user's login. It returns when all is
    done; any thread may call it.

    ValueError for a query that is none, or that asks for nothing and so means every run. `Locked` while another
    operation is at work, `ReadOnly`, `NotSupported`: what was done until then is in `store.upkeep.operations()`, and
    the same call goes on with the rest.
    """
    return _operate(store, "archive", runs, by)


def restore(store: "Store", runs: Runs, *, by: str | None = None) -> OperationResult:
    """Unpacks archived runs: the same bytes at the same place. A query means archived runs; see `archive`."""
    return _operate(store, "restore", runs, by)


def trash(store: "Store", runs: Runs, *, by: str | None = None) -> OperationResult:
    """Moves runs that have ended out of sight, whole, until `undo` or `purge`; needs no room on the disk.

    A query means live runs, unless it says `archived`. The parent of a run that stays is refused; see `archive`.
    """
    return _operate(store, "trash", runs, by)


def undo(store: "Store", operation: "str | OperationResult | None" = None, *, by: str | None = None) -> OperationResult:
    """Takes back what was archived, restored or trashed: an operation, by its id or its beginning or end, or what one
    of these methods returned; of several the last first. None is the newest of which something can be taken back.

    NotFound; Conflict if there is nothing to be taken back; and as `archive`.
    """
    from .undoing import to_take_back

    if isinstance(operation, OperationResult):
        wanted = list(reversed(operation.operations))
    else:
        wanted = [to_take_back(store.upkeep, operation).id]
    if not wanted:
        raise NotFound("nothing was done that could be taken back")
    signed = _signed(by)

    def each_one() -> Iterator[Carried]:
        for one in wanted:
            order = new_order(by=signed, why=f"flightlog undo {one}")
            yield from carried("undo", order, store.upkeep.undo(order, one))

    return _told(each_one())


def purge(
    store: "Store", runs: Iterable[str] | None = None, *, older: str = "", by: str | None = None
) -> OperationResult:
    """Removes what lies in the trash for good, from every copy: all, only these runs, or only what was put there longer
    ago than `older` (`30d`). This cannot be undone.

    ValueError for an `older` that is no length of time, StorageError for a run that is none; and as `archive`.
    """
    before = ago(older, datetime.fromtimestamp(clock.now_s()).astimezone()) if older else clock.now()
    ids = None if runs is None else frozenset([runs] if isinstance(runs, str) else runs)
    order = new_order(by=_signed(by), why=f"flightlog trash empty{f' --older {older}' if older else ''}")
    return _told(carried("purge", order, store.upkeep.purge(order, before=before, runs=ids)))


def plan(store: "Store", policy: "Policy | str | None" = None) -> "Plan":
    """What a retention policy would do to every run by now, and why; changes nothing. `apply` takes what it returns.

    `policy` is a `Policy`, or YAML as in `flightlog.yaml`; None is the policy that is written there. Costs a look at
    all runs. `plan.gone` is what has lain in the trash for longer than the policy lets it, where agents recorded in
    the last month: a clock that jumped ahead removes nothing.

    ConfigError for a policy that is missing or empty, for a mistake in it, and for a name that no run bears; ValueError
    for what is no policy.
    """
    from .retention.meant import in_force, leaving, planned
    from .retention.policy import Policy

    if isinstance(policy, str):
        policy = _written(store, policy)
    elif not isinstance(policy, Policy | None):
        raise ValueError(f"a policy is a flightlog.Policy, or YAML, and a {type(policy).__name__} is none")
    found = planned(store, in_force(store) if policy is None else policy)
    return msgspec.structs.replace(found, gone=leaving(store, found.policy, by_itself=True))


def apply(store: "Store", plan: "Plan", *, by: str | None = None) -> OperationResult:
    """Does what a plan says to the runs that it takes, and removes `plan.gone` for good. A run that became another
    since, or was pinned, is refused.

    The policy that the configuration says may act by itself from then on, as after `flightlog retain --apply`.
    Raises as `archive` does.
    """
    from .retention.applying import carry_out, digest_of
    from .retention.plan import Plan
    from .retention.saved import taken_of

    if not isinstance(plan, Plan):
        raise ValueError(f"what is applied is a plan, as Store.plan returns it, and a {type(plan).__name__} is none")
    configured = _configured(store) == plan.policy
    why = "flightlog retain --apply --yes" if configured else "a plan that a program applied"
    found = _told(carry_out(taken_of(plan), plan.gone, store, by=_signed(by), why=why))
    if configured:
        store.upkeep.note_policy(new_order(by=_signed(by), why=why), digest_of(plan.policy))
    return found


def _operate(store: "Store", doing: "Doing", runs: Runs, by: str | None) -> OperationResult:
    from .choosing import begin, survey

    missing: dict[str, str] = {}
    if isinstance(runs, Query) or (isinstance(runs, str) and not is_ulid(runs)):
        where: str | None = query(runs).lasting
        found = _matching(store, doing, query(runs))
    else:
        where, found = None, _named(store, [runs] if isinstance(runs, str | Run) else runs, missing)
    seen = survey(doing, found, store.runs)
    refused = missing | {run: f"it {why}" for run, why in seen.stays.items()}
    if not seen.chosen:
        return OperationResult(refused=refused)
    why = twin_of(_VERBS[doing], [one.run for one in seen.chosen], where)
    order = new_order(by=_signed(by), why=why)
    return _told(carried(doing, order, begin(seen, order, store.upkeep)), refused)


def _matching(store: "Store", doing: "Doing", where: Query) -> Collection[Run]:
    from .choosing import meant

    if not where.parts():
        raise ValueError("an empty query means every run: say which, like status:failed")
    wanted = meant(where, doing)
    # A run that moves while pages are turned is met twice at most, and counts once.
    return {run.id: run for run in each(lambda after: store.runs.query(wanted, limit=_AT_ONCE, after=after))}.values()


def _named(store: "Store", runs: Iterable[str | Run], missing: dict[str, str]) -> Collection[Run]:
    """The runs, each as it was found by the caller, or is now; of those that are not there, why, in `missing`."""
    found: dict[str, Run] = {}
    asked: dict[str, None] = {}
    for one in runs:
        if isinstance(one, Run):
            found[one.id] = one
        else:
            asked[text(one)] = None
    ids = [one for one in asked if is_ulid(one) and one not in found]
    for begin in range(0, len(ids), _AT_ONCE):
        found |= {run.id: run for run in store.runs.some(ids[begin : begin + _AT_ONCE])}
    missing.update((one, "it is not there") for one in asked if one not in found)
    return found.values()


def _told(each_one: Iterator[Carried], refused: dict[str, str] = {}) -> OperationResult:  # noqa: B006 - it is copied
    operations: dict[str, None] = {}
    done: list[str] = []
    sizes = [0, 0]
    left = {"skipped": dict(refused), "failed": dict[str, str]()}
    with closing(cast("Generator[Carried]", each_one)) as found:
        for kind, order, one in found:
            if one.outcome != "done":
                left[one.outcome][one.run] = one.why
                continue
            if kind in REVERSIBLE:
                operations.setdefault(order.id)
            done.append(one.run)
            sizes = [sizes[0] + one.before_bytes, sizes[1] + one.after_bytes]
    return OperationResult(
        operations=tuple(operations),
        done=tuple(done),
        refused=left["skipped"],
        failed=left["failed"],
        before_bytes=sizes[0],
        after_bytes=sizes[1],
    )


def _signed(by: str | None) -> str:
    from .signing import who

    return who() if by is None else text(by)


def _written(store: "Store", policy: str) -> "Policy":
    from .errors import ConfigError

    if store.policy_file is None:
        advice = "give a flightlog.Policy"
        raise ConfigError("no policy can be read here", where=store.name, advice=advice)
    return store.policy_file.checked(policy).policy


def _configured(store: "Store") -> "Policy | None":
    from .errors import ConfigError
    from .retention.meant import in_force

    try:
        return in_force(store)
    except ConfigError:
        return None
