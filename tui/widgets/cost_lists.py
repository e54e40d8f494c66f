"""The two lists of place 3, and the line of axes between them."""

from collections.abc import Callable, Hashable, Sequence

from ...core.budgets import Standing
from ...core.costs import CostGroup
from ..costs.budget_lines import BudgetColumns
from ..costs.page import AXES, CostPage
from ..lines import Line, all_leading
from .frame import FrameLine
from .line_list import LineList

SCROLL_BAR = 1
"""The cell that is left to it at the right, so that it lies on no number."""


class BudgetList(LineList):
    """How the budgets stand, one a line."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.standings: Sequence[Standing] = ()
        self._columns = BudgetColumns(())

    def show(self, standings: Sequence[Standing]) -> None:
        """Shows these instead; they come in the order of the configuration."""
        self.lines_changed(lambda: self._take(standings))

    def _take(self, standings: Sequence[Standing]) -> None:
        self.standings, self._columns = standings, BudgetColumns(standings, self.glyphs)

    @property
    def current(self) -> Standing | None:
        """The budget under the cursor."""
        return self.standings[self.cursor] if self.cursor < len(self.standings) else None

    def count(self) -> int:
        return len(self.standings)

    def key_at(self, index: int) -> Hashable:
        return (index, self.standings[index].budget)

    def draw(self, index: int, width: int) -> Line:
        return self._columns.draw(self.standings[index], width - SCROLL_BAR)


class CostList(LineList):
    """Costs by one axis; the cursor belongs to a line's key, of each axis to one of its own."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="keeps-cursor")
        self.page: CostPage | None = None
        self._left: dict[str, str] = {}

    def show(self, page: CostPage) -> None:
        """Shows this page instead."""
        before, current = self.page, self.current
        if before is None or before.asked.by == page.asked.by:
            self.lines_changed(lambda: self._take(page))
            return
        if current is not None:
            self._left[before.asked.by] = current.key
        self.lines_changed(lambda: self._take(page))
        self.move_to(page.places.get(self._left.get(page.asked.by, ""), 0), center=True)

    def _take(self, page: CostPage) -> None:
        self.page = page

    @property
    def current(self) -> CostGroup | None:
        """The line under the cursor."""
        groups = self.page.groups if self.page else []
        return groups[self.cursor] if self.cursor < len(groups) else None

    def go_to(self, by: str, key: str) -> None:
        """Puts the cursor on a line of this axis, of another one as soon as that is shown."""
        self._left[by] = key
        if self.page and self.page.asked.by == by and key in self.page.places:
            self.move_to(self.page.places[key])

    def count(self) -> int:
        return len(self.page.groups) if self.page else 0

    def when_line(self) -> bool:
        return super().when_line() and all(node.display for node in self.ancestors_with_self)

    def key_at(self, index: int) -> Hashable:
        assert self.page
        return (self.page.asked.by, self.page.groups[index].key)

    def find_key(self, key: Hashable) -> int | None:
        assert self.page
        by, name = key if isinstance(key, tuple) else (None, "")
        return self.page.places.get(name) if by == self.page.asked.by else None

    def draw(self, index: int, width: int) -> Line:
        assert self.page
        return self.page.line(index, width - SCROLL_BAR)

    def head(self, width: int) -> Line:
        """The line of titles."""
        return self.page.head(width - SCROLL_BAR) if self.page else []

    def total(self, width: int) -> Line:
        """The line below all."""
        return self.page.total_line(width - SCROLL_BAR) if self.page else []


class AxisLine(FrameLine):
    """The line of the frame with the axes in it: the letter that chooses one stands out, as does the one that is on."""

    def __init__(self, current: Callable[[], str], right: Callable[[], Line], *, id: str | None = None) -> None:
        super().__init__("middle", lambda width: (axes(current()), right()), id=id)


def axes(current: str) -> Line:
    """All axes, each leading to itself."""
    line: Line = []
    for axis in AXES:
        here = axis.by == current
        before, letter, after = axis.by[: axis.hot], axis.by[axis.hot], axis.by[axis.hot + 1 :]
        ink = "title" if here else "text"
        parts = [(f" {before}", ink), (letter, "title" if here else "accent"), (f"{after} ", ink)]
        line += all_leading(parts, f"costs.{axis.by}")
    return line
