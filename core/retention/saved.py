"""A plan as it is kept in a file: what it would take, and as what each run was seen, so that it can be told whether a
run is still the same when the plan is carried out."""

import hashlib

import msgspec

from ..errors import Corrupt
from .plan import Plan
from .policy import Policy, Then

FORMAT = 1


class Taken(msgspec.Struct, kw_only=True, frozen=True):
    """A run that the plan would take, as it was seen."""

    run: str
    action: Then
    why: str
    rule: str
    status: str
    last_seq: int
    """`seq` of its newest event: a run that has a newer one is another than the one that was looked at."""
    archived: bool
    workflow: str = ""
    size_bytes: int | None = None


class SavedPlan(msgspec.Struct, kw_only=True, frozen=True):
    """What a plan takes, of which store, by which policy, as of when."""

    format: int = FORMAT
    store: str
    """Its name, as a person calls it; never with credentials."""
    now: str
    policy: Policy
    taken: tuple[Taken, ...]
    digest: str = ""
    """SHA-256 of all the rest."""


def taken_of(found: Plan) -> tuple[Taken, ...]:
    """What a plan would take."""
    return tuple(
        Taken(
            run=one.run.id,
            action=one.action,
            why=one.why,
            rule=one.rule,
            status=one.run.status,
            last_seq=one.run.last_seq,
            archived=one.run.archived,
            workflow=one.run.workflow,
            size_bytes=one.run.size_bytes,
        )
        for one in found.decisions
        if one.action != "keep"
    )


def saved(found: Plan, store: str) -> bytes:
    """The bytes of the file."""
    plain = SavedPlan(store=store, now=found.now, policy=found.policy, taken=taken_of(found))
    whole = msgspec.structs.replace(plain, digest=_digest(plain))
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"


def restored(data: bytes, where: str) -> SavedPlan:
    """The plan of a file's bytes; Corrupt if these are none, or were changed since they were written."""
    try:
        found = msgspec.json.decode(data, type=SavedPlan)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Corrupt("this is no saved plan", where=where, advice="make one with --save-plan") from error
    if found.format != FORMAT or found.digest != _digest(found):
        what = "this plan was changed since it was saved, or by a newer Flightlog"
        raise Corrupt(what, where=where, advice="make a new one with --save-plan")
    return found


def _digest(plan: SavedPlan) -> str:
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(plan, digest=""))).hexdigest()
