"""A window of a sorted list of runs, of any length: a few pages round what is on screen.

Plain values and rules, no Textual. Reads are described on the event loop and made in a
thread: a method of `RunWindow` returns a `Read`, calling that with a repository gives a
`Part`, and `accept` takes the part back in. A part of an earlier list is dropped.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...core.errors import NotFound
from ...core.pages import Page, Sort
from ...core.query.query import EVERYTHING, Query
from ...core.runs import Run

if TYPE_CHECKING:
    from ...core.repositories import RunRepository

PAGE = 100
"""Rows of one read, unless the screen is taller than half of it."""


class Part(NamedTuple):
    """What a read brought: pages in order, and where they belong."""

    generation: int
    pages: list[Page[Run]]
    place: str
    """`all`: they are the window now; `before` or `after`: they join it."""
    first: int | None = None
    """Index of the first row, where the read knows it."""


Read = Callable[["RunRepository"], Part]

_generations = itertools.count()


class RunWindow:
    """Rows `first` … `first + len(rows)` of a list of `total`. Not thread-safe: it lives on the event loop.

    Indexes far from both ends are good to a few rows, for others add runs all the time; at an
    end they are put right. What must stay where it is on screen is therefore kept by id.
    """

    def __init__(self, query: Query = EVERYTHING, sort: Sort = Sort(), *, page: int = PAGE) -> None:
        self.query, self.sort, self.page = query, sort, page
        self.first = 0
        self.counted: int | None = None
        """How many rows the list has, where somebody has counted."""
        self.fresh = False
        """Whether anything has been read yet."""
        self._generation = next(_generations)
        self._take([])

    def _take(self, pages: list[Page[Run]]) -> None:
        self._pages = pages
        self.rows = [run for page in pages for run in page.items]
        self._places = {run.id: place for place, run in enumerate(self.rows)}

    @property
    def previous(self) -> str | None:
        """Cursor of what comes before the window; None at the list's beginning."""
        return self._pages[0].previous if self._pages else None

    @property
    def next(self) -> str | None:
        """Cursor of what comes after the window; None at the list's end."""
        return self._pages[-1].next if self._pages else None

    @property
    def total(self) -> int:
        """Rows in the whole list: counted, and never less than what is known to be there."""
        held = self.first + len(self.rows)
        if self.next is None and (self.fresh or self.counted is None):
            return held
        return max(self.counted or 0, held + 1)

    def at(self, index: int) -> Run | None:
        """The run at an index; None if it is not in the window."""
        place = index - self.first
        return self.rows[place] if 0 <= place < len(self.rows) else None

    def index(self, run: str) -> int | None:
        """The index of a run; None if it is not in the window."""
        place = self._places.get(run)
        return None if place is None else self.first + place

    # --- what to read ------------------------------------------------------------------------------

    def wanted(self, low: int, high: int) -> Read | None:
        """What must be read so that rows `low` … `high` and a margin beside them are held."""
        if not self.fresh:
            return self._top()
        held, margin = self.first + len(self.rows), self.page // 2
        low, high = max(low, 0), min(high, self.total)
        if low > held or high < self.first:
            return self._far(low, high)
        if self.previous is not None and low - margin < self.first:
            return self._joining(before=self.previous)
        if self.next is not None and high + margin > held:
            return self._joining(after=self.next)
        return None

    def top_part(self, page: Page[Run]) -> Part:
        """The list's first page, read by somebody else."""
        return Part(self._generation, [page], "all", 0)

    def again(self, low: int, high: int, anchor: str | None) -> Read:
        """Reads what is held round rows `low` … `high` once more, so that the anchor's run is among it."""
        if not self.fresh or (self.first == 0 and self.previous is None and high < self.page):
            return self._top(anchor)
        anchors = [anchor] if anchor else []
        place = max(low - self.first, 0)
        # If the anchor is gone, its nearest neighbours stand in for it.
        near = [run.id for run in (*self.rows[place : place + 20], *reversed(self.rows[max(place - 20, 0) : place]))]
        return self._round([*anchors, *near])

    def ending(self) -> Read:
        """Reads the list's end."""
        generation, query, sort, limit = self._generation, self.query, self.sort, self.page

        def read(runs: RunRepository) -> Part:
            return Part(generation, [runs.query(query, sort, limit=limit, last=True)], "all", -1)

        return read

    def _top(self, anchor: str | None = None) -> Read:
        generation, query, sort, limit = self._generation, self.query, self.sort, self.page
        held = anchor is not None and anchor in self._places

        def read(runs: RunRepository) -> Part:
            page = runs.query(query, sort, limit=limit)
            if held and page.next is not None and all(run.id != anchor for run in page.items):
                # The anchor may have moved down by a page: one more look, then the list's top is the answer.
                return Part(generation, [page, runs.query(query, sort, limit=limit, after=page.next)], "all", 0)
            return Part(generation, [page], "all", 0)

        return read

    def _joining(self, *, before: str | None = None, after: str | None = None) -> Read:
        generation, query, sort, limit = self._generation, self.query, self.sort, self.page

        def read(runs: RunRepository) -> Part:
            page = runs.query(query, sort, limit=limit, before=before, after=after)
            return Part(generation, [page], "before" if before else "after")

        return read

    def _round(self, anchors: Sequence[str]) -> Read:
        generation, query, sort, limit = self._generation, self.query, self.sort, self.page

        def read(runs: RunRepository) -> Part:
            for anchor in anchors:
                try:
                    cursor = runs.cursor_at(anchor, sort)
                except NotFound:
                    continue  # it went: the next one nearby will do
                return Part(generation, _both_sides(runs, query, sort, cursor, limit), "all")
            return Part(generation, [runs.query(query, sort, limit=limit)], "all", 0)

        return read

    def _far(self, low: int, high: int) -> Read:
        """A jump: to an end if it is near, else to that many rows into the list."""
        if low < self.page:
            return self._top()
        if self.total - high < self.page:
            return self.ending()
        generation, query, sort, limit = self._generation, self.query, self.sort, self.page

        def read(runs: RunRepository) -> Part:
            cursor = runs.cursor_after(query, sort, low)
            if cursor is None:
                return Part(generation, [runs.query(query, sort, limit=limit, last=True)], "all", -1)
            pages = _both_sides(runs, query, sort, cursor, limit)
            return Part(generation, pages, "all", max(low - len(pages[0].items) if len(pages) > 1 else low, 0))

        return read

    # --- taking it in ------------------------------------------------------------------------------

    def accept(self, part: Part, low: int, high: int) -> bool:
        """Takes a part in, keeps what is near rows `low` … `high`, forgets the rest; False if it came too late."""
        if part.generation != self._generation:
            return False
        if part.place == "all":
            self._replace(part)
        elif part.place == "after":
            self._take([*self._pages, *part.pages])
            self._forget(low, high, front=True)
        else:
            self.first -= len(part.pages[0].items)
            self._take([*part.pages, *self._pages])
            self._forget(low, high, front=False)
        self.fresh = True
        self._put_right()
        return True

    def _replace(self, part: Part) -> None:
        pages = [page for page in part.pages if page.items] or part.pages[:1]
        old = {run.id: self.first + place for place, run in enumerate(self.rows)}
        self._take(pages)
        if part.first == -1:
            self.first = max((self.counted or 0) - len(self.rows), 0)
        elif part.first is not None:
            self.first = part.first
        else:
            known = next(((old[run.id], place) for place, run in enumerate(self.rows) if run.id in old), None)
            self.first = max(known[0] - known[1], 0) if known else self.first

    def _forget(self, low: int, high: int, *, front: bool) -> None:
        """Drops the far page while the window holds more than four."""
        while len(self.rows) > 4 * self.page and len(self._pages) > 1:
            far = self._pages[0 if front else -1]
            length = len(far.items)
            if front:
                if self.first + length > low - self.page // 2:
                    return
                self.first += length
                self._take(self._pages[1:])
            else:
                if self.first + len(self.rows) - length < high + self.page // 2:
                    return
                self._take(self._pages[:-1])

    def _put_right(self) -> None:
        """Indexes are exact at both ends: there the window is moved to where it must be."""
        if self.previous is None:
            self.first = 0
        elif self.first <= 0:
            # More precedes than was thought; how much is not known, but it is not nothing.
            self.first = self.page


def _both_sides(runs: RunRepository, query: Query, sort: Sort, cursor: str, limit: int) -> list[Page[Run]]:
    """The page that ends before a place, if there is one, and the page that begins at it."""
    following = runs.query(query, sort, limit=limit, after=cursor)
    preceding = runs.query(query, sort, limit=limit, before=cursor)
    if not following.items:
        return [preceding]
    return [preceding, following] if preceding.items else [following]
