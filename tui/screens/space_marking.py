"""Marks in the list of place 4: they are of runs and workflows, and of what is shown there."""

from collections.abc import Hashable

from ..runs.marks import Marks
from ..space.page import key_of
from ..widgets.space_list import SpaceList, can_be_marked
from .marking import Marking


class SpaceMarking(Marking[Hashable]):
    """The keys that mark, of the screen of place 4."""

    @property
    def list(self) -> SpaceList:
        """What takes the room here."""
        return self.query_one(SpaceList)

    @property
    def marks(self) -> Marks[Hashable]:
        return self.list.marks

    @property
    def marked(self) -> int:
        return len(self.marks.ids)

    @property
    def markable(self) -> Hashable | None:
        node = self.list.current
        return key_of(node) if node is not None and can_be_marked(node) else None

    def step(self, lines: int) -> None:
        self.list.move_to(self.list.cursor + lines)

    def show_marks(self) -> None:
        self.list.redraw()
        self.query_one("#space-trail").refresh()
        self.refresh_bindings()

    def mark_everything(self) -> None:
        self.marks.put_all(self.list.markable())

    def mark_from(self, start: Hashable) -> None:
        self.mark_these(self.list.between(start))

    def when_markable(self) -> bool:
        """Whether what is under the cursor can be marked."""
        return self.markable is not None

    def when_targets(self) -> bool:
        """Whether it is runs, or some are marked."""
        return self.markable is not None or self.marked > 0
