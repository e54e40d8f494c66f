"""The rules that keep runs, each with its reason in words."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import msgspec

from ..runs import FINISHED, Run
from ..units import ago, seconds_of, time_text
from .policy import Keep


class Dated(msgspec.Struct, frozen=True, gc=False):
    """A run with the moment it ended, as a time text; empty if nobody knows when."""

    ended: str
    counts: bool
    """Whether rules count it: finished, dated, not in the future, and ours. A pin changes nothing for the others."""
    run: Run


def dated(run: Run, now: str) -> Dated:
    """By its end, or by its beginning if a clock that was set back says that this is later."""
    ended = _utc(run.finished or run.last_event)
    if ended and run.started != run.finished:
        ended = max(ended, _utc(run.started))
    return Dated(ended, "" < ended <= now and run.status in FINISHED and not run.source, run)


def _utc(text: str | None) -> str:
    """A time text of the one form that sorts, and whose beginning is its day and hour; empty if it is none."""
    if not text:
        return ""
    if len(text) == 27 and text[26] == "Z" and _is_day(text[:10]):
        return text
    try:
        moment = datetime.fromisoformat(text)
        return time_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return ""


@lru_cache(10_000)
def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def untouchable(one: Dated) -> str:
    """Why no policy takes a run; empty if one may."""
    run = one.run
    if run.source:
        return "belongs to another program"
    if run.status not in FINISHED:
        return run.status if run.status != "lost" else "lost, not finished"
    if run.pinned:
        return "pinned"
    if not one.ended:
        return "nobody knows when it ended"
    return "" if one.counts else f"dated in the future, {one.ended[:10]}"


@lru_cache(10_000)
def _week(day: str) -> str:
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year:04d}-{week:02d}"


_PERIODS: dict[str, Callable[[str], str]] = {
    "hourly": lambda ended: ended[:13],
    "daily": lambda ended: ended[:10],
    "weekly": lambda ended: _week(ended[:10]),
    "monthly": lambda ended: ended[:7],
    "yearly": lambda ended: ended[:4],
}


def kept(keep: Keep, newest_first: Sequence[Dated], now: datetime) -> Iterator[tuple[str, str, str]]:
    """Id, rule and reason of each run that a rule keeps among these of one workflow; a run may come several times."""
    for number, one in enumerate(newest_first[: keep.last or 0], 1):
        yield one.run.id, "last", f"last #{number} of {keep.last}"
    if keep.within:
        since = _since(keep.within, now)
        for one in newest_first:
            if one.ended < since:
                break
            yield one.run.id, "within", f"within {keep.within}"
    for rule, count in keep.counts().items():
        yield from _of_calendar(rule, count, newest_first)


def _since(within: str, now: datetime) -> str:
    try:
        return time_text(now - timedelta(seconds=seconds_of(within)))
    except OverflowError:
        return ago(within, now)


def _of_calendar(rule: str, count: int, newest_first: Sequence[Dated]) -> Iterator[tuple[str, str, str]]:
    period, before, number = _PERIODS[rule], "", 0
    for one in newest_first:
        its = period(one.ended)
        if its != before:
            before, number = its, number + 1
            if number > count:
                return
            yield one.run.id, rule, f"{rule} #{number} of {count}"


def unkept(keep: Keep) -> str:
    """What it means that no rule of a block kept a run: `, older than 14d, none of last 50`."""
    older = f", older than {keep.within}" if keep.within else ""
    counts = ({"last": keep.last} if keep.last is not None else {}) | keep.counts()
    return older + "".join(f", none of {rule} {count}" for rule, count in counts.items())
