"""Amounts as people type them in queries, policies and options: `1k`, `10MB`, `1m30s`, `$0.5`, `7d`, `2026-11-20`.

Every function raises ValueError that says what is allowed; none is bothered by amounts too great to store.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import NamedTuple

from .costs import NANO, from_dollars

LARGEST = 2**63 - 1
"""No amount is greater: what is typed beyond it counts as it, for every engine can hold it."""

_NUMBER = r"[0-9]{1,30}(?:\.[0-9]{1,30})?|\.[0-9]{1,30}"
_COUNT = re.compile(rf"({_NUMBER})([kKMG]?)")
_SIZE = re.compile(rf"({_NUMBER})\s?([kmgt]?)(i?)b?", re.IGNORECASE | re.ASCII)
_FLOAT = re.compile(rf"-?(?:{_NUMBER})(?:[eE][+-]?[0-9]{{1,3}})?")
_UNITS = "ms|s(?:ecs?|econds?)?|m(?:ins?|inutes?)?|h(?:rs?|ours?)?|d(?:ays?)?|w(?:eeks?)?"
_SPAN = re.compile(rf"({_NUMBER})\s?({_UNITS})(?![a-z])", re.ASCII)
_THOUSANDS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_MILLISECONDS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def count_of(text: str) -> int | float:
    """A number of things: `12`, `1.5k`, `1M`."""
    found = _COUNT.fullmatch(text)
    if not found:
        raise ValueError("a number is wanted, like 12, 1.5k or 1M")
    return _held(Decimal(found[1]) * 1000 ** _THOUSANDS[found[2].lower()])


def bytes_of(text: str) -> int | float:
    """A size: `500`, `10kB`, `10MB` (thousands), `1MiB` (1024s)."""
    found = _SIZE.fullmatch(text)
    if not found:
        raise ValueError("a size is wanted, like 500kB, 10MB or 1GiB")
    return _held(Decimal(found[1]) * (1024 if found[3] else 1000) ** _THOUSANDS[found[2].lower()])


def number_of(text: str) -> float:
    """Any finite number: `-0.5`, `1e-3`, also `1k`."""
    value = float(text) if _FLOAT.fullmatch(text) else float(count_of(text))
    if value in (float("inf"), float("-inf")):
        raise ValueError("the number is too great")
    return value


def nanousd_of(text: str) -> int:
    """Money in dollars, `0.5` or `$0.5`, as nano-dollars."""
    plain = text.removeprefix("$")
    if not re.fullmatch(_NUMBER, plain):
        raise ValueError("dollars are wanted, like 0.5 or $2")
    return from_dollars(plain) if Decimal(plain) < LARGEST // NANO else LARGEST


def seconds_of(text: str) -> float:
    """A length of time in seconds: `90`, `500ms`, `1m30s`, `2d`, `14 days`."""
    if re.fullmatch(_NUMBER, text):
        return float(text)
    if not text or _SPAN.sub("", text):
        raise ValueError("a length of time is wanted, like 90s, 1m30s, 2h or 7d")
    parts = ((Decimal(number), unit if unit == "ms" else unit[0]) for number, unit in _SPAN.findall(text))
    return float(sum((number * _MILLISECONDS[unit] for number, unit in parts), Decimal())) / 1000


def _held(amount: Decimal) -> int | float:
    if amount >= LARGEST:
        return LARGEST
    return int(amount) if amount == amount.to_integral_value() else float(amount)


# --- moments ----------------------------------------------------------------------------------------


class Span(NamedTuple):
    """From a moment up to, and without, another; both as time texts (see clock.py)."""

    start: str
    end: str


_DATE = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?)?)?)?(Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_LENGTHS = (None, None, timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1))
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


def is_age(text: str) -> bool:
    """Whether a text is an age (`7d`) and no date."""
    return bool(text) and not _SPAN.sub("", text)


def ago(text: str, now: datetime) -> str:
    """The moment that lies an age before now."""
    try:
        return time_text(now - timedelta(seconds=seconds_of(text)))
    except OverflowError:
        return time_text(_FIRST)


def span_of(text: str, now: datetime, zone: tzinfo | None = None) -> Span:
    """The year, month, day, hour, minute or second that a date names; also `today`, `yesterday`.

    A date without offset is one of the zone (None: the machine's own).
    """
    if text in ("today", "yesterday"):
        day = now.astimezone(zone).date() - timedelta(days=text == "yesterday")
        text = day.isoformat()
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError("an age or a date is wanted, like 2h, 7d, today, 2026-11-20 or 2026-11-20T10:30")
    *parts, fraction, offset = found.groups()
    given = [int(part) for part in parts if part]
    year, month, date, hour, minute, second = given + [1, 1, 1, 0, 0, 0][len(given) :]
    start = datetime(year, month, date, hour, minute, second, int((fraction or "").ljust(6, "0")))
    return Span(
        _text_in(start, offset, zone),
        _text_in(_next(start, len(given), fraction is not None), offset, zone),
    )


def _next(start: datetime, precision: int, exact: bool) -> datetime:
    """The beginning of what follows the year, month, … that begins at start."""
    try:
        if exact:
            return start + timedelta(microseconds=1)
        if length := _LENGTHS[precision - 1]:
            return start + length
        month = 12 if precision == 1 else start.month
        return start.replace(year=start.year + month // 12, month=month % 12 + 1)
    except (OverflowError, ValueError):
        return datetime.max


def _text_in(moment: datetime, offset: str | None, zone: tzinfo | None) -> str:
    try:
        if offset:
            return time_text(datetime.fromisoformat(moment.isoformat() + offset))
        return time_text(moment.replace(tzinfo=zone) if zone else moment.astimezone())
    except OverflowError:
        return time_text(_FIRST if moment.year < 2 else _LAST)


def time_text(moment: datetime) -> str:
    """A moment (with its zone) as a time text of clock.py's form."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
