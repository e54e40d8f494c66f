"""Budgets: what may be spent in a day, week or month, or by each run, workflow or version, and how far that has come.

Whole nano-dollars all the way, so that no sum is rounded. Days are those of UTC, as the days of costs are;
a week begins on Monday. A call whose price nobody knows is not counted as nothing: its budget says "at least".
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from . import clock
from .costs import CostGroup, Money, from_dollars
from .query.query import of_call, parse

if TYPE_CHECKING:
    from .repositories import RunRepository

Period = Literal["day", "week", "month"]
Each = Literal["run", "workflow", "version"]
Per = Period | Each
PER: tuple[Period, ...] = ("day", "week", "month")
EACH: tuple[Each, ...] = ("run", "workflow", "version")
"""What a budget may be of beside a period: each of them may spend so much in all."""

NAMED = 10
"""So many runs, workflows or versions that are above the warning mark of one budget are told of."""

WARN = 0.8
"""The part of a budget from which on it warns, if nothing else is said."""

State = Literal["fine", "near", "spent"]
"""Below its warning mark; on it or above; all of it spent, or more."""


class Budget(msgspec.Struct, kw_only=True, frozen=True):
    """What the matching runs may spend in each day, week or month; or what each run, workflow or version may."""

    query: str = ""
    """Text of a query; empty for all runs."""
    per: Per
    max_nanousd: int
    warn_nanousd: int
    """The warning mark."""
    partial: bool = False
    """Whether only some of the runs are known here, those of one session: others may spend of it too."""


class Standing(msgspec.Struct, kw_only=True, frozen=True):
    """How far a budget has come in the period that goes on."""

    budget: Budget
    since: str = ""
    """The first day of the period (UTC); empty where all counts that was ever spent."""
    key: str = ""
    """Which run, workflow or version it is, where the budget is for each of them."""
    spent_nanousd: int = 0
    """What is known to have been spent."""
    unknown: int = 0
    """Calls without a price, which come on top."""

    @property
    def at_least(self) -> bool:
        """Whether more may have been spent than is known."""
        return self.unknown > 0 or self.budget.partial

    @property
    def percent(self) -> int:
        """Whole percents of the budget that are spent, never rounded up; more than 100 when it is exceeded."""
        return self.spent_nanousd * 100 // self.budget.max_nanousd

    @property
    def state(self) -> State:
        """What is known for certain."""
        if self.spent_nanousd >= self.budget.max_nanousd:
            return "spent"
        return "near" if self.spent_nanousd >= self.budget.warn_nanousd else "fine"


def budget_of(query: str, per: Per, dollars: "float | int | str", warn: "float | int | str" = WARN) -> Budget:
    """A budget of so many dollars; `warn` is the part of them that is its warning mark.

    ValueError for dollars that are no amount, or less than a nano-dollar, and a part that is not above 0 and at most 1.
    """
    from fractions import Fraction

    most, part = from_dollars(dollars), Fraction(str(warn))
    if most == 0 or not 0 < part <= 1:
        raise ValueError(f"{dollars!r} dollars with a warning at {warn!r} are no budget")
    return Budget(query=query, per=per, max_nanousd=most, warn_nanousd=-int(-part * most // 1))


def today() -> date:
    """The day it is, in UTC."""
    return datetime.fromtimestamp(clock.now_s(), UTC).date()


def began(per: Period, day: date) -> str:
    """The first day of the day, week or month that a day lies in."""
    if per == "week":
        day -= timedelta(days=day.weekday())
    return (day.replace(day=1) if per == "month" else day).isoformat()


def period(budget: Budget) -> Period | None:
    """The period that a budget is for; None for one that is for each run, workflow or version."""
    return next((per for per in PER if per == budget.per), None)


def asked(budgets: Iterable[Budget], day: date) -> dict[str, str]:
    """What has to be summed of periods: the text of each query, with the day from which on its costs are wanted."""
    found: dict[str, str] = {}
    for budget in budgets:
        if (per := period(budget)) is not None:
            since = began(per, day)
            found[budget.query] = min(found.get(budget.query, since), since)
    return found


def standings(budgets: Iterable[Budget], sums: Mapping[str, Sequence[CostGroup]], day: date) -> tuple[Standing, ...]:
    """How each budget of a period stands on a day. `sums` has the costs by day of every query that `asked` names."""
    return tuple(
        _standing(budget, began(per, day), sums[budget.query])
        for budget in budgets
        if (per := period(budget)) is not None
    )


def _standing(budget: Budget, since: str, days: Iterable[CostGroup]) -> Standing:
    # What was recorded under a clock that goes ahead counts too: it was spent all the same.
    money = sum((group.money for group in days if group.key >= since), Money())
    return Standing(budget=budget, since=since, spent_nanousd=money.known_nanousd, unknown=money.unknown)


def each(budget: Budget, groups: Iterable[CostGroup]) -> tuple[Standing, ...]:
    """How those stand that a budget is for each of: all that are above its warning mark, but at most `NAMED` and
    at least one; the worst first."""
    found = [
        Standing(budget=budget, key=group.key, spent_nanousd=group.money.known_nanousd, unknown=group.money.unknown)
        for group in sorted(groups, key=lambda group: (-group.money.known_nanousd, group.key))
    ]
    return tuple([one for one in found if one.state != "fine"][:NAMED] or found[:1] or [Standing(budget=budget)])


def look(budgets: Sequence[Budget], runs: "RunRepository") -> tuple[Standing, ...]:
    """How the budgets stand now: one question for each query among those of periods, and one for each other budget.

    Of a budget for each run those count that made a call today, with all that they ever spent.
    """
    day = today()
    sums = {text: runs.costs("day", parse(text), since=since) for text, since in asked(budgets, day).items()}
    found: list[Standing] = []
    for budget in budgets:
        found += standings([budget], sums, day) if period(budget) else each(budget, _spenders(budget, runs, day))
    return tuple(found)


def _spenders(budget: Budget, runs: "RunRepository", day: date) -> Sequence[CostGroup]:
    query = parse(budget.query)
    if budget.per == "run":
        return runs.costs("run", of_call("day", day.isoformat(), ">=") & query)
    return runs.costs("version" if budget.per == "version" else "workflow", query)


def alarming(found: Iterable[Standing]) -> list[Standing]:
    """Those that are near or spent, the worst first."""
    loud = [one for one in found if one.state != "fine"]
    return sorted(loud, key=lambda one: -one.spent_nanousd * 10**18 // one.budget.max_nanousd)
