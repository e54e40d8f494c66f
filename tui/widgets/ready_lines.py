"""Lines that are made whole for a width: a page to read."""

from collections.abc import Callable, Sequence

from ..lines import Line
from .line_list import LineList


class ReadyLines(LineList):
    """Shows what `make` gives for its width; made anew when that changes."""

    def __init__(self, make: Callable[[int], Sequence[Line]], *, id: str | None = None) -> None:
        super().__init__(id=id, classes="keeps-cursor")
        self._make = make
        self._lines: Sequence[Line] = ()
        self._made_for = 0

    def show(self) -> None:
        """Makes the lines anew."""
        self._made_for = self.size.width
        self.lines_changed(self._take)

    def _take(self) -> None:
        self._lines = self._make(max(self._made_for, 20))

    def on_resize(self) -> None:
        super().on_resize()
        if self._made_for != self.size.width:
            self.show()

    def count(self) -> int:
        return len(self._lines)

    def draw(self, index: int, width: int) -> Line:
        return self._lines[index]
