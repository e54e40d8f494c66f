"""The plot of place 3 on screen. Importing this loads the plot library, so it is done when a plot is first shown."""

from itertools import pairwise
from typing import Any

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.strip import Strip
from textual_plotext import PlotextPlot

from ..costs.plot import INKS, Raster, Stack, dots, money_ticks, ranges, time_ticks
from ..format import UNKNOWN
from ..glyphs import ASCII, glyphs_of
from ..themes import palette
from .plot_pane import BarPicked, Zoomed
from .strips import pieces

AXIS = 2
"""Rows below the bars: the axis and its names."""

_PLAIN = str.maketrans("│┤└┬─┼", "|+++-+")


class CostPlot(PlotextPlot):
    """Draws a stack of costs anew for every size and theme."""

    DEFAULT_CSS = "CostPlot { height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._stack: Stack | None = None
        self._made: object = None
        self._raster: Raster | None = None
        """Of what was drawn last."""
        self._strips: list[Strip] = []

    def show(self, stack: Stack) -> None:
        """Shows this from now on."""
        if stack != self._stack:
            self._stack = stack
            self.refresh()

    def render_line(self, y: int) -> Strip:
        made = (self._stack, self.size, self.app.theme)
        if made != self._made:
            self._made, self._strips = made, self._drawn()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.rich_style)

    def _drawn(self) -> list[Strip]:
        width, height = self.size
        if self._stack is None or not self._stack.parts or height <= AXIS + 1:
            return []
        plot = self.plt
        plot.clear_figure()
        plot.plotsize(width, height)
        plot._set_size(width, height)  # as the library itself does: without it a plot keeps its first size
        plot.theme("clear")
        self._fill(plot, self._stack, width, height - AXIS)
        drawn = plot.build()
        text = Text.from_ansi(drawn.translate(_PLAIN) if glyphs_of(self) is ASCII else drawn)
        return [self._strip(line) for line in text.split("\n")]

    def _strip(self, line: Text) -> Strip:
        base, plain = self.rich_style, line.plain
        marks = sorted({0, len(plain), *(at for span in line.spans for at in (span.start, span.end))})
        segments = []
        for start, end in pairwise(marks):
            style = next((span.style for span in line.spans if span.start <= start < span.end), Style())
            over = base + (style if isinstance(style, Style) else Style())
            segments += [Segment(piece, over) for piece in pieces(plain[start:end])]
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _fill(self, plot: Any, stack: Stack, width: int, rows: int) -> None:
        raster, glyphs = Raster(len(stack.span.buckets), width, rows), glyphs_of(self)
        ticks = money_ticks(stack, raster)
        self._raster = raster = raster._replace(columns=width - max(len(name) for _, name in ticks) - 1)
        plot.xlim(0, raster.columns - 1)
        plot.ylim(0, rows - 1)
        plot.xaxes(True, False)
        plot.yaxes(True, False)
        plot.yticks([place for place, _ in ticks], [name for _, name in ticks])
        plot.xticks(*zip(*time_ticks(stack, raster), strict=True))
        for part, (x, y) in ranges(dots(stack, raster)).items():
            sign, ink = (UNKNOWN, "warn") if part < 0 else (glyphs.stack[part], INKS[part])
            plot.scatter(x, y, marker=sign, color=self._colour(ink))

    def on_click(self, event: events.Click) -> None:
        raster, stack = self._raster, self._stack
        if raster is None or stack is None:
            return
        column = event.x - (self.size.width - raster.columns)  # behind the names of the money
        if column >= 0 and raster.bars == len(stack.span.buckets):
            self.post_message(BarPicked(stack.span.buckets[raster.bar_at(column)], event.chain == 2))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.post_message(Zoomed(1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.post_message(Zoomed(-1))

    def _colour(self, ink: str) -> Any:
        """The theme's own colour as the library takes it; the terminal's where there are none."""
        colour = getattr(palette(self), ink).color
        return tuple(colour.triplet) if colour is not None and colour.triplet is not None else "default"
