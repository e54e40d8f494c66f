"""Lines of several lists one below the other: the runs of each group under its head, or one list without heads."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from ...core.pages import Sort
from ...core.query.query import Query
from ...core.runs import Group, Run
from .groups import Grouping, within
from .window import RunWindow


class Head(NamedTuple):
    """The line above the runs of a session or project."""

    group: Group
    by: Grouping
    open: bool

    @property
    def id(self) -> str:
        """Its identity among the lines, which no run id equals."""
        return f"{self.by}:{self.group.id}"


Line = Run | Head


class Section:
    """The runs of one group, read only when it is unfolded; or the whole list, without a head."""

    def __init__(self, window: RunWindow, head: Head | None = None) -> None:
        self.window, self.head = window, head

    @property
    def key(self) -> str:
        """Id of its head; empty without one."""
        return self.head.id if self.head is not None else ""

    @property
    def open(self) -> bool:
        """Whether its runs are shown."""
        return self.head is None or self.head.open

    @property
    def height(self) -> int:
        """Lines it takes."""
        rows = 0 if not self.open else self.window.total if self.window.fresh else 1
        return rows + (self.head is not None)


class Sections:
    """The sections of a list, and which of their lines has which number. Call `measure` after a window changed."""

    def __init__(self, items: list[Section]) -> None:
        self.items = items
        self.measure()

    def measure(self) -> None:
        """Numbers the lines anew."""
        self._starts = [0, *accumulate(section.height for section in self.items)]

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return self._starts[-1]

    def line(self, number: int) -> Line | None:
        """A line by its number; None if it is not in memory (yet)."""
        if not 0 <= number < self.lines:
            return None
        place = self._at(number)
        section, row = self.items[place], number - self._starts[place]
        if section.head is None:
            return section.window.at(row)
        return section.window.at(row - 1) if row else section.head

    def line_of(self, id: str) -> int | None:
        """The number of the line of a run or head; None if it is not in memory."""
        for section, start in zip(self.items, self._starts, strict=False):
            if section.key == id and section.head is not None:
                return start
            index = section.window.index(id) if section.open else None
            if index is not None:
                return start + index + (section.head is not None)
        return None

    def visible(self, low: int, high: int) -> Iterator[tuple[Section, int, int]]:
        """Unfolded sections with lines among `low` … `high`, each with the rows that these are of it."""
        for place in range(self._at(low) if self.items else 0, len(self.items)):
            if self._starts[place] >= high:
                return
            section = self.items[place]
            if section.open:
                start = self._starts[place] + (section.head is not None)
                yield section, low - start, high - start

    def _at(self, number: int) -> int:
        return max(bisect_right(self._starts, number, hi=len(self.items)) - 1, 0)


def grouped(
    groups: list[Group], by: Grouping, unfolded: set[str], before: Sections, query: Query, sort: Sort, page: int
) -> Sections:
    """A section for each group; the windows of groups that were there before go on."""
    known = {section.key: section.window for section in before.items}
    items = []
    for group in groups:
        head = Head(group, by, f"{by}:{group.id}" in unfolded)
        window = known.get(head.id) or RunWindow(within(query, by, group.id), sort, page=page)
        window.counted = group.runs
        items.append(Section(window, head))
    return Sections(items)


def in_place(groups: list[Group], shown: list[Group]) -> list[Group]:
    """Groups in the order they are shown already, new ones above: what one looks at does not change places."""
    places = {group.id: place for place, group in enumerate(shown)}
    return sorted(groups, key=lambda group: places.get(group.id, -1 if group.id else len(shown)))
