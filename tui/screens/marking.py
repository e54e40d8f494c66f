"""The keys that mark lines of a list: one, a range, all. What a line is known by, and where it lies, the list says."""

from abc import abstractmethod
from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from textual.screen import Screen

from ..runs.marks import Marks

K = TypeVar("K", bound=Hashable)


class Marking(Screen[None], Generic[K]):
    """The keys that mark, of a screen with a list in which lines can be marked."""

    @property
    @abstractmethod
    def marks(self) -> Marks[K]:
        """What is marked in the list."""

    @property
    @abstractmethod
    def marked(self) -> int:
        """How many lines are."""

    @property
    @abstractmethod
    def markable(self) -> K | None:
        """What the line under the cursor is known by; None if it cannot be marked."""

    @abstractmethod
    def step(self, lines: int) -> None:
        """Puts the cursor so many lines further down."""

    @abstractmethod
    def mark_from(self, start: K) -> None:
        """Marks all between this line and the cursor, whichever comes first."""

    @abstractmethod
    def mark_everything(self) -> None:
        """Marks all that can be marked."""

    @abstractmethod
    def show_marks(self) -> None:
        """Draws what tells of marks: they are others now."""

    def mark_these(self, found: Iterable[K]) -> None:
        """Marks these too."""
        self.marks.put_all(found)
        self.show_marks()

    def unmark(self) -> None:
        """Takes all marks off."""
        self.marks.clear()
        self.show_marks()

    def other_mark(self) -> bool:
        """Whether what is under the cursor is marked."""
        return self.markable is not None and self.markable in self.marks

    def action_mark(self) -> None:
        self._mark(1)

    def action_mark_down(self) -> None:
        self._mark(1, True)

    def action_mark_up(self) -> None:
        self._mark(-1, True)

    def _mark(self, step: int, marked: bool | None = None) -> None:
        if (key := self.markable) is not None:
            self.marks.put(key, key not in self.marks if marked is None else marked)
        self.step(step)
        self.show_marks()

    def action_mark_all(self) -> None:
        if self.marked:
            self.unmark()
        else:
            self.mark_everything()
            self.show_marks()

    def action_mark_range(self) -> None:
        """Marks all from the line that was marked last to the cursor."""
        if (start := self.marks.start) is None:
            self.app.notify("mark one first: all from there to the cursor are marked", markup=False)
        else:
            self.mark_from(start)
