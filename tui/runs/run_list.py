"""What the run list shows: lines, the cursor, marks. The one object between the store and the screen.

No Textual, and no store call of its own: `next_read` says what is to be read, a thread does
that, `accept` takes the answer in. Cursor, marks and folds belong to ids; a refresh moves none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from ...core.feed import Changes
from ...core.pages import Sort
from ...core.query.query import EVERYTHING, Query
from ...core.runs import Group, Run, Totals
from .answers import Answer, Counted, counting, of_windows, refreshing
from .groups import Grouping
from .marks import Marks
from .ranges import Range, Ranged
from .sections import Head, Line, Section, Sections, grouped, in_place
from .unseen import Unseen
from .window import PAGE, Part, RunWindow

if TYPE_CHECKING:
    from ...core.glance import Glance
    from ...core.store import Store

SETTLED = frozenset({"started", "workflow", "name"})
"""Sort fields that never change once a run has begun: in such a list a known run keeps its place."""

LIVE = frozenset({"running", "waiting", "pending"})


class RunList:
    """Lines of runs (and of group heads). Not thread-safe: it lives on the event loop.

    The screen tells which lines it shows (`look`); the list keeps those, a page on either
    side, and nothing else of however many runs there are.
    """

    def __init__(self) -> None:
        self.page = PAGE
        self.query: Query = EVERYTHING
        self.sort = Sort()
        self.grouping: Grouping = ""
        self.marks: Marks[str] = Marks()
        self.following = False
        self.totals: Totals | None = None
        self.top, self.height = 0, 1
        self.cursor = ""
        """Id of the run, or of the head, that the cursor is on; empty while the list is."""
        self.cursor_line = 0
        self.behind = True
        """Whether the store has changed since it was asked."""
        self.glanced = False
        """Whether what is shown is only what was known before the store was open."""
        self._since: int | None = None
        self._counted: int | None = None
        self._unseen = Unseen()
        self._open: set[str] = set()
        self._groups: list[Group] | None = None
        self._sections = Sections([])
        self._set_list()

    # --- lines -------------------------------------------------------------------------------------

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return self._sections.lines

    @property
    def matching(self) -> int | None:
        """How many runs the filter shows; None until they are counted."""
        if self.query == EVERYTHING:
            return self.totals.runs if self.totals is not None else None
        # A list that is held to its end needs no counting.
        whole = not self.grouping and self._window.fresh and self._window.next is None
        return self._window.total if whole else self._counted

    @property
    def marked(self) -> int:
        """How many runs are marked."""
        return self.marks.count(self.matching or 0)

    @property
    def ready(self) -> bool:
        """Whether something has been read since the list was set."""
        return self._groups is not None if self.grouping else self._window.fresh

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

    def range_from(self, run: str) -> Range | None:
        """All that is shown from a run to the cursor, however far that is; None while the cursor's line is read."""
        if (end := self.current) is None:
            return None
        groups = [(section.head.group.id, section.open) for section in self._sections.items if section.head is not None]
        return Range(self.query, self.sort, run, end, self.grouping, tuple(groups))

    @property
    def current(self) -> Line | None:
        """What the cursor is on."""
        found = self.line(self.cursor_line)
        return found if found is not None and found.id == self.cursor else None

    @property
    def _window(self) -> RunWindow:
        return self._sections.items[0].window

    def _visible(self) -> Iterator[tuple[Section, int, int]]:
        return self._sections.visible(self.top, self.top + self.height)

    # --- what a person does ------------------------------------------------------------------------

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

    def set_query(self, query: Query) -> None:
        """Shows other runs; marks are kept only where they are of runs, not of a filter."""
        if query != self.query:
            self.query, self._counted, self._groups = query, None, None
            if self.marks.all:
                self.marks.clear()
            self._set_list()

    def set_sort(self, sort: Sort) -> None:
        """Another order, from its beginning."""
        if sort != self.sort:
            self.sort = sort
            self._set_list()

    def set_grouping(self, by: Grouping) -> None:
        """Groups by session or project, or (empty) not."""
        if by != self.grouping:
            self.grouping, self._groups = by, None
            self._open.clear()
            self._set_list()

    def fold(self, head: Head) -> None:
        """Folds or unfolds a group."""
        self._open.symmetric_difference_update({head.id})
        self._set_groups(self._groups or [])
        self._settle(head.id, self.line_of(head.id) or 0)

    @property
    def unfolded(self) -> frozenset[str]:
        """Ids of the heads whose runs are shown."""
        return frozenset(self._open)

    def unfold(self, heads: Iterable[str]) -> None:
        """These are unfolded as soon as they are there."""
        self._open.update(heads)

    def again(self) -> None:
        """Everything is read anew, whatever the feed says."""
        self._unseen.clear()
        self._since, self.behind = None, True

    def _set_list(self) -> None:
        self.top = self.cursor_line = 0
        self.cursor = ""
        self._unseen.clear()
        self._sections = Sections([])
        if self.grouping:
            if self._groups is not None:
                self._set_groups(self._groups)
            self._since, self.behind = None, True
        else:
            window = RunWindow(self.query, self.sort, page=self.page)
            if self.query == EVERYTHING and self.totals is not None:
                window.counted = self.totals.runs
            self._sections = Sections([Section(window)])

    def _set_groups(self, groups: list[Group]) -> None:
        self._groups = groups = in_place(groups, self._groups or [])
        self._sections = grouped(groups, self.grouping, self._open, self._sections, self.query, self.sort, self.page)

    # --- reading -----------------------------------------------------------------------------------

    def next_read(self) -> Callable[[Store], Answer] | None:
        """What to ask the store next; None when all that is to be seen is there."""
        if self.behind:
            self.behind = False
            return self._refresh()
        wants = [
            (section.key, read)
            for section, low, high in self._visible()
            if (read := section.window.wanted(low, high)) is not None
        ]
        if not wants:
            return None
        return of_windows(wants)

    def _refresh(self) -> Callable[[Store], Answer]:
        """Asks what changed, and reads the visible rows again where that can have touched them."""
        reads = [
            (section.key, section.window.again(low, high, self.cursor if self._cursor_seen() else None))
            for section, low, high in self._visible()
        ]
        by: Grouping = self.grouping if self.query == EVERYTHING else ""
        return refreshing(self._since, by, reads, self._touched())

    def next_count(self) -> Callable[[Store], Counted] | None:
        """What to count, now and then; None of the whole list, whose counts come with every answer."""
        return None if self.query == EVERYTHING else counting(self.query, self.grouping)

    def _touched(self) -> Callable[[Changes], bool]:
        """Whether changes can show on screen; safe to call in a thread."""
        if not self._is_settled:
            return lambda changes: True  # any run may move into the window or match the filter from now on
        return self._unseen.touched(run.id for section in self._sections.items for run in section.window.rows)

    @property
    def _is_settled(self) -> bool:
        """Whether a known run keeps its place, and none comes to match that did not."""
        return self.sort.field in SETTLED and self.query == EVERYTHING and not self.grouping

    def _cursor_seen(self) -> bool:
        return self.top <= self.cursor_line < self.top + self.height

    def glance(self, found: Glance) -> bool:
        """Shows what is known before the store is open; False where another list is wanted, or one was read."""
        if self.ready or self.grouping or self.query != EVERYTHING or self.sort != Sort():
            return False
        self.accept(Answer(totals=found.totals, parts=(("", self._window.top_part(found.runs)),)))
        self.glanced = True
        return True

    def accept(self, answer: Answer) -> None:
        """Takes an answer in. Cursor and marks stay on their runs; `top` moves so that the lines on screen stay."""
        self.glanced = False
        anchor, line, near = self._anchor()
        if answer.cursor is not None:
            self._since = answer.cursor
        if answer.totals is not None:
            self.totals = answer.totals
            if not self.grouping and self.query == EVERYTHING:
                self._window.counted = answer.totals.runs
        if answer.groups is not None and self.grouping and self.query == EVERYTHING:
            self._set_groups(answer.groups)
        for key, part in answer.parts:
            self._accept_part(key, part)
        if answer.changes is not None:
            self._note(answer.changes)
        self._sections.measure()
        self._settle(anchor, line, near)
        if self.following:
            self._follow()

    def accept_count(self, found: Counted) -> None:
        """Takes in how many runs a filter shows, and of which groups."""
        if found.query != self.query:
            return
        self._counted = found.runs
        if not self.grouping:
            self._window.counted = found.runs
            self._sections.measure()
        elif found.groups is not None and found.by == self.grouping:
            anchor, line, near = self._anchor()
            self._set_groups(found.groups)
            self._settle(anchor, line, near)

    def _accept_part(self, key: str, part: Part) -> None:
        for section, low, high in self._visible():
            if section.key == key:
                section.window.accept(part, low, high)
                self._sections.measure()
                return

    def _note(self, changes: Changes) -> None:
        self.marks.forget(changes.removed)
        self.behind = self.behind or changes.more
        if self._is_settled:
            self._unseen.note(changes, self._window.index)

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
