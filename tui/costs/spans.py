"""The time that a plot shows, and what each of its bars stands for: hours, days, weeks, months or years (UTC).

As fine as there is room for: what is asked for is shown whole, in wider bars where there is little room.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple

from ...core.costs import Every
from ...core.query.query import Query, Term
from .page import Asked, Window

Unit = Literal["hour", "day", "week", "month", "year"]

BARS = 60
"""Bars of days, weeks, months or years at most."""
LEAST = 14
"""Days of all time at least: a plot of one bar shows no course."""
HOURS = 24
_LONG: tuple[Unit, ...] = ("day", "week", "month", "year")


class Wish(NamedTuple):
    """What is to be plotted."""

    window: Window
    today: date
    """In UTC, as the hour is."""
    hour: int
    most: int
    """Bars that there is room for."""

    @property
    def is_all(self) -> bool:
        """Whether it is all time, which begins when something was spent first."""
        return not self.window.hours and not self.window.days


class Span(NamedTuple):
    """The times that a plot shows."""

    unit: Unit
    buckets: tuple[str, ...]
    """Each by the beginning of its times, oldest first."""
    title: str
    since: str
    """The time from which on calls are summed."""

    @property
    def every(self) -> Every:
        """In which times calls are to be summed for it: bars of some weeks or years are sums of these."""
        return "hour" if self.unit == "hour" else "month" if self.unit in ("month", "year") else "day"

    @property
    def names(self) -> list[str]:
        """What its bars are called below them: without the year where it is the same one."""
        if self.unit == "hour":
            return [f"{bucket[11:13]}:00" for bucket in self.buckets]
        same = self.buckets[0][:4] == self.buckets[-1][:4] or self.unit == "day"
        return [bucket[5:] if same and len(bucket) == len("2026-11-20") else bucket for bucket in self.buckets]


def span_of(wish: Wish, first: str = "") -> Span:
    """What is plotted: all that was asked for, of all time from the `first` day on which anything was spent."""
    window, today = wish.window, wish.today
    if window.hours or window.days == 1:
        return _hours(wish)
    begin = today - timedelta(days=(window.days or LEAST) - 1)
    if wish.is_all:
        begin = min(begin, day_of(first) or begin)
    most = max(min(wish.most, BARS), 2)
    for unit in _LONG:
        buckets = _between(begin, today, unit)
        if len(buckets) <= most:
            return Span(unit, buckets, f"{window.name} by {unit} (UTC)", begin.isoformat())
    return Span("year", buckets[-most:], f"last {most} years (UTC)", f"{buckets[-most]}-01-01")


def first_of(days: Iterable[str], today: date) -> str:
    """The first of these days that was one, and is not to come; empty if none is."""
    return min((day for day in days if (found := day_of(day)) is not None and found <= today), default="")


def day_of(text: str) -> date | None:
    """A day as it was recorded; None of what an agent gave for one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def bucket_of(t: str, unit: Unit) -> str:
    """The bar that a time belongs to, as sums tell it."""
    if unit == "week":
        day = day_of(t)
        return _week(day) if day is not None else ""
    return t[:4] if unit == "year" else t


def runs_of_bar(bucket: str, unit: Unit, asked: Asked) -> tuple[str, str]:
    """The query for the runs that made a call in the time of a bar of days or more, and what they are called."""
    days = [bucket]
    if unit == "week":
        days = [(date.fromisoformat(bucket) + timedelta(days=n)).isoformat() for n in range(7)]
    root = Term(key="call", name="day", values=tuple(days))
    return str(asked.query & Query(root=root, text=str(root))), in_words(bucket, unit)


def in_words(bucket: str, unit: Unit) -> str:
    """What a bar stands for, in words."""
    if unit == "hour":
        return f"{bucket[:10]} {bucket[11:13]}:00 (UTC)"
    return f"week of {bucket}" if unit == "week" else bucket


def _hours(wish: Wish) -> Span:
    window, count = wish.window, wish.window.hours or HOURS
    last = datetime(wish.today.year, wish.today.month, wish.today.day, wish.hour, tzinfo=UTC)
    first = last - timedelta(hours=count - 1) if window.hours else last.replace(hour=0)
    hours = tuple((first + timedelta(hours=n)).isoformat()[:13] for n in range(count))
    return Span("hour", hours, f"{window.name} by hour (UTC)", f"{hours[0]}:00:00.000000Z")


def _week(day: date) -> str:
    """The Monday that it begins with."""
    return (day - timedelta(days=day.weekday())).isoformat()


def _between(begin: date, end: date, unit: Unit) -> tuple[str, ...]:
    """All bars from one day to another."""
    if unit == "year":
        return tuple(f"{year:04}" for year in range(begin.year, end.year + 1))
    if unit == "month":
        months = range(begin.year * 12 + begin.month - 1, end.year * 12 + end.month)
        return tuple(f"{month // 12:04}-{month % 12 + 1:02}" for month in months)
    first = date.fromisoformat(_week(begin)) if unit == "week" else begin
    days = range(first.toordinal(), end.toordinal() + 1, 7 if unit == "week" else 1)
    return tuple(date.fromordinal(day).isoformat() for day in days)
