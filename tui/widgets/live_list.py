"""The board of live runs on screen, and the pane of the one under the cursor."""

from collections.abc import Hashable

from ..lines import Line
from ..live.board import Entry, Group
from ..live.page import LivePage
from .line_list import LineList

SCROLL_BAR = 1


def _key(line: Entry | Group) -> Hashable:
    return line.run.id if isinstance(line, Entry) else line.key


class LiveList(LineList):
    """A line a run, or a few that are over; the cursor stays on its run, wherever that moves."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="keeps-cursor")
        self.page: LivePage | None = None
        self._places: dict[Hashable, int] = {}

    def show(self, page: LivePage) -> None:
        """Shows this page instead; where its runs stand as before, only what is in sight is drawn anew."""
        same = self.page is not None and list(map(_key, self.page.lines)) == list(map(_key, page.lines))
        if same:
            self.page = page
            self.redraw()
        else:
            self.lines_changed(lambda: self._take(page))

    def _take(self, page: LivePage) -> None:
        self.page = page
        # A run that is folded away is where its group is.
        hidden = {e.run.id: at for at, line in enumerate(page.lines) if isinstance(line, Group) for e in line.entries}
        self._places = hidden | {_key(line): place for place, line in enumerate(page.lines)}

    @property
    def line(self) -> Entry | Group | None:
        """What is under the cursor."""
        lines = self.page.lines if self.page else ()
        return lines[self.cursor] if self.cursor < len(lines) else None

    @property
    def current(self) -> Entry | None:
        """The run under the cursor."""
        return self.line if isinstance(self.line, Entry) else None

    def in_sight(self) -> list[Entry]:
        """The runs whose lines are on screen."""
        top = self.scroll_offset.y
        lines = self.page.lines[top : top + max(self.size.height, 1)] if self.page else ()
        return [line for line in lines if isinstance(line, Entry)]

    def count(self) -> int:
        return len(self.page.lines) if self.page else 0

    def key_at(self, index: int) -> Hashable:
        assert self.page
        return _key(self.page.lines[index])

    def find_key(self, key: Hashable) -> int | None:
        return self._places.get(key)

    def draw(self, index: int, width: int) -> Line:
        assert self.page
        return self.page.line(index, width - SCROLL_BAR)

    def head(self, width: int) -> Line:
        """The line of titles."""
        return self.page.head(width - SCROLL_BAR) if self.page else []
