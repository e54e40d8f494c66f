"""The record of operations: what was ordered, what is about to happen to a run, and what became of it.

What keeps it differs (a file, a table); what is written into it, and when, the engine decides.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple, Protocol

import msgspec

from ...core.errors import Conflict, Locked, NotFound, StorageError
from ...core.ids import is_ulid
from ...core.operations import Done, Kind, Operation, Order
from ...core.pages import Page

Act = Literal["archive", "restore", "trash", "untrash", "copy", "uncopy", "purge", "states", "compact"]
"""What can be done with one run; `untrash` brings it back from the trash, `copy` archives a copy of another program's
run, and `uncopy` removes such a copy. The last two are told and never intended: `states` is done whole or not at all,
`compact` is of no run."""


class Intent(msgspec.Struct, kw_only=True, frozen=True):
    """What is about to be done with one run: by this, and by what lies where, a start after a crash settles it."""

    operation: str
    run: str
    act: Act
    of: str = ""
    """The operation in whose trash it lies (`untrash`, `purge`), or the run that it is a copy of (`copy`)."""
    by: str = ""
    rule: str = ""
    workflow: str = ""
    size_bytes: int = 0
    digest: str = ""
    """Of what is about to be removed for good (`purge`)."""


class Elsewhere(NamedTuple):
    """Of an operation that is carried from another store: when it was begun, and where."""

    at: str
    where: str
    is_new: bool
    """Whether the record is known to tell nothing of it yet, so that nobody looks for it."""


def no_operation(id: str) -> NotFound:
    """The error for an operation that nobody has recorded."""
    return NotFound(f"there is no operation {id[:60]!r}", advice="`flightlog audit` lists them")


class Beginning(Protocol):
    """How a record tells of who began an operation, or went on with it."""

    @property
    def kind(self) -> Kind | None: ...
    @property
    def of(self) -> str: ...
    @property
    def t(self) -> str: ...
    @property
    def pid(self) -> int: ...
    @property
    def host(self) -> str: ...


def locked(by: Beginning | None, where: object) -> Locked:
    """The error for who comes while somebody works, who is named where the record tells it."""
    who = "somebody works on this store"
    if by is not None:
        since = f"{by.t[:19].replace('T', ' ')} UTC"
        who = f"process {by.pid} on {by.host} works on this store ({by.kind}, since {since})"
    return Locked(who, where=where, advice="try again when that is done")


def must_fit(order: Order, kind: Kind, of: str, before: Beginning | None, where: object) -> None:
    """Whether an order can be begun, or be gone on with where its id is in the record already (`before`).

    StorageError if that is no id; Conflict if it is of another kind, or on another operation.
    """
    if not is_ulid(order.id):
        raise StorageError(f"{order.id[:60]!r} is no id of an operation", advice="leave it out to get one")
    if before is not None and (before.kind, before.of) != (kind, of):
        raise Conflict(f"operation {order.id} is another one, of the kind {before.kind}", where=where)


def copied(act: Act | None, of: str) -> str:
    """The run that a copy is one of; empty for all else that is done."""
    return of if act == "copy" else ""


class Cut(NamedTuple):
    """An operation that was cut off."""

    operation: str
    kind: Kind
    open: tuple[Intent, ...]
    """What was about to be done and of which it is not told what became of it."""
    done: tuple[str, ...]
    """The runs that were done since it was begun, or gone on with, last; none if that was in another store."""


class Held(Protocol):
    """The record while its lock is held. Not thread-safe.

    What is written is on the disk when the call returns, but for what became of a run: that is there with what is
    written next (and could be found again by what lies where). StorageError: then nothing was written.
    """

    def cut(self) -> list[Cut]:
        """Operations that were cut off and not settled since; costs nothing where there is none."""
        ...

    def begin(self, order: Order, kind: Kind, of: str = "", done: Elsewhere | None = None) -> Mapping[str, Done]:
        """Notes that an order is begun, or gone on with; what became of its runs so far. `done` of one that was done
        in another store, of which it is only told here.

        Conflict if the id belongs to another kind of operation, or to one on another (`of`).
        """
        ...

    def intend(self, intent: Intent) -> None:
        """Notes what is about to be done."""
        ...

    def tell(self, intent: Intent, done: Done) -> None:
        """Notes what became of a run; of one that was skipped nothing was intended."""
        ...

    def end(self, operation: str, *, whole: bool = True) -> None:
        """Notes that an operation is over, or (not `whole`) that it was cut off or stopped and all of it is settled."""
        ...


class Record(Protocol):
    """The record of one store. Thread-safe."""

    def hold(self) -> AbstractContextManager[Held]:
        """Takes the lock of all operations of the store: the kernel's, freed by its holder's death.

        Locked at once if somebody works, and who (pid, host, since).
        """
        ...

    def may_be_cut(self) -> bool:
        """Whether there may be something to settle; a quick look without the lock, for a start."""
        ...

    def operation(self, id: str) -> Operation:
        """See `UpkeepRepository.operation`."""
        ...

    def operations(self, limit: int, after: str | None) -> Page[Operation]:
        """See `UpkeepRepository.operations`."""
        ...

    def history(self) -> Iterator[Operation]:
        """All operations, oldest first, each with all of its runs. Costs all that is told of them."""
        ...

    def applied_policy(self) -> str:
        """See `UpkeepRepository.applied_policy`."""
        ...

    def note_policy(self, order: Order, digest: str) -> None:
        """See `UpkeepRepository.note_policy`."""
        ...
