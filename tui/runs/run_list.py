"""What the run list shows: which runs, in what order, marked or not. The one object between the store and the screen.

No Textual, and no store call of its own: `next_read` says what is to be read, a thread does
that, `accept` takes the answer in. Cursor, marks and folds belong to ids; a refresh moves none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ...core.feed import Changes
from ...core.pages import Sort
from ...core.query.query import EVERYTHING, Query
from ...core.runs import Group, Totals
from .answers import Answer, Counted, counting, of_windows, refreshing
from .groups import Grouping
from .marks import Marks
from .ranges import Range
from .run_lines import RunLines
from .sections import Head, Section, Sections, grouped, in_place
from .unseen import Unseen
from .window import Part, RunWindow

if TYPE_CHECKING:
    from ...core.glance import Glance
    from ...core.store import Store

SETTLED = frozenset({"started", "workflow", "name"})
"""Sort fields that never change once a run has begun: in such a list a known run keeps its place."""


class RunList(RunLines):
    """Lines of runs (and of group heads). Not thread-safe: it lives on the event loop.

    The screen tells which lines it shows (`look`); the list keeps those, a page on either
    side, and nothing else of however many runs there are.
    """

    def __init__(self) -> None:
        super().__init__()
        self.query: Query = EVERYTHING
        self.sort = Sort()
        self.grouping: Grouping = ""
        self.marks: Marks[str] = Marks()
        self.following = False
        self.totals: Totals | None = None
        self.behind = True
        """Whether the store has changed since it was asked."""
        self.glanced = False
        """Whether what is shown is only what was known before the store was open."""
        self._since: int | None = None
        self._counted: int | None = None
        self._unseen = Unseen()
        self._open: set[str] = set()
        self._groups: list[Group] | None = None
        self._set_list()

    # --- what it comes to ----------------------------------------------------------------------------

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

    def range_from(self, run: str) -> Range | None:
        """All that is shown from a run to the cursor, however far that is; None while the cursor's line is read."""
        if (end := self.current) is None:
            return None
        groups = [(section.head.group.id, section.open) for section in self._sections.items if section.head is not None]
        return Range(self.query, self.sort, run, end, self.grouping, tuple(groups))

    @property
    def _window(self) -> RunWindow:
        return self._sections.items[0].window

    # --- what a person does ------------------------------------------------------------------------

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
        whole = self.query == EVERYTHING
        return refreshing(self._since, self.grouping if whole else "", reads, self._touched(), totals=whole)

    def next_totals(self) -> Callable[[Store], Totals] | None:
        """What all runs come to; None of the whole list, to which that belongs and comes with every answer.

        A filter's answer may take minutes where logs are read for it: what the header tells does not wait for that.
        """
        return None if self.query == EVERYTHING else lambda store: store.runs.totals()

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

    def glance(self, found: Glance) -> bool:
        """Shows what is known before the store is open; False where another list is wanted, or one was read."""
        self.totals = self.totals or found.totals
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
