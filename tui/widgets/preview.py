"""The lower part of the run list: the run under the cursor, read when it is there, in a few lines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from ...core import clock
from ...core.runs import Run
from ..glyphs import glyphs_of
from ..lines import Line
from ..loading import Loader
from ..runs.preview import Previewed, group_lines, group_title, preview_lines, read_preview, title
from ..runs.sections import Head
from .frame import FrameLine
from .line_pane import LinePane

if TYPE_CHECKING:
    from ...core.store import Store
    from ..runs.run_list import RunList


EDGES = 3
"""Cells of the list's frame and its scroll bar."""


class Preview(LinePane):
    """Reads what it shows of a run, in a thread, while it is seen; `request` says that the cursor moved."""

    def __init__(self, run_list: RunList, store: Callable[[], Store | None], frame: Callable[[], FrameLine]) -> None:
        """`store`: where the runs of the list are, once it is open; `frame`: the line above, which has the titles."""
        super().__init__()
        self.found: Previewed | None = None
        self._run_list, self._store, self._frame = run_list, store, frame
        self._loader: Loader[Previewed | None] = Loader(self, self._prepare, self._read, every=0.2)
        self.request = self._loader.request

    @property
    def busy(self) -> bool:
        """Whether something is being read."""
        return self._loader.busy

    def give_way(self, cells: int) -> None:
        """Beside a list that wants so many cells it takes what is left: two fifths of the screen, at least a third."""
        width, is_beside = self.screen.size.width, self.screen.has_class("-huge")
        self.styles.width = max(width // 3, min(width * 2 // 5, width - cells - EDGES)) if is_beside else None

    def titles(self, width: int) -> tuple[Line, Line]:
        """What the frame says of it."""
        line = self._run_list.current
        if isinstance(line, Head):
            return group_title(line), []
        return (title(self.found.run, glyphs_of(self)), []) if self.found is not None else ([], [])

    def _prepare(self) -> Callable[[], Previewed | None] | None:
        store, run = self._store(), self._run_list.current
        if store is None or not self.display or not isinstance(run, Run):
            self._tell(None)
        elif self.found is None or self.found.run != run:
            return partial(read_preview, store, run)
        return None

    def _read(self, found: Previewed | None) -> None:
        self._tell(found)
        # The cursor may have gone on meanwhile; this ends where what is shown is what it is on.
        if found is not None:
            self.request()

    def _tell(self, found: Previewed | None) -> None:
        self.found = found
        self.redraw()
        self._frame().update()

    def redraw(self) -> None:
        """Draws it for the present moment, if that looks different."""
        lines: list[Line] = []
        line, glyphs, now = self._run_list.current, glyphs_of(self), clock.now_s()
        # Beside the list no line of the frame tells of whom it is.
        is_beside = self.screen.has_class("-huge")
        if isinstance(line, Head):
            lines = [*([group_title(line), []] if is_beside else []), *group_lines(line, now, glyphs)]
        elif self.found is not None:
            width, height = self.size
            head: list[Line] = [title(self.found.run, glyphs), []] if is_beside else []
            lines = [*head, *preview_lines(self.found, width - 2, height - len(head), now, glyphs)]
        self.show(lines)

    def on_resize(self) -> None:
        self.redraw()
