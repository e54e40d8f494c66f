"""Moments in a log as people type them: `10:03`, `+5m`, `-1h`, `2026-11-20T10:03`."""

import re
from datetime import datetime, timedelta

from ...core.units import seconds_of

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?")
WANTED = "a time is wanted, like 10:03, +5m, -1h or 2026-11-20T10:03"


def moment_of(typed: str, here: datetime, first: datetime) -> datetime:
    """The moment that is meant by somebody who looks at `here`, in a log that begins at `first`; both with a zone.

    A time of day is the one nearest to `here` that is not before the log's beginning, if there is one: of
    a log that goes over midnight the same time may be twice. ValueError that says what is allowed.
    """
    text = typed.strip()
    try:
        if text[:1] in ("+", "-"):
            return here + timedelta(seconds=seconds_of(text[1:].strip())) * (1 if text[0] == "+" else -1)
        if found := _CLOCK.fullmatch(text):
            hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
            micro = int(float(found[4] or 0) * 1_000_000)
            return _nearest(here.replace(hour=hour, minute=minute, second=second, microsecond=micro), here, first)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(WANTED) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=here.tzinfo)


def _nearest(moment: datetime, here: datetime, first: datetime) -> datetime:
    begins = first.replace(second=0, microsecond=0)
    days = [moment + timedelta(days=n) for n in (-1, 0, 1)]
    within = [day for day in days if day >= begins and day <= here + timedelta(days=1)]
    return min(within or [moment], key=lambda day: abs(day - here))
