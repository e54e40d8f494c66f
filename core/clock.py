"""Times as Flightlog keeps them: UTC, ISO 8601 text with microseconds and a `Z`.

Text of this one width sorts as time does, in files and in SQLite alike.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import overload

# Nanoseconds at which a second began, and its text: replaced as one object, so that a thread
# never sees the one of one second and the other of the next.
_cached: tuple[int, str] = (-1_000_000_000, "")

_FIRST_NS, _LAST_NS = -62_135_596_800_000_000_000, 253_402_300_799_999_999_999

_source: Callable[[], int] = time.time_ns


def now_ns() -> int:
    """The present in Unix nanoseconds: the one clock that recording and screens read."""
    return _source()


def now_s() -> float:
    """The present in Unix seconds."""
    return _source() / 1e9


def now() -> str:
    """The present, `2026-11-20T10:02:11.123456Z`. Thread-safe; cheap, for it is paid per event."""
    ns = _source()
    began, text = _cached
    rest = ns - began
    if 0 <= rest < 1_000_000_000:  # as `from_ns`, whose call would be a third of the cost
        return f"{text}{rest // 1000:06d}Z"
    return from_ns(ns)


@contextmanager
def pretending(source: Callable[[], int]) -> Iterator[None]:
    """Lets another clock (Unix nanoseconds) tell the time in this process meanwhile: for pictures and tests."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before


def from_ns(ns: int) -> str:
    """Unix time in nanoseconds as text; a moment outside of the years 1 to 9999 as the nearest within.

    The date part is rendered once a second.
    """
    global _cached
    began, text = _cached
    rest = ns - began
    if not 0 <= rest < 1_000_000_000:
        second, rest = divmod(min(max(ns, _FIRST_NS), _LAST_NS), 1_000_000_000)
        text = datetime.fromtimestamp(second, UTC).isoformat()[:19] + "."
        _cached = (second * 1_000_000_000, text)
    return f"{text}{rest // 1000:06d}Z"


def from_seconds(seconds: float) -> str:
    """Unix time in seconds as text, also of infinities (see `from_ns`); raises ValueError for NaN."""
    return from_ns(round(min(max(seconds, -1e12), 1e12) * 1_000_000) * 1000)


def to_seconds(text: str) -> float:
    """Unix time in seconds of a time text; raises ValueError if it is none."""
    return _moment(text).timestamp()


@overload
def seconds_at(text: str | None) -> float | None: ...


@overload
def seconds_at(text: str | None, default: float) -> float: ...


def seconds_at(text: str | None, default: float | None = None) -> float | None:
    """Unix time in seconds of a time text; the default if it is unknown or unreadable."""
    try:
        return to_seconds(text) if text else default
    except ValueError:
        return default


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def utc_day(text: str | None) -> str:
    """The day (UTC) of a time text, `2026-11-20`; empty if it is unknown or unreadable."""
    try:
        moment = datetime.fromisoformat(text or "")
        return (moment if moment.tzinfo in (None, UTC) else moment.astimezone(UTC)).date().isoformat()
    except (ValueError, OverflowError):
        return ""


def between(started: str | None, finished: str | None) -> float | None:
    """Seconds from one time text to another, exact to the microsecond; None if either is unknown or unreadable."""
    if not started or not finished:
        return None
    try:
        # Not of Unix seconds, between two of which a float is off by a tenth of a microsecond.
        return (_moment(finished) - _moment(started)).total_seconds()
    except ValueError:
        return None
