"""Which runs a range of marks covers, also beyond those in memory: the store is asked for what lies in it alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ...core.errors import NotFound
from ...core.pages import Sort
from ...core.query.query import Query
from ...core.runs import Run
from .groups import Grouping, within
from .sections import Head, Line

if TYPE_CHECKING:
    from ...core.store import Store

Stretch = tuple[str, str | None, str | None]
"""A group, and the runs in it from which and up to which; None for its first, and its last."""


class Ranged(NamedTuple):
    """What was found between two lines."""

    ids: list[str]
    """Of its runs, in no order."""
    folded: int = 0
    """How many folded groups lie in it, whose runs are not among them."""


class Range(NamedTuple):
    """From a run to the line that the cursor is on, whichever comes first. Runs of folded groups are not in it."""

    query: Query
    sort: Sort
    start: str
    end: Line
    by: Grouping = ""
    groups: tuple[tuple[str, bool], ...] = ()
    """The groups in the order they are shown, by id, and whether each is unfolded."""

    def found(self, store: Store) -> Ranged:
        """Its runs. To be called in a thread; costs what lies in the range. NotFound."""
        if not self.by:
            return Ranged(store.runs.ids_between(self.query, self.sort, self.start, self.end.id))
        with store.moment():
            stretches = list(self._stretches(store.runs.get(self.start)))
            opened = [stretch for stretch in stretches if stretch is not None]
            ids = [
                id
                for group, one, other in opened
                for id in store.runs.ids_between(within(self.query, self.by, group), self.sort, one, other)
            ]
            return Ranged(ids, len(stretches) - len(opened))

    def _stretches(self, start: Run) -> Iterator[Stretch | None]:
        """What of each group lies in it; None for a folded one."""
        first, last = self._place(start), self._place(self.end)
        run = self.end.id if isinstance(self.end, Run) else None
        ends: tuple[int, str | None, int, str | None] = last, run, first, start.id
        if first < last:
            # Up to a head is up to the end of the group before.
            ends = first, start.id, last if run else last - 1, run
        low, one, high, other = ends
        for place in range(low, high + 1):
            group, is_open = self.groups[place]
            yield (group, one if place == low else None, other if place == high else None) if is_open else None

    def _place(self, line: Line) -> int:
        """Which of the groups a line belongs to."""
        id = line.group.id if isinstance(line, Head) else (line.session if self.by == "session" else line.project) or ""
        found = next((place for place, (group, _) in enumerate(self.groups) if group == id), None)
        if found is None:
            raise NotFound(f"the list has changed, and has no such {self.by}", where=id, advice="mark the range again")
        return found
