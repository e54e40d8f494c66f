"""Looking after a store: what is wrong, what takes room, and what is done with runs that have ended."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence

from ..copies import Original
from ..errors import NotSupported, StorageError
from ..operations import Chosen, Compacted, Done, Operation, Order, Trashed
from ..pages import Page
from ..space import Sorting, Space
from ..upkeep import Dropped, Finding, Removal

WEEK_S = 7 * 86_400.0


class UpkeepRepository(ABC):
    """Looking after the store.

    Operations on runs (`archive`, `restore`, `trash`, `undo`, `purge`) share these obligations:

    - Each is an iterator that does one run at a time and yields what became of it; nothing is done before the first
      is asked for, and who closes it stops between two runs. A run that cannot be done is `skipped` or `failed`
      with the reason, and the others go on. Only what concerns the whole raises.
    - Who is asked to stop by `core.progress` leaves a big run that is at hand as it was (`HALFWAY`); of one that is
      being removed for good the rest goes with the next change (`REST_GOES`). A small one comes to its end.
    - One operation at a time in a store: `Locked` says who works (pid, host, since). The lock is the kernel's, freed
      by its holder's death and never taken away by age.
    - Each run is looked at again under its own lock: one that goes on, or is another than was seen (`Chosen`), is
      skipped. Pinned runs are never archived or trashed.
    - The same order again finds what is done already and goes on (idempotent). Killed at any moment, the next start
      finishes or takes back what was begun, by evidence alone: a run is always in exactly one of runs, archive and
      trash, whole.
    - Every run has a line in the record (when, who, rule, run, digest, where to) that outlives it. The record holds
      no text of a run.
    - `ReadOnly` where the store was opened so, `NotSupported` by sources and for one session alone. Sources that are
      shown beside a store's own runs are only read, too: of their runs a copy can be archived, and that is all.
    """

    @abstractmethod
    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        """Looks for everything that is wrong; changes nothing."""

    def repair(self, finding: Finding) -> str:
        """Puts right what `check` found, and says what was done, as a clause.

        Only what was found is touched, and nothing is dropped: what is no event is set aside. StorageError if it
        cannot be done, or is not so any more; NotSupported for what only a person can decide (`Finding.repair` is
        empty then). Stopped in a big one, with everything as it was.
        """
        raise NotSupported("this cannot be put right by a program", where=finding.where, advice=finding.advice)

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Lengths of files by part (`runs`, `index`, `database`, `wal`, `spool`, `workflows`, …)."""

    def space(
        self, path: Sequence[str] = (), *, sort: Sorting = "size", limit: int = 1000, after: str | None = None
    ) -> Space:
        """What takes the room: what lies at a path, and at most `limit` of what it is made of.

        The path is the names of nodes from the store down: `()` is the store, `("triage",)` a workflow,
        `("triage", run)` one of its runs, `("triage", run, "states")` its states, key by key, `(":index",)` what is
        no workflow. What something is made of adds up to its size, but for what lies `apart`: the whole to the
        lengths of the files, or to what the database takes. How much workflows take is kept, so that no run is looked
        at for it; what a run is made of is read from that run alone. NotFound for a path that leads nowhere;
        NotSupported for one session alone.
        """
        raise self.refusal()

    def drop_states(
        self, run: str, keep: Collection[str], *, by: str = "", rule: str = "", dry: bool = False
    ) -> Dropped:
        """Drops the states of a finished run but those at the checkpoints in `keep`, for good.

        The checkpoints stay with what is known of them; only a dropped one's values are NotFound. A value that a
        kept state needs stays, also where its own checkpoint goes. Killed at any moment it leaves
        either all or what was to be kept; done again it finds nothing to do. Who dropped how much (`by`) is among
        the run's acts, and what chose it (`rule`) in the record. With `dry` it only says what would go. Conflict if
        the run is not finished; NotFound, also for a checkpoint that is not the run's; NotSupported by sources.
        """
        raise NotSupported("states cannot be dropped here", advice="they are their own program's to keep or remove")

    def ready(self) -> None:
        """Raises what would keep any operation on runs from being begun now (ReadOnly, Locked, NotSupported,
        StorageError), for who has to look for long at what is to be done. Nothing is recorded.
        """
        raise self.refusal()

    def archive(self, order: Order, chosen: Sequence[Chosen], originals: Sequence[Original] = ()) -> Iterator[Done]:
        """Packs finished runs into one file each, which stays readable in place; only slower.

        What was packed is read back from the disk and compared before the original goes. Of a run of another program
        (`Chosen.source`, or one of `originals`) a copy is packed, a run of its own that `Done.run` names, and the run
        stays as it is. NotSupported where there is no place for copies.
        """
        raise self.refusal()

    def restore(self, order: Order, runs: Sequence[str]) -> Iterator[Done]:
        """Unpacks archived runs: the same bytes at the same place. A run that is live is never overwritten."""
        raise self.refusal()

    def trash(self, order: Order, chosen: Sequence[Chosen]) -> Iterator[Done]:
        """Moves finished, lost or archived runs out of sight, whole, until `undo` or `purge`.

        The parent of a run that is there is skipped: it would leave an orphan. Needs no room on the disk.
        """
        raise self.refusal()

    def undo(self, order: Order, operation: str) -> Iterator[Done]:
        """Takes an operation back: what was archived is restored, what was trashed or restored goes back where it was,
        and a copy that was archived is removed.

        NotFound; Conflict if there is nothing to be taken back (`Operation.reversible`).
        """
        raise self.refusal()

    def purge(self, order: Order, *, before: str | None = None, runs: Collection[str] | None = None) -> Iterator[Done]:
        """Removes what lies in the trash for good, from every copy: all, or what was put there `before` a time.

        `runs` limits it to these. Needs no room on the disk. StorageError for a `before` that is no time.
        """
        raise self.refusal()

    def trashed(self, *, limit: int = 100, after: str | None = None) -> Page[Trashed]:
        """What lies in the trash, newest first."""
        raise self.refusal()

    def operations(self, *, limit: int = 100, after: str | None = None) -> Page[Operation]:
        """The record of operations, newest first. Costs what is returned."""
        raise self.refusal()

    def operation(self, id: str) -> Operation:
        """One operation with all its runs; NotFound."""
        raise self.refusal()

    def verify_archive(self, run: str) -> Finding | None:
        """Reads an archived run whole and compares every digest; what is wrong, or None. NotFound."""
        raise self.refusal()

    def applied_policy(self) -> str:
        """The digest of the retention policy that was applied by hand last; empty if none was.

        `TAKEN_BACK` if `undo` took back since what a policy had done, by hand or by itself: it is not done again by
        itself, until a policy is applied by hand.
        """
        raise self.refusal()

    def note_policy(self, order: Order, digest: str) -> None:
        """Notes that a policy was applied by hand: from now on it may act by itself."""
        raise self.refusal()

    def compact(self, order: Order | None = None) -> Compacted:
        """Gives free pages of the store's databases back to the disk; without an order it only says what that gives."""
        raise self.refusal()

    def removals(self, run: str | None = None, *, within_s: float = WEEK_S) -> list[Removal]:
        """What other programs will remove by themselves, one for each program: within so many seconds, or of this run
        whenever that is. Empty where none is known to remove anything; else it costs a look at what they keep.
        """
        return []

    def refusal(self) -> StorageError:
        """What is raised by whatever cannot be done here."""
        return NotSupported("this cannot be done here", advice="what is recorded here belongs to another program")
