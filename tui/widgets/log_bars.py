"""A log over its time: one line of bars, coloured by the worst level in each, in which one can jump."""

from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from ...core.clock import from_seconds, to_seconds
from ..glyphs import Glyphs, glyphs_of
from ..keys import bindings
from ..lines import Line
from ..logs.lines import stamp
from ..logs.sweep import Bars
from .strips import strip_of

EDGE = 9
"""Cells before the first bar: the time at which it begins."""
_INKS = ("faint", "muted", "warn", "bad")


class LogBars(Widget, can_focus=True):
    """Shows how far a sweep has come; left, right and the wheel go from bar to bar, the pressed mouse to its place."""

    DEFAULT_CSS = "LogBars { height: 1; }"
    BINDINGS = bindings("log_bars")

    @dataclass
    class Picked(Message):
        """The person wants to be at a moment (Unix seconds)."""

        moment: float

    class Left(Message):
        """The person is done with the bars."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.bars: Bars | None = None
        self._here: float | None = None

    def show(self, bars: Bars | None, here: str | None) -> None:
        """Shows these bars; `here` is the time of the entry under the log's cursor."""
        self.bars = bars
        try:
            self._here = to_seconds(here) if here else None
        except ValueError:
            self._here = None
        self.refresh()

    def render_line(self, y: int) -> Strip:
        return strip_of(self, self.draw(self.size.width), self.size.width)

    def draw(self, width: int) -> Line:
        """The line."""
        bars = self.bars
        if bars is None or not bars.counts:
            return [("no entry" if bars and bars.whole else "reading the log", "faint")]
        cells = bars.cells(self._room(width))
        line: Line = [(stamp(from_seconds(bars.start), False), "faint"), (" ", "text")]
        most, here = max(map(sum, cells)), self._cell(width)
        for place, counts in enumerate(cells):
            sign, ink = sign_of(counts, most, glyphs_of(self))
            line.append(
                (sign, "match" if place == here and self.has_focus else f"{ink}.cursor" if place == here else ink)
            )
        more = "" if bars.whole else " …"
        return [*line, (f" {stamp(from_seconds(bars.end), False)}{more}", "faint")]

    def _room(self, width: int) -> int:
        return max(width - 20, 10)

    def _cell(self, width: int) -> int | None:
        if self.bars is None or self._here is None or not self.bars.counts:
            return None
        return self.bars.cell_of(self._here, self._room(width))

    def action_bar(self, direction: int) -> None:
        """To the next bar that has an entry."""
        bars, room = self.bars, self._room(self.size.width)
        if bars is None or not bars.counts:
            return
        cells, here = bars.cells(room), self._cell(self.size.width)
        place = (len(cells) if direction < 0 else -1) if here is None else here
        place += direction
        while 0 <= place < len(cells):
            if any(cells[place]):
                self._pick(bars, place)
                return
            place += direction

    def _pick(self, bars: Bars, place: int) -> None:
        """Asks to be at a bar, and takes the log for being there: the next step may come before it is."""
        moment = bars.moment_of(place, self._room(self.size.width))
        self._here = moment + bars.width / 2
        self.refresh()
        self.post_message(self.Picked(moment))

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if event.x >= EDGE:
            self.capture_mouse()
            self._pick_at(event.x, again=True)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self.app.mouse_captured is self:
            self._pick_at(event.x)

    def on_mouse_up(self) -> None:
        self.release_mouse()

    def _pick_at(self, x: int, again: bool = False) -> None:
        bars = self.bars
        if bars and bars.counts:
            place = max(0, min(x - EDGE, len(bars.cells(self._room(self.size.width))) - 1))
            if again or place != self._cell(self.size.width):
                self._pick(bars, place)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_bar(-1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_bar(1)

    def on_focus(self) -> None:
        self.refresh()

    def on_blur(self) -> None:
        self.refresh()


def sign_of(counts: list[int], most: int, glyphs: Glyphs) -> tuple[str, str]:
    """The sign and ink of a bar: something is never drawn as nothing."""
    total, steps = sum(counts), len(glyphs.spark)
    if not total:
        return " ", "text"
    worst = max(level for level, number in enumerate(counts) if number)
    return glyphs.spark[min(total * steps // (most + 1), steps - 1)], _INKS[worst]
