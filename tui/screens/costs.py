"""Place 3, Costs: what was spent by day, workflow, version, model, agent or session, and how the budgets stand."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from ...core import clock
from ...core.costs import GroupBy
from ...core.feed import Watch
from ...core.query.query import EVERYTHING, Query
from ...core.store import Store
from ..costs.budget_lines import burn_line
from ..costs.page import AXES, SORTED_BY, WINDOWS, Asked, Order, orders, runs_of, runs_of_budget
from ..costs.plot import Span, StackBy, legend, span_of
from ..costs.reading import Found, Wanted, read
from ..costs.standings import of_the_day, standings_of
from ..cycle import after
from ..glyphs import glyphs_of
from ..keys import bindings
from ..lines import Line, one_line
from ..live.pulse import rate_of
from ..loading import Loader
from ..messages import BudgetsLooked, Pulsed, ShowRuns
from ..personal.leaving import one_of, text_of
from ..query.typed import typed
from ..widgets.cost_lists import AxisLine, BudgetList, CostList
from ..widgets.empty import Empty, no_costs, no_costs_match, nothing_to_read
from ..widgets.filter_bar import FilterBar
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import HeadLine, LineList, OneLine
from ..widgets.place_line import PlaceLine
from .place import PlaceScreen

TALL = 30
"""Lines of a screen that has room for the plot above the table."""
EVERY, REST = 0.5, 4.0
"""Seconds between two readings of a store that changes all the time, and at least so many times as long as one took:
sums of many years cost what there is of them."""


class CostsScreen(PlaceScreen):
    """Reads one sum for what is shown, the axis that is on; never the runs, and nothing while nothing changes."""

    BINDINGS = bindings("costs", "place")
    CSS_PATH = "../styles/costs.tcss"
    AUTO_FOCUS = "CostList"
    PLACES = ("costs", "place", "moves", "app")
    """Places of the table of keys that work here."""

    def __init__(self, store: Store, watching: Watch) -> None:
        super().__init__(store, watching)
        self.found: Found | None = None
        self.by: GroupBy = AXES[0].by
        self.window = WINDOWS[0]
        self.filter: Query = EVERYTHING
        self.orders: dict[GroupBy, Order] = {axis.by: orders(axis.by)[0] for axis in AXES}
        self.stack_by: StackBy = "workflow"
        self.plotting: bool | None = None
        """Whether a person wants to see the plot; where they said nothing it is there if there is room for both."""
        self.loader: Loader[Found | None] = Loader(self, self._prepare, self._loaded, every=EVERY, rest=REST)

    def compose(self) -> ComposeResult:
        costs = CostList(id="costs")
        yield OneLine(self._header, id="header")
        yield FilterBar(self._filter_count, lambda: self.store.runs)
        yield PlaceLine("costs", self._title, id="list-top")
        with Vertical(id="budgets-pane"):
            yield OneLine(self._burn, id="burn")
            yield BudgetList(id="budgets")
        yield FrameLine("middle", self._plot_titles, id="plot-top")
        with Vertical(id="plot-pane"):
            yield OneLine(self._legend, id="plot-legend")
        yield AxisLine(lambda: self.by, self._order, id="axes")
        with Vertical(id="costs-pane"):
            yield HeadLine(costs.head, id="costs-head")
            yield costs
            yield OneLine(costs.total, id="costs-total")
            yield Empty()
        yield KeyBar("costs")

    @property
    def list(self) -> CostList:
        """The costs."""
        return self.query_one(CostList)

    @property
    def budgets(self) -> BudgetList:
        """The budgets."""
        return self.query_one(BudgetList)

    def left(self) -> dict[str, Any]:
        """The axis, the days, the filter and the order of each axis."""
        orders = {by: [order.name, order.descending] for by, order in self.orders.items()}
        plot = {"plot": self.plotting, "stack": self.stack_by}
        return plot | {"by": self.by, "window": self.window.name, "query": self.filter.text, "orders": orders}

    def take_up(self, kept: dict[str, Any]) -> None:
        """Is as it was left."""
        axis = one_of(kept.get("by"), AXES, "by")
        self.by = axis.by if axis is not None else self.by
        self.stack_by = "model" if kept.get("stack") == "model" else "workflow"
        self.plotting = kept["plot"] if isinstance(kept.get("plot"), bool) else None
        self.window = one_of(kept.get("window"), WINDOWS) or self.window
        self.filter = typed(self, text_of(kept.get("query")))
        told = kept.get("orders")
        for by in self.orders:
            match told.get(by) if isinstance(told, dict) else None:
                case [name, bool() as descending] if (order := one_of(name, orders(by))) is not None:
                    self.orders[by] = order._replace(descending=descending)

    def show_taken(self) -> None:
        """Shows what it has taken up while it was on screen already."""
        self.query_one(FilterBar).begin(self.filter.text)
        self._ask()

    # Reading.

    def on_mount(self) -> None:
        if self.filter != EVERYTHING:
            self.query_one(FilterBar).begin(self.filter.text)
        self._show_budgets()
        self._show_panes()

    def _prepare(self) -> Callable[[], Found | None]:
        asked = self._asked()
        wanted = Wanted(asked, self.orders[self.by], self._span(asked), self.stack_by)
        before, self._whole = (None if self._whole else self.found), False
        return partial(read, self.store, before, wanted, glyphs_of(self))

    def _asked(self) -> Asked:
        now = datetime.fromtimestamp(clock.now_s(), UTC)
        by_hour = self.window.hours or self.window.days == 1
        return Asked(self.by, self.filter, self.window, now.date(), now.hour if by_hour else 23)

    def _span(self, asked: Asked) -> Span | None:
        """What is plotted, in bars of two cells at least; None while nobody sees a plot."""
        return span_of(asked, max((self.size.width - 14) // 2, 2)) if self.plots else None

    @property
    def plots(self) -> bool:
        """Whether the plot is to be seen."""
        return self.size.height >= TALL if self.plotting is None else self.plotting

    def _loaded(self, found: Found | None) -> None:
        self._opened()
        if found is None:
            return
        self._note(found)
        before, self.found = self.found, found
        if before is None or found.page is not before.page:
            self.list.show(found.page)
        self._show_budgets()
        self._show_panes()
        self.call_later(self._show_plot)

    async def _show_plot(self) -> None:
        """Draws the plot; the library that does is loaded when one is first seen."""
        stack = self.found.stack if self.found else None
        if stack is None or not self.plots:
            return
        from ..widgets.plot import CostPlot

        found = self.query(CostPlot)
        if not found:
            await self.query_one("#plot-pane").mount(CostPlot(id="plot"), before=0)
        self.query_one(CostPlot).show(stack)

    # Drawing.

    def on_budgets_looked(self, message: BudgetsLooked) -> None:
        self._show_budgets()

    def on_pulsed(self, message: Pulsed) -> None:
        self._show_budgets()  # with what an hour costs now

    def _show_budgets(self) -> None:
        standings = standings_of(self)
        if standings != self.budgets.standings:
            self.budgets.show(standings)
        self.budgets.styles.height = max(min(len(standings), self.size.height // 4), 1)
        burns = bool(self._burn(self.size.width))
        self.query_one("#burn").display = burns
        self.budgets.display = bool(standings)
        self.query_one("#budgets-pane").display = bool(standings) or burns
        self.query_one("#header").refresh()

    def _show_panes(self) -> None:
        lines = self._empty_lines()
        self.query_one(Empty).show(lines)
        plots, both = self.plots and not lines, self.size.height >= TALL
        for part in ("#plot-top", "#plot-pane"):
            self.query_one(part).display = plots
        self.query_one("#plot-pane").styles.height = max(self.size.height // 3, 6) if both else "1fr"
        for part in ("#axes", "#costs-pane"):
            self.query_one(part).display = both or not plots
        for part in ("#costs-head", "#costs", "#costs-total"):
            self.query_one(part).display = not lines
        if self.focused is None and not lines:
            self.list.focus()
        self._draw_lines()
        self.query_one(FilterBar).counted()

    def _empty_lines(self) -> Sequence[Line]:
        page = self.found.page if self.found else None
        if page is None or page.groups:
            return []
        asked = page.asked
        everything = asked.query == EVERYTHING and not asked.since
        if not everything:
            return no_costs_match(asked.query.text, asked.window.name)
        return nothing_to_read("No costs yet") if self.store.read_only else no_costs(self.store.name)

    def on_resize(self) -> None:
        self._show_budgets()
        self._show_panes()
        self.loader.request()  # other sizes have room for another plot

    def _tick(self) -> None:
        super()._tick()
        if self.is_current and self.found:
            self._show_budgets()  # with what an hour costs now
            if self.found.page.asked != self._asked():
                self.loader.request()

    def _title(self) -> Line:
        """The filter and the days that are in force."""
        dot = (f" {glyphs_of(self).dot} ", "faint")
        line: Line = [(" ", "text")]
        if self.filter != EVERYTHING:
            line += [(one_line(self.filter.text, 40), "accent"), dot]
        return [*line, (self.window.name, "accent" if self.window.days else "text"), (" ", "text")]

    def _order(self) -> Line:
        glyphs, order = glyphs_of(self), self.orders[self.by]
        arrow = glyphs.descending if order.descending else glyphs.ascending
        count = f" {len(self.found.page.groups):,}" if self.found else ""
        return [(count, "text"), (f" {glyphs.dot} ", "faint"), (f"{order.name} {arrow} ", "muted")]

    def _filter_count(self, width: int) -> Line:
        count = f"[{len(self.found.page.groups):,}]" if self.found else ""
        return [(count.rjust(width - 1), "muted")]

    def _burn(self, width: int) -> Line:
        """How fast money goes, and what the day will have cost by its end (UTC) if it goes on so."""
        rate, totals = rate_of(self), self.found.totals if self.found else None
        return burn_line(rate, totals, of_the_day(standings_of(self)), clock.now_s(), width, glyphs_of(self))

    def _plot_titles(self, width: int) -> tuple[Line, Line]:
        stack = self.found.stack if self.found else None
        left: Line = [(f" {stack.span.title} ", "text")] if stack else []
        return left, [(f" stacked by {self.stack_by} ", "muted")]

    def _legend(self, width: int) -> Line:
        stack = self.found.stack if self.found else None
        return legend(stack, width, glyphs_of(self)) if stack else []

    def when_costs(self) -> bool:
        """Whether there is anything to be grouped, sorted or plotted."""
        return self.found is not None and bool(self.found.page.groups)

    def when_filterable(self) -> bool:
        """Whether there is, or a filter or a time hides it."""
        return self.when_costs() or self.filter != EVERYTHING or self.window != WINDOWS[0]

    # What the person does.

    def action_plot(self) -> None:
        self.plotting = not self.plots
        self._ask()

    def action_stack(self) -> None:
        self.stack_by = "model" if self.stack_by == "workflow" else "workflow"
        self.plotting = True
        self._ask()

    def action_by(self, by: GroupBy) -> None:
        if by != self.by:
            self.by = by
            self._ask()

    def action_next_axis(self, step: int) -> None:
        names = [axis.by for axis in AXES]
        self.action_by(after(self.by, names, step))

    @on(AxisLine.Picked)
    def _axis_picked(self, message: AxisLine.Picked) -> None:
        self.action_by(next(axis.by for axis in AXES if axis.by == message.by))

    def action_window(self) -> None:
        self.window = after(self.window, WINDOWS)
        self._ask()

    def action_sort(self) -> None:
        names = [order.name for order in orders(self.by)]
        place = names.index(self.orders[self.by].name)
        self.orders[self.by] = orders(self.by)[(place + 1) % len(names)]
        self._ask()

    @on(HeadLine.Picked)
    def _title_picked(self, message: HeadLine.Picked) -> None:
        """Sorts by the column; by the one that is on, the other way round."""
        name = SORTED_BY.get(message.title.lower(), orders(self.by)[self.by != "day"].name)
        order = one_of(name, orders(self.by))
        if order is not None and order.name == self.orders[self.by].name:
            self.action_reverse()
        elif order is not None:
            self.orders[self.by] = order
            self._ask()

    def action_reverse(self) -> None:
        order = self.orders[self.by]
        self.orders[self.by] = order._replace(descending=not order.descending)
        self._ask()

    @on(LineList.Chosen)
    def action_open(self) -> None:
        """To the runs of a line, or to those that spend of a budget."""
        if self.budgets.has_focus:
            if (standing := self.budgets.current) is not None:
                self.post_message(ShowRuns(*runs_of_budget(standing), place="costs"))
            return
        page, group = self.list.page, self.list.current
        if page is not None and group is not None:
            self.post_message(ShowRuns(runs_of(group, page.asked).text, page.crumb(group), place="costs"))

    def action_back(self) -> None:
        """Takes the filter off, then steps out to the runs."""
        if self.filter != EVERYTHING:
            self.query_one(FilterBar).close(clear=True)
        else:
            self.app.pop_screen()

    # The filter.

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.filter = message.query
        self._ask()

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        if self.list.display:
            self.list.focus()
        elif self.budgets.standings:
            self.budgets.focus()
