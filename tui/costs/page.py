"""What place 3 shows: the costs of runs by one axis, in an order, and the query that finds the runs of each line."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from ...core.budgets import Standing
from ...core.costs import CostGroup, GroupBy, Money, Tokens
from ...core.query.query import EVERYTHING, Query, Term, equals, of_call, of_version, parse
from .. import format
from ..glyphs import Glyphs
from ..lines import Columns, Line, one_line, width_of
from .budget_lines import title


class Axis(NamedTuple):
    """One way to group costs; its key is in the table of keys under `costs.<by>`."""

    by: GroupBy
    hot: int
    """Place in the name of the letter that chooses it."""
    head: str
    none: str
    """What a line is called whose key is empty."""


AXES = (
    Axis("day", 0, "Day (UTC)", "no day"),
    Axis("workflow", 0, "Workflow", "no workflow"),
    Axis("version", 0, "Version", "no version"),
    Axis("model", 0, "Model", "no model"),
    Axis("agent", 0, "Agent", "no agent"),
    Axis("session", 1, "Session", "no session"),
)


class Window(NamedTuple):
    """The calls of how many days are summed, today included, or of how many hours, this one included; of all with 0."""

    name: str
    days: int = 0
    hours: int = 0

    def since(self, today: date, hour: int = 23) -> str:
        """The first day, or the first hour's beginning; empty for all."""
        if self.hours:
            now = datetime(today.year, today.month, today.day, hour, tzinfo=UTC)
            return (now - timedelta(hours=self.hours - 1)).isoformat()[:19] + ".000000Z"
        return (today - timedelta(days=self.days - 1)).isoformat() if self.days else ""


WINDOWS = (
    Window("all time", 0),
    Window("last 30 days", 30),
    Window("last 7 days", 7),
    Window("last 24 hours", hours=24),
    Window("today", 1),
)


class Order(NamedTuple):
    """One way to sort the lines."""

    name: str
    key: Callable[[CostGroup], Any]
    descending: bool = True


COST = Order("cost", lambda group: (group.money.known_nanousd, group.tokens.total))
NAME = Order("name", lambda group: _version_of(group.key), descending=False)
DAY = Order("day", lambda group: group.key)
SORTED_BY = {"cost": "cost", "share": "cost", "no price": "no price", "calls": "calls", "in": "tokens", "out": "tokens"}
"""The order that a column's title stands for; any other title is the name's."""
_MORE = (
    Order("no price", lambda group: group.money.unknown),
    Order("calls", lambda group: group.calls),
    Order("tokens", lambda group: group.tokens.total),
)


def orders(by: GroupBy) -> tuple[Order, ...]:
    """The orders that an axis can have; its own comes first."""
    return (DAY, COST, *_MORE) if by == "day" else (COST, NAME, *_MORE)


def _version_of(key: str) -> tuple[str, int]:
    """Workflow and version, of what has a version: 10 comes after 9."""
    workflow, at, number = key.rpartition("@")
    return (workflow, int(number)) if at and number.isdecimal() else (key, -1)


class Asked(NamedTuple):
    """What is to be shown."""

    by: GroupBy
    query: Query
    window: Window
    today: date
    """In UTC: with it, what is summed changes."""
    hour: int = 23
    """In UTC."""

    @property
    def since(self) -> str:
        """The first day or hour whose calls are summed."""
        return self.window.since(self.today, self.hour)


def runs_of(group: CostGroup, asked: Asked) -> Query:
    """The query for the runs that a line sums, with the filter and the days in force.

    Within a window, a run also is found for a call of the line before it, if it has made another one since.
    """
    by, key = asked.by, group.key
    if by == "day":
        found = of_call("day", key)
    elif by == "workflow":
        found = of_version(key)
    elif by == "version":
        workflow, number = _version_of(key)
        found = of_version(workflow, number) if number >= 0 else of_version(workflow) & parse("-version>=0")
    elif by == "agent" or not key:
        found = _named(by, "") if by == "session" else of_call(by, key)
    else:
        found = _named(by, key)
    if asked.since and by != "day":
        found = found & of_call("day", asked.since[:10], ">=")
    return asked.query & found if asked.query != EVERYTHING else found


def runs_by(by: GroupBy, key: str, asked: Asked) -> tuple[str, str]:
    """The query for the runs of a line that may not be shown, and what they are called."""
    group, name = CostGroup(key=key, calls=0, tokens=Tokens(), money=Money()), one_line(key, 200)
    none = next(axis.none for axis in AXES if axis.by == by)
    return runs_of(group, asked._replace(by=by)).text, f"{by} {name}" if name else none


def _named(key: str, value: str) -> Query:
    """As a person would type it: `=` only where a star is meant as it stands."""
    root = Term(key=key, sign="=" if "*" in value else ":", values=(value,))
    return Query(root=root, text=str(root))


HEADS = ("Cost", "", "Share", "No price", "Calls", "In", "Out", "Cache read", "Cache write", "Reasoning")
"""Of the columns after the name; the second is a bar."""
ALIGN = "lll" + "r" * 8
DROP = (2, 10, 3, 9, 8, 5, 7, 6)
"""Columns that are left out first where there is no room: never the money, and what is not known of it."""
NAMED = 15
"""Cells of what a line is of, before columns are left out: a day and its name."""
NAMES = 24
"""Cells that it has where there is room, however short the names are; more only for longer ones, so that the money
stays near.
"""
BAR = 12
_SORTED = {"cost": 1, "no price": 4, "calls": 5, "tokens": 6}
"""The column that an order looks at; the name if it is none of these."""


