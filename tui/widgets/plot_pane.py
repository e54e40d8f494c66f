"""What was spent over time as a plot, with its legend. The library that draws it is loaded when one is first seen."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical

from ..costs.plot import Stack, legend
from ..glyphs import glyphs_of
from ..lines import Line
from .line_list import OneLine


class PlotPane(Vertical):
    """The plot of what was read last."""

    def __init__(self, by: Callable[[], str]) -> None:
        """`by`: what its bars are stacked by."""
        super().__init__(id="plot-pane")
        self.stack: Stack | None = None
        self._by = by

    def compose(self) -> ComposeResult:
        yield OneLine(self._legend, id="plot-legend")

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
        return left, [(f" stacked by {self._by()} ", "muted")]

    def _legend(self, width: int) -> Line:
        return legend(self.stack, width, glyphs_of(self)) if self.stack else []
