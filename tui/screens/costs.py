"""Place 3, Costs: what was spent by day, workflow, version, model, agent or session, and how the budgets stand."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from ...core import clock
from ...core.costs import GroupBy
from ...core.feed import Watch
from ...core.query.query import EVERYTHING
from ...core.store import Store
from ..costs.choices import Choices
from ..costs.page import AXES, WINDOWS, Asked
from ..costs.reading import Found, Wanted, read
from ..costs.spans import Wish
from ..cycle import after
from ..glyphs import glyphs_of
from ..keys import bindings
from ..lines import Line
from ..loading import Loader
from ..messages import BudgetsLooked, Pulsed
from ..personal.leaving import text_of
from ..query.typed import typed
from ..widgets.budgets_pane import BudgetsPane
from ..widgets.cost_lists import AxisLine, CostList
from ..widgets.empty import Empty, no_costs, no_costs_match, nothing_to_read
from ..widgets.filter_bar import FilterBar
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import HeadLine, OneLine
from ..widgets.place_line import PlaceLine
from ..widgets.plot_pane import PlotPane
from ..widgets.store_header import StoreHeader
from .cost_leading import CostLeading

TALL = 30
"""Lines of a screen that has room for the plot above the table."""
EVERY, REST = 0.5, 4.0
"""Seconds between two readings of a store that changes all the time, and at least so many times as long as one took:
sums of many years cost what there is of them."""


class CostsScreen(CostLeading):
    """Reads one sum for what is shown, the axis that is on; never the runs, and nothing while nothing changes."""

    BINDINGS = bindings("costs", "place")
    CSS_PATH = "../styles/costs.tcss"
    AUTO_FOCUS = "CostList"
    PLACES = ("costs", "place", "moves", "app")
    """Places of the table of keys that work here."""

    def __init__(self, store: Store, watching: Watch) -> None:
        super().__init__(store, watching)
        self.found: Found | None = None
        self.chosen = Choices()
        self.loader: Loader[Found | None] = Loader(self, self._prepare, self._loaded, every=EVERY, rest=REST)

    def compose(self) -> ComposeResult:
        costs = CostList(id="costs")
        yield StoreHeader(self._header)
        yield FilterBar(self._filter_count, lambda: self.store.runs)
        yield PlaceLine("costs", self._title, id="list-top")
        totals = lambda: self.found.totals if self.found else None  # noqa: E731
        yield BudgetsPane(totals, self._teaches_budgets, id="budgets-pane")
        plot = PlotPane(lambda: self.chosen.stack_by)
        yield FrameLine("middle", plot.titles, id="plot-top")
        yield plot
        yield AxisLine(lambda: self.chosen.by, self._order, id="axes")
        with Vertical(id="costs-pane"):
            yield HeadLine(costs.head, id="costs-head")
            yield costs
            yield OneLine(costs.total, id="costs-total")
            yield Empty()
        yield KeyBar("costs")

    def left(self) -> dict[str, Any]:
        """What was chosen."""
        return self.chosen.left()

    def take_up(self, kept: dict[str, Any]) -> None:
        """Is as it was left."""
        self.chosen.take_up(kept, typed(self, text_of(kept.get("query"))))

    def show_taken(self) -> None:
        """Shows what it has taken up while it was on screen already."""
        self.query_one(FilterBar).begin(self.chosen.filter.text)
        self._ask()

    # Reading.

    def on_mount(self) -> None:
        if self.chosen.filter != EVERYTHING:
            self.query_one(FilterBar).begin(self.chosen.filter.text)
        self._show_budgets()
        self._show_panes()

    def _prepare(self) -> Callable[[], Found | None]:
        asked = self._asked()
        wanted = Wanted(asked, self.chosen.order, self._wish(asked), self.chosen.stack_by)
        before, self._whole = (None if self._whole else self.found), False
        return partial(read, self.store, before, wanted, glyphs_of(self))

    def _asked(self) -> Asked:
        return self.chosen.asked(clock.now_s())

    def _wish(self, asked: Asked) -> Wish | None:
        """What is plotted, in bars of two cells at least; None while nobody sees a plot."""
        most = max((self.size.width - 14) // 2, 2)
        return Wish(asked.window, asked.today, asked.hour, most) if self.plots else None

    @property
    def plots(self) -> bool:
        """Whether the plot is to be seen."""
        return self.size.height >= TALL if self.chosen.plotting is None else self.chosen.plotting

    def _loaded(self, found: Found | None) -> None:
        self._opened()
        if found is None:
            return
        self._note(found)
        before, self.found = self.found, found
        if before is None or found.page is not before.page:
            self.list.show(found.page)
        self.query_one(PlotPane).show(found.stack)
        self._show_budgets()
        self._show_panes()

    # Drawing.

    def on_budgets_looked(self, message: BudgetsLooked) -> None:
        self._show_budgets()

    def on_pulsed(self, message: Pulsed) -> None:
        self._show_budgets()  # with what an hour costs now

    def _teaches_budgets(self) -> bool:
        return self.when_costs() and not self.store.budgets and not self.store.read_only

    def _show_budgets(self) -> None:
        self.query_one(BudgetsPane).show()
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
        return self.chosen.title(glyphs_of(self))

    def _order(self) -> Line:
        count = f" {len(self.found.page.groups):,}" if self.found else ""
        return [(count, "text"), *self.chosen.order_title(glyphs_of(self))]

    def _filter_count(self, width: int) -> Line:
        count = f"[{len(self.found.page.groups):,}]" if self.found else ""
        return [(count.rjust(width - 1), "muted")]

    def when_costs(self) -> bool:
        """Whether there is anything to be grouped, sorted or plotted."""
        return self.found is not None and bool(self.found.page.groups)

    def when_filterable(self) -> bool:
        """Whether there is, or a filter or a time hides it."""
        return self.when_costs() or self.chosen.hides

    # What the person does.

    def other_plot(self) -> bool:
        """Whether the plot is shown."""
        return self.plots

    def action_plot(self) -> None:
        self.chosen.plotting = not self.plots
        self._ask()

    def action_stack(self) -> None:
        self.chosen.stack_otherwise()
        self._ask()

    def action_by(self, by: GroupBy) -> None:
        self._to_lines()
        if by != self.chosen.by:
            self.chosen.by = by
            self._ask()

    def action_next_axis(self, step: int) -> None:
        names = [axis.by for axis in AXES]
        self.action_by(after(self.chosen.by, names, step))

    def action_window(self) -> None:
        self.chosen.window = after(self.chosen.window, WINDOWS)
        self._ask()

    def action_sort(self) -> None:
        self._to_lines()
        self.chosen.next_order()
        self._ask()

    @on(HeadLine.Picked)
    def _title_picked(self, message: HeadLine.Picked) -> None:
        self.chosen.sort_by(message.title)
        self._ask()

    def action_reverse(self) -> None:
        self._to_lines()
        self.chosen.reverse()
        self._ask()

    def action_back(self) -> None:
        """Takes the filter off, then steps out to the runs."""
        if self.chosen.filter != EVERYTHING:
            self.query_one(FilterBar).close(clear=True)
        else:
            self.app.pop_screen()

    # The filter.

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    @on(FilterBar.Changed)
    def _filter_changed(self, message: FilterBar.Changed) -> None:
        self.chosen.filter = message.query
        self._ask()

    @on(FilterBar.Left)
    def _filter_left(self) -> None:
        if self.list.display:
            self.list.focus()
        elif self.budgets.standings:
            self.budgets.focus()
