"""The lines of the run list, of which few are in memory, and the cursor that stays on its run while they change."""

from __future__ import annotations

from collections.abc import Iterator

from ...core.runs import Run
from .ranges import Ranged
from .sections import Head, Line, Section, Sections
from .window import PAGE

LIVE = frozenset({"running", "waiting", "pending"})


class RunLines:
    """What is on the screen, and where the cursor is: on an id, never on a number. For the event loop."""

    def __init__(self) -> None:
        self.page = PAGE
        """Lines that are read at once."""
        self.top, self.height = 0, 1
        """The lines that the screen shows."""
        self.cursor = ""
        """Id of the run, or of the head, that the cursor is on; empty while the list is."""
        self.cursor_line = 0
        self._sections = Sections([])

    # --- lines -------------------------------------------------------------------------------------

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return self._sections.lines

    @property
    def held(self) -> int:
        """Rows in memory."""
        return sum(len(section.window.rows) for section in self._sections.items)

    def line(self, number: int) -> Line | None:
        """A line by its number; None if it is not in memory (yet)."""
        return self._sections.line(number)

    def line_of(self, id: str) -> int | None:
        """The number of the line of a run or head; None if it is not in memory."""
        return self._sections.line_of(id)

    def between(self, run: str) -> Ranged | None:
        """The runs from one to the cursor, whichever comes first; None if not all between are in memory."""
        start = self.line_of(run)
        if start is None:
            return None
        low, high = sorted((start, self.cursor_line))
        lines = [self.line(number) for number in range(low, high + 1)] if high - low <= self.held else [None]
        if None in lines:
            return None
        folded = sum(isinstance(line, Head) and not line.open for line in lines)
        return Ranged([line.id for line in lines if isinstance(line, Run)], folded)

    @property
    def current(self) -> Line | None:
        """What the cursor is on."""
        found = self.line(self.cursor_line)
        return found if found is not None and found.id == self.cursor else None

    def _visible(self) -> Iterator[tuple[Section, int, int]]:
        return self._sections.visible(self.top, self.top + self.height)

    # --- moving ------------------------------------------------------------------------------------

    def look(self, top: int, height: int) -> None:
        """The screen shows lines `top` … `top + height`."""
        self.top, self.height = max(top, 0), max(height, 1)
        if self.height * 2 > self.page:
            self.page = self.height * 2
            for section in self._sections.items:
                section.window.page = self.page

    def move_to(self, number: int) -> None:
        """Puts the cursor on a line, or on the nearest that there is."""
        self.cursor_line = min(max(number, 0), max(self.lines - 1, 0))
        found = self.line(self.cursor_line)
        self.cursor = found.id if found is not None else ""

    # --- staying -----------------------------------------------------------------------------------

    def _cursor_seen(self) -> bool:
        return self.top <= self.cursor_line < self.top + self.height

    def _anchor(self) -> tuple[str, int, list[str]]:
        """The line that is to stay where it is on screen, and its neighbours, nearest first."""
        number = self.cursor_line if self._cursor_seen() else self.top
        found = self.line(number)
        if found is None:
            return "", number, []
        ids = [line.id for n in range(number + 1, number + 20) if (line := self.line(n)) is not None]
        ids += [line.id for n in range(number - 1, number - 20, -1) if (line := self.line(n)) is not None]
        return found.id, number, ids

    def _settle(self, anchor: str, line: int, near: list[str] | None = None) -> None:
        """Puts cursor and top where their lines are now."""
        seen = self._cursor_seen()
        number = self.line_of(anchor) if anchor else None
        if number is None and not self._is_unread(line):
            number = next((n for id in near or [] if (n := self.line_of(id)) is not None), None)
        if number is None:
            number = min(line, max(self.lines - 1, 0))
        if seen or not self.cursor:
            moved = number - self.cursor_line
            self.move_to(number)
            if self.top:
                self.top += moved
            elif self.cursor_line >= self.height:
                self.top = self.cursor_line - self.height + 1
        else:
            self.top = max(self.top + number - line, 0)
            self.cursor_line = found if (found := self.line_of(self.cursor)) is not None else self.cursor_line
        self.top = max(min(self.top, self.lines - self.height), 0)

    def _is_unread(self, line: int) -> bool:
        """Whether there is such a line, which is only not in memory: what was read began before anybody went there."""
        return line < self.lines and self.line(line) is None

    def _follow(self) -> None:
        lines = (self.line(number) for number in range(min(self.lines, self.page)))
        newest = next((n for n, line in enumerate(lines) if isinstance(line, Run) and line.status in LIVE), 0)
        self.move_to(newest)
        self.top = max(0, newest - self.height + 1)
