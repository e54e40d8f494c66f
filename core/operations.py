"""Operations: what somebody has done with runs (archive, restore, trash …), its record, and what takes it back."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from typing import Literal, NamedTuple, cast

import msgspec

from .ids import new_ulid

Kind = Literal["archive", "restore", "trash", "undo", "purge", "states", "compact", "policy"]
"""`undo` takes another operation back; `purge` removes what lies in the trash, for good; `states` drops states of
checkpoints, for good; `policy` notes that a retention policy was applied by hand."""

REVERSIBLE: frozenset[Kind] = frozenset({"archive", "restore", "trash"})

TAKEN_BACK = "taken back"
"""What stands for the policy that was applied by hand last, once something that a policy did was taken back."""

HALFWAY = "it was stopped in the middle of it, and is as it was"
"""Why a run was not done that was at hand when somebody asked to stop."""
REST_GOES = "it was stopped in the middle of it: it is out of sight for good, and its rest goes with the next change"
"""The same of one that was being removed for good, of which nothing can be put back."""
IN_THE_MIDDLE = frozenset({HALFWAY, REST_GOES})
"""Why a run was not done to its end."""


_NAMED = 20
"""Runs that a command line names."""


class Order(msgspec.Struct, kw_only=True, frozen=True):
    """That somebody wants something done. The same order given again goes on where it was left."""

    id: str
    """The operation's id, a ULID."""
    by: str = ""
    """Who, as signed."""
    why: str = ""
    """The command line that would do the same: `flightlog rm --where status:failed`. It outlives what it removes."""


def new_order(*, by: str = "", why: str = "") -> Order:
    """An order of its own."""
    return Order(id=new_ulid(), by=by, why=why)


def twin_of(verb: str, runs: Sequence[str], where: str | None = None) -> str:
    """The command line that does the same with these runs, or with all that a query finds."""
    if where is None:
        return f"flightlog {verb} {' '.join(runs[:_NAMED])}" + (" …" if len(runs) > _NAMED else "")
    quoted = where.replace("'", "'\\''")
    return f"flightlog {verb} --where '{quoted}' --yes"


class Chosen(msgspec.Struct, kw_only=True, frozen=True):
    """A run that is meant, and as what it was seen: it is left alone if it has become another since."""

    run: str
    status: str = ""
    """Its status when it was looked at; empty where that does not matter."""
    last_seq: int | None = None
    """`seq` of its newest event then; None where that does not matter."""
    archived: bool | None = None
    rule: str = ""
    """What chose it: `retention[0].keep.daily`; empty for a person's own choice."""
    source: str = ""
    """The program that it belongs to; empty if it is our own. Of another program's run only a copy is archived."""
    keep: tuple[str, ...] = ()
    """For `states`: the checkpoints whose states stay."""


class Done(msgspec.Struct, kw_only=True, frozen=True):
    """What became of one run in an operation."""

    run: str
    outcome: Literal["done", "skipped", "failed"]
    why: str = ""
    """Of a run that was not done: why, as a clause (`it is running`, `it was pinned since`)."""
    before_bytes: int = 0
    after_bytes: int = 0
    """Bytes that the run takes on disk, before and after."""
    where: str = ""
    """Where it lies now, from the data directory: `archive/2026-11/01J….flz`; empty if nowhere."""
    digest: str = ""
    """SHA-256 of what was put there, or of what was removed."""
    rule: str = ""
    """What chose it: `retention[0].keep.daily`; empty for a person's own choice."""
    copy_of: str = ""
    """Of a copy that was archived: the run of another program that it is one of, which stays as it is."""


def by_a_policy(runs: Iterable[Done]) -> bool:
    """Whether a retention policy chose any of an operation's runs, and not a person."""
    return any(one.rule for one in runs)


class Carried(NamedTuple):
    """What became of one run, told together with what was to be done."""

    kind: Kind
    order: Order
    done: Done


def carried(kind: Kind, order: Order, found: Iterator[Done]) -> Iterator[Carried]:
    """Each of them so told. Who closes this closes the operation."""
    with closing(cast("Generator[Done]", found)) as dones:
        for done in dones:
            yield Carried(kind, order, done)


class Operation(msgspec.Struct, kw_only=True, frozen=True):
    """An operation as it stands in the record."""

    id: str
    kind: Kind
    at: str
    by: str = ""
    why: str = ""
    runs: tuple[Done, ...] = ()
    """The first so many of its runs; `counts` has all."""
    done: int = 0
    skipped: int = 0
    failed: int = 0
    before_bytes: int = 0
    after_bytes: int = 0
    of: str = ""
    """Of `undo`: the operation that it took back."""
    undone: bool = False
    """Whether it was taken back (all that was still there to be taken back)."""
    unfinished: bool = False
    """Whether it was cut off; what was begun is finished or taken back at the next start."""
    elsewhere: str = ""
    """The store in which it was done, if it was before this one was moved or copied here; only there it can be taken
    back. Empty if it was done here."""

    @property
    def reversible(self) -> bool:
        """Whether `undo` has something to do."""
        return self.kind in REVERSIBLE and self.done > 0 and not self.undone and not self.elsewhere


class Trashed(msgspec.Struct, kw_only=True, frozen=True):
    """A run in the trash."""

    run: str
    workflow: str
    version: int | None = None
    name: str = ""
    status: str = ""
    started: str | None = None
    finished: str | None = None
    size_bytes: int = 0
    archived: bool = False
    """Whether it lay in the archive."""
    operation: str
    at: str
    by: str = ""
    rule: str = ""
    session: str | None = None
    project: str | None = None


class Compacted(msgspec.Struct, kw_only=True, frozen=True):
    """What making databases smaller came to, or would come to."""

    before_bytes: int
    after_bytes: int
    """Of a preview: as estimated from free pages."""
    room_bytes: int
    """Free bytes that it needs on the disk while it works."""
