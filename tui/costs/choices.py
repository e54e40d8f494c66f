"""What a person has chosen to see in place 3: the axis and its order, the days, the filter, and what is plotted."""

from datetime import UTC, datetime
from typing import Any

from ...core.costs import GroupBy
from ...core.query.query import EVERYTHING, Query
from ..cycle import after
from ..glyphs import Glyphs
from ..lines import Line, leading, one_line
from ..personal.leaving import one_of
from .page import AXES, SORTED_BY, WINDOWS, Asked, Order, orders
from .plot import StackBy


class Choices:
    """Plain values, changed on the event loop."""

    def __init__(self) -> None:
        self.by: GroupBy = AXES[0].by
        self.window = WINDOWS[0]
        self.filter: Query = EVERYTHING
        self.orders: dict[GroupBy, Order] = {axis.by: orders(axis.by)[0] for axis in AXES}
        self.stack_by: StackBy = "workflow"
        self.plotting: bool | None = None
        """Whether a person wants to see the plot; where they said nothing it is there if there is room for both."""

    @property
    def order(self) -> Order:
        """The order of the axis that is on."""
        return self.orders[self.by]

    @property
    def hides(self) -> bool:
        """Whether a filter or a time may hide what there is."""
        return self.filter != EVERYTHING or self.window != WINDOWS[0]

    def asked(self, now_s: float) -> Asked:
        """What is to be summed at this moment, in seconds since 1970."""
        now = datetime.fromtimestamp(now_s, UTC)
        by_hour = self.window.hours or self.window.days == 1
        return Asked(self.by, self.filter, self.window, now.date(), now.hour if by_hour else 23)

    def left(self) -> dict[str, Any]:
        """All of it, as plain values."""
        kept = {by: [order.name, order.descending] for by, order in self.orders.items()}
        plot = {"plot": self.plotting, "stack": self.stack_by}
        return plot | {"by": self.by, "window": self.window.name, "query": self.filter.text, "orders": kept}

    def take_up(self, kept: dict[str, Any], filter: Query) -> None:
        """Is as it was left, under this filter."""
        axis = one_of(kept.get("by"), AXES, "by")
        self.by = axis.by if axis is not None else self.by
        self.stack_by = "model" if kept.get("stack") == "model" else "workflow"
        self.plotting = kept["plot"] if isinstance(kept.get("plot"), bool) else None
        self.window = one_of(kept.get("window"), WINDOWS) or self.window
        self.filter = filter
        told = kept.get("orders")
        for by in self.orders:
            match told.get(by) if isinstance(told, dict) else None:
                case [name, bool() as descending] if (order := one_of(name, orders(by))) is not None:
                    self.orders[by] = order._replace(descending=descending)

    def stack_otherwise(self) -> None:
        """Plots by the other thing that can be stacked."""
        self.stack_by = "model" if self.stack_by == "workflow" else "workflow"
        self.plotting = True

    def next_order(self) -> None:
        """Sorts by the next column."""
        names = [order.name for order in orders(self.by)]
        self.orders[self.by] = orders(self.by)[names.index(after(self.order.name, names))]

    def reverse(self) -> None:
        """Sorts the other way round."""
        self.orders[self.by] = self.order._replace(descending=not self.order.descending)

    def sort_by(self, title: str) -> None:
        """Sorts by the column of that title; by the one that is on, the other way round."""
        name = SORTED_BY.get(title.lower(), orders(self.by)[self.by != "day"].name)
        order = one_of(name, orders(self.by))
        if order is not None and order.name == self.order.name:
            self.reverse()
        elif order is not None:
            self.orders[self.by] = order

    def title(self, glyphs: Glyphs) -> Line:
        """The filter and the days that are in force."""
        line: Line = [(" ", "text")]
        if self.filter != EVERYTHING:
            line += [(leading(one_line(self.filter.text, 40), "costs.filter"), "accent"), (f" {glyphs.dot} ", "faint")]
        window = leading(self.window.name, "costs.window")
        return [*line, (window, "accent" if self.window.days else "text"), (" ", "text")]

    def order_title(self, glyphs: Glyphs) -> Line:
        """The order that is in force."""
        arrow = glyphs.descending if self.order.descending else glyphs.ascending
        return [(f" {glyphs.dot} ", "faint"), (leading(f"{self.order.name} {arrow} ", "costs.sort"), "muted")]
