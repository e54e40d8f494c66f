"""When a figure rose, looked for on a person's wish and told in a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ...core.numbers.rises import Figure, Rise, look_for_rise
from ...core.progress import Progress
from ..glyphs import glyphs_of
from ..lines import Line, wrapped
from ..operations.operations import jobs_of
from ..workflows.rise_words import NAMES, rise_told
from .strips import strip_of

if TYPE_CHECKING:
    from ...core.store import Store


class RiseLines(Widget):
    """As high as what is told; hidden while that is nothing."""

    DEFAULT_CSS = "RiseLines { height: auto; display: none; }"

    class Found(Message):
        """The first version with which the figure rose."""

        def __init__(self, version: int) -> None:
            super().__init__()
            self.version = version

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.told: Sequence[str] = ()
        """What was found, a sentence each."""
        self._asked = 0
        self._looking: Progress | None = None

    def look(self, store: Store, workflow: str, figure: Figure, number: int | None) -> None:
        """Looks in the ancestry of a version, or of the newest."""
        self._asked += 1
        doing = f"looking when {NAMES[figure]} rose"
        self._tell([doing])
        job, then = partial(look_for_rise, store, workflow, figure, number), partial(self._looked, self._asked, figure)
        self._looking = jobs_of(self).begin(self, doing, job, then, otherwise=partial(self._stopped, self._asked))

    def forget(self) -> None:
        """Tells nothing any more, nor what is still being looked for."""
        self._asked += 1
        if self._looking is not None:
            self._looking.stop()
        self._nothing()

    def _nothing(self) -> None:
        self._looking = None
        self._tell(())

    def _stopped(self, asked: int) -> None:
        if asked == self._asked:
            self._nothing()

    def _looked(self, asked: int, figure: Figure, found: Rise) -> None:
        if asked != self._asked:
            return
        self._looking = None
        self._tell(rise_told(figure, found, glyphs_of(self)))
        if found.version is not None:
            self.post_message(self.Found(found.version))

    def _tell(self, told: Sequence[str]) -> None:
        self.told, self.display = told, bool(told)
        self.refresh(layout=True)

    def _lines(self, width: int) -> list[Line]:
        return [[(f" {piece}", "accent")] for piece in wrapped("; ".join(self.told), width - 1)]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render_line(self, y: int) -> Strip:
        lines = self._lines(self.size.width)
        return strip_of(self, lines[y] if y < len(lines) else [], self.size.width)
