"""The line of tabs at the top of a screen: a run's, or a comparison's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ...core.runs import Run
from .. import format
from ..glyphs import glyphs_of
from ..keys import shown as key_shown
from ..lines import Line, width_of
from ..parts.tabs import shown
from ..personal.person import own_keys
from .strips import strip_of


class TabTitle(NamedTuple):
    """One tab as the bar shows it."""

    name: str
    hot: int
    """Place of the letter in the name that opens it."""
    total: int = 0
    """How much is in it; 0 is not told."""
    alarm: bool = False
    """Whether it needs a person's eye."""
    row: str = ""
    """Row of the table of keys that opens it."""


class TabBar(Widget):
    """Names of the tabs with how much is in each; the letter that opens one stands out."""

    @dataclass
    class Picked(Message):
        """The person clicked on a tab."""

        name: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.current = "overview"
        self._tabs: Sequence[TabTitle] = ()
        self._places: list[tuple[int, int, str]] = []

    def show(self, run: Run, current: str) -> None:
        """Shows the tabs of this run."""
        titles = [
            TabTitle(tab.name, tab.hot, tab.count(run), tab.alarm(run), f"run.{tab.name}")
            for tab in shown(run, current)
        ]
        self.show_titles(titles, current)

    def show_titles(self, titles: Sequence[TabTitle], current: str) -> None:
        """Shows these tabs."""
        self._tabs, self.current = titles, current
        self._line(self.size.width)
        self.refresh()

    def place_of(self, name: str) -> tuple[int, int]:
        """Cells from and to which a tab's name stands."""
        return next(((start, end) for start, end, tab in self._places if tab == name), (0, 0))

    def render_line(self, y: int) -> Strip:
        return strip_of(self, self._line(self.size.width), self.size.width)

    def _line(self, width: int) -> Line:
        if not self._tabs:
            return []
        for counts, gap in ((True, 3), (False, 3), (False, 2), (False, 1)):
            parts = [self._tab(tab, counts) for tab in self._tabs]
            if sum(map(width_of, parts)) + gap * (len(parts) - 1) <= width:
                break
        first = self._first(list(map(width_of, parts)), gap, width)
        line: Line = [(f"{glyphs_of(self).ellipsis} ", "faint")] if first else []
        self._places = []
        for tab, part in list(zip(self._tabs, parts, strict=True))[first:]:
            start = width_of(line)
            line += [*part, (" " * gap, "text")]
            self._places.append((start, start + width_of(part), tab.name))
        return line[:-1]

    def _first(self, widths: Sequence[int], gap: int, width: int) -> int:
        """The first tab that is shown: where not all fit, those before the one that is open give way."""
        here = next((n for n, tab in enumerate(self._tabs) if tab.name == self.current), 0)
        first = 0
        while first < here and sum(widths[first : here + 1]) + gap * (here - first) + 2 * bool(first) > width:
            first += 1
        return first

    def _tab(self, tab: TabTitle, counts: bool) -> Line:
        here = tab.name == self.current
        ink = "title" if here else "text"
        line: Line = [(text, "title" if hot and here else "accent" if hot else ink) for text, hot in self._letters(tab)]
        if counts and tab.total:
            line.append((f" {format.count(tab.total)}", "bad" if tab.alarm else "muted"))
        return [span for span in line if span[0]]

    def _letters(self, tab: TabTitle) -> list[tuple[str, bool]]:
        """The name in pieces, and whether each is the key that opens it."""
        own = own_keys(self).get(tab.row)
        key = key_shown(own) if own else tab.name[tab.hot]
        at = tab.name.find(key) if own else tab.hot
        if at < 0:
            return [(key, True), (f" {tab.name}", False)]
        return [(tab.name[:at], False), (key, True), (tab.name[at + len(key) :], False)]

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        for start, end, name in self._places:
            if place is not None and start <= place.x < end:
                self.post_message(self.Picked(name))


class TabRule(Widget):
    """The line of the frame below the tabs, strong below the one that is open."""

    EDGE = 2
    """Cells of the frame before the first tab."""

    def __init__(self, bar: TabBar) -> None:
        super().__init__()
        self._bar = bar

    def render_line(self, y: int) -> Strip:
        glyphs, width = glyphs_of(self), self.size.width
        rule, corners = glyphs.rule, glyphs.corners["middle"]
        start, end = (min(place + self.EDGE, width - 1) for place in self._bar.place_of(self._bar.current))
        line: Line = [
            (corners[0] + rule * (start - 1), "faint"),
            (rule * (end - start), "title"),
            (rule * (width - end - 1) + corners[1], "faint"),
        ]
        return strip_of(self, line, width)
