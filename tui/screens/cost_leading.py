"""Where the lines, bars and names of place 3 lead: to a line of the table, and to the runs of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from ...core.costs import GroupBy
from ..costs.choices import Choices
from ..costs.page import WINDOWS, Asked, runs_by, runs_of, runs_of_budget
from ..costs.plot import told
from ..costs.spans import runs_of_bar
from ..hinting import hint
from ..messages import ShowRuns
from ..widgets.cost_lists import BudgetList, CostList
from ..widgets.line_list import LineList
from ..widgets.plot_pane import BarPicked, PartPicked, PlotPane, Zoomed
from .place import PlaceScreen


class CostLeading(PlaceScreen):
    """What `enter` and the mouse do over costs."""

    chosen: Choices

    if TYPE_CHECKING:  # the screen's own

        def action_by(self, by: GroupBy) -> None: ...

        def _asked(self) -> Asked: ...

        def _ask(self) -> None: ...

    @property
    def list(self) -> CostList:
        """The costs."""
        return self.query_one(CostList)

    @property
    def budgets(self) -> BudgetList:
        """The budgets."""
        return self.query_one(BudgetList)

    @on(LineList.Chosen)
    def action_open(self) -> None:
        """To the runs of a line, or to those that spend of a budget."""
        if self.budgets.has_focus:
            if (standing := self.budgets.current) is not None:
                self.post_message(ShowRuns(*runs_of_budget(standing), place="costs"))
            return
        page, group = self.list.page, self.list.current
        if not self._shows_lines:
            self._to_lines()
        elif page is not None and group is not None:
            self.post_message(ShowRuns(runs_of(group, page.asked).text, page.crumb(group), place="costs"))

    @on(BarPicked)
    def _bar_picked(self, message: BarPicked) -> None:
        """To the line of its day, or to the runs of that; where no line tells its amount, that is said."""
        stack, bucket = self.query_one(PlotPane).stack, message.bucket
        if stack is None or bucket not in stack.span.buckets:
            return
        unit = stack.span.unit
        if unit in ("hour", "day"):
            self._lead_to("day", bucket[:10], message.twice)
        elif message.twice:
            self.post_message(ShowRuns(*runs_of_bar(bucket, unit, self._asked()), place="costs"))
        if not message.twice and (unit != "day" or not self._shows_lines):
            hint(self, told(stack, bucket))

    @on(PartPicked)
    def _part_picked(self, message: PartPicked) -> None:
        self._lead_to(self.chosen.stack_by, message.key, message.twice)

    def _lead_to(self, by: GroupBy, key: str, into: bool) -> None:
        if into:
            self.post_message(ShowRuns(*runs_by(by, key, self._asked()), place="costs"))
        elif self._shows_lines:
            self.list.go_to(by, key)
            self.action_by(by)

    def _to_lines(self) -> None:
        """Shows the lines where the plot stood alone: what a key does to them is seen."""
        if not self._shows_lines:
            self.chosen.plotting = None
            self._ask()

    @property
    def _shows_lines(self) -> bool:
        """Whether there is room for them beside the plot."""
        return self.query_one("#costs-pane").display

    @on(Zoomed)
    def _zoomed(self, message: Zoomed) -> None:
        """A longer time or a shorter one, as far as there is one."""
        place = WINDOWS.index(self.chosen.window) + message.step
        if 0 <= place < len(WINDOWS):
            self.chosen.window = WINDOWS[place]
            self._ask()
