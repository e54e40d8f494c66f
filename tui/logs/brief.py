"""A log entry as previews tell it: the time of day, the level, and one line of what was said."""

from ...core.logs import LogEntry
from .. import format
from ..lines import Line, level_ink, one_line


def brief(entry: LogEntry) -> Line:
    """The entry in one line, however old; which day it was says the run beside it."""
    return [
        (f"{format.moment(entry.t)[-8:]} ", "faint"),
        (f"{entry.level:<7} ", level_ink(entry.level)),
        (one_line(entry.message, 400), "text" if entry.level in ("WARNING", "ERROR") else "muted"),
    ]
