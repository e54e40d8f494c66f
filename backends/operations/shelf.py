"""Where the runs of one store lie, and what is done there with a single one."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from ...core.clock import now
from ...core.copies import Original
from ...core.operations import Compacted, Done, Kind, Trashed
from ...core.pages import Page
from ...core.runs import Run
from ...core.upkeep import Finding
from .record import Act, Intent


class Seen(NamedTuple):
    """A run as it stands under its own lock, which no writer can take meanwhile."""

    run: Run | None
    """As it is now (status, `last_seq`, pinned and archived are not what was true a moment ago); None if it is
    not there."""
    busy: str = ""
    """Why its lock cannot be had, as a clause; empty if it is held."""
    children: tuple[str, ...] = ()
    """Runs that name it as their parent and are there (the first few)."""
    trashed: bool = False
    """Whether it lies in the trash that the intent names (`Intent.of`); for a `copy`, in any."""
    workflow: str = ""
    size_bytes: int = 0
    """Bytes that it takes on disk."""
    plain_bytes: int = 0
    """Of what is to come back from the archive: bytes when it is unpacked."""
    digest: str = ""
    """Of what lies in the trash and is to be removed for good; empty for all else."""


IN_ARCHIVE: frozenset[Act] = frozenset({"archive", "restore", "copy", "uncopy"})
"""What changes something in the archive."""


CHILDREN = 3
"""So many children of a run are told of: one is enough for it to be left alone."""


def trashed(run: Run, intent: Intent) -> Trashed:
    """What is shown of a run that is about to lie in the trash."""
    names = ("workflow", "version", "name", "status", "started", "finished", "archived", "session", "project")
    return Trashed(
        run=run.id,
        size_bytes=run.size_bytes or 0,
        operation=intent.operation,
        at=now(),
        by=intent.by,
        rule=intent.rule,
        **{name: getattr(run, name) for name in names},
    )


class Shelf(Protocol):
    """The runs of one store. Used by one thread at a time, while the lock of operations is held."""

    def refresh(self) -> None:
        """Once before the first run is looked at: what is known is brought up to date. StorageError."""
        ...

    def families(self, runs: Collection[str]) -> dict[str, str]:
        """Of these runs the parents that are among them: a child goes before its parent, and comes back after it."""
        ...

    def holding(self, intent: Intent) -> AbstractContextManager[Seen]:
        """The run under its own lock, as it is now. StorageError if that cannot be known."""
        ...

    def do(self, intent: Intent, seen: Seen) -> Done:
        """Does it; called inside `holding`. What it raises may leave it half-done: `settle` follows."""
        ...

    def copy(self, intent: Intent, original: Original) -> Done:
        """Archives a copy of another program's run; else as `do`."""
        ...

    def settle(self, intent: Intent) -> Done | None:
        """Finishes what was begun, or takes it back, by what lies where; None if it was taken back.

        Idempotent, and of itself safe from being killed. StorageError, with nothing lost.
        """
        ...

    def tidy(self, operation: str, kind: Kind, runs: Sequence[str]) -> None:
        """At the end of an operation (or of settling one): what is done once for all runs that were done.

        After a purge nothing of them is left in any copy. Idempotent. StorageError.
        """
        ...

    def compact(self, *, preview: bool) -> Compacted:
        """See `UpkeepRepository.compact`; a preview is asked without the lock."""
        ...

    def trashed(self, limit: int, after: str | None) -> Page[Trashed]:
        """See `UpkeepRepository.trashed`. From any thread, without the lock."""
        ...

    def verify(self, run: str) -> Finding | None:
        """See `UpkeepRepository.verify_archive`. From any thread, without the lock."""
        ...
