"""Operations on runs, the same for every store: one order, one lock, one run after the other.

Each run: look again under its own lock, record what is about to be done, do it, record what became of it.
Killed anywhere, the next start (or the next operation) settles what was begun, by what lies where.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager

import msgspec

from ...core.copies import Original
from ...core.errors import Conflict, Locked, NotFound, Stopped, StorageError
from ...core.given import given_time
from ...core.ids import is_ulid
from ...core.operations import HALFWAY, REST_GOES, Chosen, Compacted, Done, Kind, Operation, Order, Trashed, new_order
from ...core.pages import Page, each
from ...core.progress import to_its_end, unstopped
from ...core.upkeep import Dropped, Finding
from .record import Act, Held, Intent, Record
from .refusals import refusal
from .shelf import Seen, Shelf
from .targets import Target, children_first, to_copy, to_take_back, why_final

log = logging.getLogger("flightlog")

Passing = Callable[[], AbstractContextManager[None]]
"""The gate of a store, or what refuses every change of one that was opened read-only."""

_PASSES: dict[Act, int] = {"archive": 3, "copy": 3, "restore": 2, "trash": 1, "untrash": 1, "purge": 1}
"""How often a run's bytes are gone through: measured, packed and read back; unpacked and written, or put back; measured
before it goes to the trash; told anew when it comes back from there; removed.
"""


class Operations:
    """What `UpkeepRepository` promises of operations, over a record and a shelf. Thread-safe."""

    def __init__(self, record: Record, shelf: Shelf, passing: Passing) -> None:
        self._record, self._shelf, self._passing = record, shelf, passing

    # --- what is done

    def archive(self, order: Order, chosen: Sequence[Chosen], originals: Sequence[Original] = ()) -> Iterator[Done]:
        """See the interface."""
        meant = [*(Target("archive", one) for one in chosen), *map(to_copy, originals)]
        return self._work(order, "archive", lambda: meant)

    def restore(self, order: Order, runs: Sequence[str]) -> Iterator[Done]:
        """See the interface."""
        meant = [Target("restore", Chosen(run=run)) for run in runs]
        return self._work(order, "restore", lambda: meant)

    def trash(self, order: Order, chosen: Sequence[Chosen]) -> Iterator[Done]:
        """See the interface. Children go before their parents."""
        meant = [Target("trash", one) for one in chosen]
        return self._work(order, "trash", lambda: children_first(meant, self._shelf.families))

    def undo(self, order: Order, operation: str) -> Iterator[Done]:
        """See the interface. The last comes back first: parents before their children."""
        before = self._record.operation(operation)
        if not before.reversible and not self._is_known(order.id):
            advice = "`flightlog undo` lists what can be undone"
            raise Conflict(f"operation {operation} {why_final(before)}", advice=advice)
        return self._work(order, "undo", lambda: to_take_back(self._record.operation(operation)), operation)

    def purge(self, order: Order, *, before: str | None = None, runs: Collection[str] | None = None) -> Iterator[Done]:
        """See the interface."""
        # As a text anything is before or after anything, and what is removed here is gone.
        before = None if before is None else given_time(before, "before")

        def targets() -> list[Target]:
            found = each(lambda after: self._shelf.trashed(1000, after))
            wanted = (one for one in found if (before is None or one.at < before) and (runs is None or one.run in runs))
            return [Target("purge", Chosen(run=one.run, rule=one.rule), one.operation) for one in wanted]

        return self._work(order, "purge", targets)

    def compact(self, order: Order | None) -> Compacted:
        """See the interface."""
        if order is None:
            return self._shelf.compact(preview=True)
        with self._alone(order, "compact") as held:
            found = self._shelf.compact(preview=False)
            told = Done(run="", outcome="done", before_bytes=found.before_bytes, after_bytes=found.after_bytes)
            held.tell(Intent(operation=order.id, run="", act="compact", by=order.by), told)
        return found

    def states(self, run: str, by: str, rule: str, drop: Callable[[], Dropped]) -> Dropped:
        """Drops states of a run (`drop` does it whole or not at all), and records it; what `drop` raises is raised."""
        order = new_order(by=by, why=f"flightlog drop-states {run}")
        with self._alone(order, "states") as held:
            dropped = drop()
            told = Done(run=run, outcome="done", before_bytes=dropped.size_bytes)
            held.tell(Intent(operation=order.id, run=run, act="states", by=by, rule=rule), told)
        return dropped

    def ready(self) -> None:
        """See the interface."""
        with self._passing(), self._record.hold():
            return

    def note_policy(self, order: Order, digest: str) -> None:
        """See the interface."""
        with self._passing():
            self.recover()
            self._record.note_policy(order, digest)

    # --- what is known

    def trashed(self, *, limit: int = 100, after: str | None = None) -> Page[Trashed]:
        """See the interface."""
        return self._shelf.trashed(limit, after)

    def operations(self, *, limit: int = 100, after: str | None = None) -> Page[Operation]:
        """See the interface."""
        return self._record.operations(limit, after)

    def operation(self, id: str) -> Operation:
        """See the interface."""
        return self._record.operation(id)

    def verify(self, run: str) -> Finding | None:
        """See the interface."""
        return self._shelf.verify(run)

    def may_be_cut(self) -> bool:
        """Whether the newest operation was cut off and is not settled yet, or goes on at this moment."""
        return self._record.may_be_cut()

    def applied_policy(self) -> str:
        """See the interface."""
        return self._record.applied_policy()

    # --- how

    def recover(self) -> None:
        """Settles what was cut off, unless somebody works at this moment. What fails is told in the log.

        For every start that may write; it costs a look where there is nothing to settle.
        """
        try:
            if self._record.may_be_cut():
                with self._passing(), self._record.hold() as held:
                    self._settle(held)
        except Locked:
            pass  # whoever works has settled it
        except StorageError as error:
            log.warning("what was cut off cannot be settled yet: %s", error)

    @contextmanager
    def _alone(self, order: Order, kind: Kind) -> Iterator[Held]:
        """An operation that is one piece."""
        with self._passing(), self._record.hold() as held:
            self._settle(held)
            held.begin(_plain(order), kind)
            try:
                yield held
            finally:
                held.end(order.id)

    def _work(self, order: Order, kind: Kind, targets: Callable[[], Iterable[Target]], of: str = "") -> Iterator[Done]:
        with self._passing(), self._record.hold() as held:
            self._settle(held)
            self._shelf.refresh()
            meant = targets()
            order = _plain(order)
            known = held.begin(order, kind, of)
            done, rest = list[str](), False
            try:
                for target in meant:
                    found = known.get(target.chosen.run)
                    if found is None or found.outcome != "done":
                        found = self._one(held, order, target)
                        if found.outcome == "done":
                            done.append(found.run)
                    rest = found.why == REST_GOES
                    yield found
                    if rest:
                        break
            except GeneratorExit:
                self._over(held, order.id, kind, done, whole=False, rest=rest)
                raise
            self._over(held, order.id, kind, done, rest=rest)

    def _over(
        self, held: Held, operation: str, kind: Kind, done: list[str], *, whole: bool = True, rest: bool = False
    ) -> None:
        """`rest`: something of it is still open, which whoever changes the store next brings to its end."""
        with unstopped():
            self._shelf.tidy(operation, kind, done)
            if not rest:
                held.end(operation, whole=whole)

    def _one(self, held: Held, order: Order, target: Target) -> Done:
        chosen = target.chosen
        if not is_ulid(chosen.run):
            return Done(run=chosen.run, outcome="skipped", why="it is not a run of this store")
        intent = Intent(operation=order.id, run=chosen.run, act=target.act, of=target.of, by=order.by, rule=chosen.rule)
        with ExitStack() as lock:
            try:
                seen = lock.enter_context(self._shelf.holding(intent))
            except Stopped:
                found = Done(run=chosen.run, outcome="skipped", why=HALFWAY)
            except StorageError as error:
                found = Done(run=chosen.run, outcome="failed", why=str(error))
            else:
                facts = {name: getattr(seen, name) for name in ("workflow", "size_bytes", "digest")}
                intent = msgspec.structs.replace(intent, **facts)
                why = refusal(target.act, seen, chosen) or (_standing(target.original) if target.original else "")
                if why:
                    found = Done(run=chosen.run, outcome="skipped", why=why)
                else:
                    held.intend(intent)
                    found = self._done(intent, seen, target.original)
            if found.why != REST_GOES:
                held.tell(intent, found)
        return msgspec.structs.replace(found, rule=chosen.rule) if chosen.rule else found

    def _done(self, intent: Intent, seen: Seen, original: Original | None) -> Done:
        """What became of it; a fault, or who stops it, leaves it either done or as it was."""
        passes = _PASSES.get(intent.act, 0)
        try:
            with to_its_end(max(intent.size_bytes, seen.plain_bytes) if passes else 0, passes):
                return self._shelf.copy(intent, original) if original else self._shelf.do(intent, seen)
        except Stopped:
            if intent.act == "purge":
                return Done(run=intent.run, outcome="skipped", why=REST_GOES)
            with unstopped():
                found = self._shelf.settle(intent)
            return found or Done(run=intent.run, outcome="skipped", why=HALFWAY)
        except StorageError as error:
            found = self._shelf.settle(intent)
            return found or Done(run=intent.run, outcome="failed", why=str(error))

    def _settle(self, held: Held) -> None:
        for cut in held.cut():
            done = list(cut.done)
            for intent in cut.open:
                found = self._shelf.settle(intent)
                if found:
                    done.append(intent.run)
                held.tell(intent, found or Done(run=intent.run, outcome="skipped", why="it was cut off and taken back"))
            self._over(held, cut.operation, cut.kind, done, whole=False)

    def _is_known(self, id: str) -> bool:
        try:
            self._record.operation(id)
        except NotFound:
            return False
        return True


def _standing(original: Original) -> str:
    """Why no copy of a run is made, as a clause; empty if one is."""
    try:
        return refusal("archive", Seen(original.look()), original.chosen)
    except StorageError as error:
        return f"what it would be a copy of cannot be read: {error}"


def _plain(order: Order) -> Order:
    """An order that can be written down: what comes from a command line may be any bytes."""
    by, why = (text.encode("utf-8", "backslashreplace").decode() for text in (order.by, order.why))
    return Order(id=order.id, by=by, why=why)
