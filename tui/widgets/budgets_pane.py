"""The top of place 3: how fast money goes, and how the budgets stand."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Vertical

from ...core import clock
from ...core.runs import Totals
from ..costs.budget_lines import NO_BUDGET, burn_line
from ..costs.standings import of_the_day, standings_of
from ..glyphs import glyphs_of
from ..lines import Line
from ..live.pulse import rate_of
from .cost_lists import BudgetList
from .line_list import OneLine


class BudgetsPane(Vertical):
    """There where there is anything of either to tell, or to teach.

    `totals` are those of the store, once they are known; `teaches` says whether it spends and could have a budget.
    """

    def __init__(
        self, totals: Callable[[], Totals | None], teaches: Callable[[], bool], *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._totals, self._teaches = totals, teaches

    def compose(self) -> ComposeResult:
        yield OneLine(self._burn, id="burn")
        yield OneLine(lambda width: NO_BUDGET, id="no-budget")
        yield BudgetList(id="budgets")

    @property
    def budgets(self) -> BudgetList:
        """The budgets."""
        return self.query_one(BudgetList)

    def show(self) -> None:
        """Shows how they stand now."""
        standings, room = standings_of(self), self.screen.size
        if standings != self.budgets.standings:
            self.budgets.show(standings)
        self.budgets.styles.height = max(min(len(standings), room.height // 4), 1)
        burns = bool(self._burn(room.width))
        line = self.query_one("#burn")
        line.display = burns
        line.refresh()  # money goes faster or slower also where nothing else differs
        self.budgets.display = bool(standings)
        teaches = self.query_one("#no-budget").display = self._teaches()
        self.display = bool(standings) or burns or teaches

    def _burn(self, width: int) -> Line:
        """How fast money goes, and what the day will have cost by its end (UTC) if it goes on so."""
        rate, day = rate_of(self), of_the_day(standings_of(self))
        return burn_line(rate, self._totals(), day, clock.now_s(), width, glyphs_of(self))
