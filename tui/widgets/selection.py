"""Between the list and the preview, while runs are marked: what these come to together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual.strip import Strip
from textual.widget import Widget

from ...core.numbers.figures import Figures
from ...core.query.query import EVERYTHING
from ..glyphs import glyphs_of
from ..loading import Loader
from ..runs.selection import LINES, selection_lines
from .strips import strip_of

if TYPE_CHECKING:
    from ...core.store import Store
    from ..runs.run_list import RunList

FEW = 5000
"""Marked runs up to which they are read again whenever something changes; of more only when the marks do."""


class Selection(Widget):
    """Reads in a thread; `request` says that the marks, or the runs, may be others. There while two runs are marked."""

    DEFAULT_CSS = "Selection { height: 2; display: none; }"

    def __init__(self, run_list: RunList, store: Callable[[], Store | None]) -> None:
        super().__init__(id="selection")
        self.found: Figures | None = None
        self._run_list, self._store = run_list, store
        self._read_for: object = None
        self._loader: Loader[tuple[object, Figures]] = Loader(self, self._prepare, self._read, every=0.1, rest=4.0)
        self.request = self._loader.request

    @property
    def busy(self) -> bool:
        """Whether something is being read."""
        return self._loader.busy

    @property
    def _wanted(self) -> object:
        """What is to be read: another one where the answer may be another one."""
        found = self._run_list
        number = found.marked
        return found.marks.revision, str(found.query), number, found.totals if number <= FEW else None

    def _prepare(self) -> Callable[[], tuple[object, Figures]] | None:
        store, found, wanted = self._store(), self._run_list, self._wanted
        marks = found.marks
        if store is None or found.marked < 2:
            self.display, self.found, self._read_for = False, None, None
            return None
        if wanted == self._read_for:
            return None
        if marks.all:
            read = partial(store.runs.figures, found.query, without=frozenset(marks.ids))
        else:
            read = partial(store.runs.figures, EVERYTHING, ids=frozenset(marks.ids))
        return lambda: (wanted, read())

    def _read(self, answer: tuple[object, Figures]) -> None:
        self._read_for, self.found = answer
        self.display = True
        self.refresh()
        self.request()  # the marks may be others meanwhile

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        lines = selection_lines(self.found, width, glyphs_of(self)) if self.found is not None and y < LINES else []
        return strip_of(self, lines[y] if lines else [], width)
