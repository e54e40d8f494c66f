"""Times that a caller gives as text: looked at before anything is asked of them, or kept."""

from datetime import UTC, date, datetime

from .errors import StorageError
from .units import time_text


def given_time(text: str, name: str) -> str:
    """A time in the form in which times are kept (clock.py); StorageError for what is none.

    `name` is what the caller calls it. Without a zone it is UTC.
    """
    try:
        moment = datetime.fromisoformat(text)
        return time_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, TypeError, OverflowError) as error:
        what = f"{name} is no time: {str(text)[:60]!r}"
        raise StorageError(what, advice="give one like 2026-11-20T10:02:11Z") from error


def given_day_or_time(text: str, name: str) -> str:
    """The same of what may be a day (UTC), `2026-11-20`, and stays one."""
    try:
        if date.fromisoformat(text).isoformat() == text:
            return text
    except (ValueError, TypeError):
        pass  # then it is a time, or none
    return given_time(text, name)
