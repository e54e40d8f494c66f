"""Upkeep of a store with a mirror: what is deleted in the store is deleted in the mirror too, and comes back there."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing

import msgspec

from ...core.errors import StorageError
from ...core.operations import Chosen, Done, Order, new_order
from ...core.pages import each
from ...core.progress import unstopped
from ...core.repositories import UpkeepRepository
from ...core.upkeep import Dropped, Finding
from ..upkeep.forwarded_upkeep import ForwardedUpkeep
from .second_copy import SecondCopy

log = logging.getLogger("flightlog.mirror")

ALONE = "mirror-alone"
"""The kind of finding that says that runs are in the mirror only."""
BEHIND = "mirror-behind"
"""The kind that says that something is in the store only."""


Follow = Callable[[SecondCopy, list[str]], list[str]]
"""Does the same with these runs; returns why that could not be, a sentence for each of which it could not."""
_AT_ONCE = 1000


class MirroredUpkeep(ForwardedUpkeep):
    """The first store's, and whether its mirror says the same.

    The mirror never hinders: what cannot be done there is told in the log, named by `check`, and put right by
    `repair`. What is archived in the store stays as it is in the mirror.
    """

    def __init__(
        self,
        first: UpkeepRepository,
        second: Callable[[], SecondCopy],
        divergence: Callable[[], Iterator[Finding]],
        alone: Callable[[], set[str]],
        dropped: Callable[[str], None],
        carry: Callable[[], list[str]],
    ) -> None:
        super().__init__(lambda: first)
        self._of, self._second, self._alone = first, second, alone
        self._divergence, self._dropped, self._carry = divergence, dropped, carry

    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        yield from self._of.check(stop=stop)
        if not stop():
            for finding in self._divergence():
                repair = "moves them to the mirror's trash" if finding.kind == ALONE else finding.repair
                yield msgspec.structs.replace(finding, repair=repair)

    def repair(self, finding: Finding) -> str:
        if finding.kind == BEHIND and finding.repair:
            if left := self._carry():
                raise StorageError(left[0], where=finding.where, advice="see what is said of that run itself")
            return "what was missing is there"
        if finding.kind != ALONE:
            return self._of.repair(finding)
        with unstopped():
            return self._put_away(finding)

    def _put_away(self, finding: Finding) -> str:
        """Moves what only the mirror has into its trash."""
        alone, copy, order = self._alone(), self._second(), new_order(why="flightlog doctor --fix")
        left = copy.trash(order, sorted(alone))
        gone = sorted(alone & self._purged())
        if gone:
            left += copy.purge(new_order(why=order.why), gone)
        if left:
            raise StorageError(left[0], where=finding.where, advice="try again")
        return f"{len(alone):,} lie in the mirror's trash" + (f", {len(gone):,} are gone for good" if gone else "")

    def _purged(self) -> set[str]:
        """The runs that were removed from the store for good, as the record says. Costs the whole record."""
        operations = each(lambda after: self._of.operations(limit=1000, after=after))
        purges = (self._of.operation(one.id) for one in operations if one.kind == "purge" and one.done)
        return {one.run for purge in purges for one in purge.runs if one.outcome == "done"}

    def drop_states(
        self, run: str, keep: Collection[str], *, by: str = "", rule: str = "", dry: bool = False
    ) -> Dropped:
        dropped = self._of.drop_states(run, keep, by=by, rule=rule, dry=dry)
        if not dry:
            self._dropped(run)
        return dropped

    def trash(self, order: Order, chosen: Sequence[Chosen]) -> Iterator[Done]:
        return self._followed(self._of.trash(order, chosen), lambda copy, runs: copy.trash(order, runs))

    def undo(self, order: Order, operation: str) -> Iterator[Done]:
        before = self._of.operation(operation)
        copies = {one.run for one in before.runs if one.copy_of}
        found = self._of.undo(order, operation)
        if before.kind == "trash":
            return self._followed(found, lambda copy, runs: copy.bring_back(order, operation, runs), whole=True)
        if copies:  # a copy of another program's run is gone then; it may be made again
            return self._followed(found, lambda copy, runs: copy.trash(order, [run for run in runs if run in copies]))
        return found

    def purge(self, order: Order, *, before: str | None = None, runs: Collection[str] | None = None) -> Iterator[Done]:
        found = self._of.purge(order, before=before, runs=runs)
        return self._followed(found, lambda copy, gone: copy.purge(order, gone))

    def _followed(self, found: Iterator[Done], follow: Follow, *, whole: bool = False) -> Iterator[Done]:
        """Does the same in the mirror with the runs that were done: many at a time, so that who stops it waits for no
        more than these; or with the `whole` of them at the end.
        """
        done: list[str] = []
        try:
            with closing(found):  # type: ignore[type-var]
                for one in found:
                    if one.outcome == "done":
                        done.append(one.run)
                    yield one
                    if len(done) >= _AT_ONCE and not whole:
                        some, done = done, []
                        self._follow(some, follow)
        finally:
            if done:
                self._follow(done, follow)

    def _follow(self, done: list[str], follow: Follow) -> None:
        try:
            with unstopped():
                left = follow(self._second(), done)
        except (StorageError, OSError) as error:
            left = [str(error)]
        for why in left:
            log.error("the mirror does not follow: %s; `flightlog doctor --fix` makes it good", why)