class CostPage:
    """The lines of one axis. To make it costs a little for each; to draw one, nothing for the others."""

    def __init__(self, asked: Asked, found: Sequence[CostGroup], order: Order, glyphs: Glyphs) -> None:
        self.asked, self.order, self._glyphs = asked, order, glyphs
        self.axis = next(axis for axis in AXES if axis.by == asked.by)
        self.groups = sorted(sorted(found, key=lambda group: group.key), key=order.key, reverse=order.descending)
        self.places = {group.key: place for place, group in enumerate(self.groups)}
        self.total = reduce(add, found, CostGroup(key="", calls=0, tokens=Tokens(), money=Money()))
        self._most = max((group.money.known_nanousd for group in found), default=0)
        self._amounts = format.Amounts((self.total.money, *(group.money for group in found)), glyphs)
        cells = self._cells(self.total, "total")
        # A column that says nothing of any line is not there. No number is wider than the sum of them all, but one
        # that is short of a digit: `99.9k`, `1.2M`.
        self._kept = [n for n, cell in enumerate(cells) if cell]
        widest = max((_name(self.axis, group) for group in self.groups[:200]), key=len, default="")
        sample = [widest, *cells[1:3], "100%", *cells[4:6], *("99.9k" for _ in cells[6:])]
        heads = (self.axis.head, self._amounts.head(HEADS[0]), *HEADS[1:])
        self.columns = Columns(
            self._of(heads),
            [self._of(cells), self._of(sample)],
            align="".join(self._of(ALIGN)),
            wide=0,
            drop=[self._kept.index(n) for n in DROP if n in self._kept],
            least=NAMED,
            most=max(width_of([(widest, "text")]), NAMES),
        )

    def _of(self, row: Sequence[str]) -> list[str]:
        """The columns that are there."""
        return [row[n] for n in self._kept]

    def _draw(self, cells: Sequence[str], inks: Sequence[str], width: int) -> Line:
        return self.columns.draw(self._of(cells), self._of(inks), width)

    def resorted(self, order: Order) -> "CostPage":
        """The same lines in another order."""
        return CostPage(self.asked, self.groups, order, self._glyphs)

    def head(self, width: int) -> Line:
        """The titles of the columns; that which the lines are sorted by stands out."""
        heads, column = list(self.columns.heads), _SORTED.get(self.order.name, 0)
        return self.columns.draw(heads, ["text" if n == column else "muted" for n in self._kept], width)

    def line(self, index: int, width: int) -> Line:
        """One line."""
        group = self.groups[index]
        inks = ["text" if group.key else "muted", *_INKS]
        return self._draw(self._cells(group, _name(self.axis, group)), inks, width)

    def total_line(self, width: int) -> Line:
        """The sum of all lines."""
        return self._draw(self._cells(self.total, "total"), ["strong", *_INKS], width)

    def crumb(self, group: CostGroup) -> str:
        """What the runs of a line are called: `model gpt-4o`, `no agent`."""
        axis, name = self.axis, one_line(group.key, 200)
        if not name:
            return axis.none
        return f"{name}, {axis.none}" if axis.by == "version" and _version_of(group.key)[1] < 0 else f"{axis.by} {name}"

    def _cells(self, group: CostGroup, name: str) -> list[str]:
        money, tokens, whole = group.money, group.tokens, self.total.money.known_nanousd
        is_total = group is self.total
        share = _share(money.known_nanousd, whole) if whole and money.nanousd is not None else ""
        bar = ""
        if self._most:
            bar = " " * BAR if is_total else format.bar(money.known_nanousd / self._most, BAR, self._glyphs)
        kinds = (tokens.input, tokens.output, tokens.cache_read, tokens.cache_write, tokens.reasoning)
        return [
            name,
            self._amounts(money),
            bar,
            share,
            f"{money.unknown:,}" if money.unknown else "",
            f"{group.calls:,}",
            *(format.count(kind) if kind else "" for kind in kinds),
        ]


def _weekday(day: str) -> str:
    try:
        return f"{date.fromisoformat(day):%a}"
    except ValueError:
        return ""  # of what an agent gave for a time


def _share(part: int, whole: int) -> str:
    """Whole percents; what is more than nothing is not called nothing."""
    return "<1%" if 0 < part * 200 < whole else f"{(part * 200 + whole) // (2 * whole)}%"


_INKS = ["strong", "active", "muted", "warn", "text", "text", "text", "muted", "muted", "muted"]


def _name(axis: Axis, group: CostGroup) -> str:
    if not group.key:
        return axis.none
    if axis.by == "day":
        return f"{one_line(group.key, 10)}  {_weekday(group.key)}"
    return one_line(group.key, 200)


def runs_of_budget(standing: Standing) -> tuple[str, str]:
    """The query for the runs that spend of a budget, and what they are called."""
    query, key, per = parse(standing.budget.query), standing.key, standing.budget.per
    if per == "run":
        query = equals("id", key) if key else query
    elif per == "workflow":
        query = query & of_version(key) if key else query
    elif per == "version":
        workflow, at, number = key.rpartition("@")
        query = query & (of_version(workflow, int(number)) if at and number.isdecimal() else of_version(key))
    else:
        return str(query & of_call("day", standing.since, ">=")), f"{title(standing)}, this {per}"
    return str(query), f"{per} {title(standing)}"
