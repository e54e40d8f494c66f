"""What was spent over time as a plot, with its legend. The library that draws it is loaded when one is first seen."""

from collections.abc import Callable
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from ..costs.plot import Stack, legend, part_at
from ..glyphs import glyphs_of
from ..lines import Line, leading
from .line_list import OneLine


@dataclass
class BarPicked(Message):
    """The person clicked on the bar of a day or an hour."""

    bucket: str
    twice: bool


@dataclass
class PartPicked(Message):
    """The person clicked on a workflow or model of the legend."""

    key: str
    twice: bool


@dataclass
class Zoomed(Message):
    """The person turned the wheel over the plot: 1 for a shorter time, -1 for a longer one."""

    step: int


class LegendLine(OneLine):
    """The legend of a plot, each name of which may be clicked on."""

    def __init__(self, stack: Callable[[], Stack | None]) -> None:
        super().__init__(self._legend, id="plot-legend")
        self._stack = stack

    def _legend(self, width: int) -> Line:
        stack = self._stack()
        return legend(stack, width, glyphs_of(self)) if stack else []

    def on_click(self, event: events.Click) -> None:
        stack = self._stack()
        part = part_at(stack, self.size.width, glyphs_of(self), event.x) if stack else None
        if part is not None and part.key is not None:
            self.post_message(PartPicked(part.key, event.chain == 2))


class PlotPane(Vertical):
    """The plot of what was read last."""

    def __init__(self, by: Callable[[], str]) -> None:
        """`by`: what its bars are stacked by."""
        super().__init__(id="plot-pane")
        self.stack: Stack | None = None
        self._by = by

    def compose(self) -> ComposeResult:
        yield LegendLine(lambda: self.stack)

    def show(self, stack: Stack | None) -> None:
        """Draws what was read; None where nobody sees a plot."""
        self.stack = stack
        if stack is not None:
            self.call_later(self._draw)

    async def _draw(self) -> None:
        from .plot import CostPlot

        if not self.query(CostPlot):
            await self.mount(CostPlot(id="plot"), before=0)
        if self.stack is not None:
            self.query_one(CostPlot).show(self.stack)

    def titles(self, width: int) -> tuple[Line, Line]:
        """What the frame says of it: which time, and how the bars are stacked."""
        left: Line = [(f" {self.stack.span.title} ", "text")] if self.stack else []
        return left, [(leading(f" stacked by {self._by()} ", "costs.stack"), "muted")]
