"""Log entries as lines, and the page about one entry."""

from collections.abc import Mapping

from ...core.events import Json
from ...core.logs import CutEntry, LogEntry
from ...core.text import fit
from .. import format
from ..lines import Line, level_ink, one_line
from ..trees.json_nodes import scalar

CUT = 2000
"""Characters of a message that a line, wrapped or not, begins with; all of it is on the entry's page."""

WHOLE = 1_000_000
"""Characters of a message on the entry's page."""

NAME = 18
"""Cells of a step's name."""

NARROW_NAME = 12
"""The same where there is little room."""

SLIM = 60
"""Cells below which lines tell the step only where all have a short name."""

SHORT_NAME = 6
"""Cells of a short name."""

WIDE = 110
"""Cells from which on times show milliseconds."""


def stamp(t: str, wide: bool) -> str:
    """A local time of day, with milliseconds where there is room."""
    moment = format.local(t)
    if moment is None:
        return format.UNKNOWN
    return moment.strftime("%H:%M:%S.%f")[:-3] if wide else moment.strftime("%H:%M:%S")


def name_width(names: Mapping[str, str], wide: bool, width: int = WIDE) -> int:
    """Cells that the names of a run's steps take; none where it has no steps, or where so few are left for words."""
    needed = max(map(len, names.values()), default=0)
    if width < SLIM and needed > SHORT_NAME:
        return 0
    return min(needed, NAME if wide else NARROW_NAME)


def head_of(entry: LogEntry, names: Mapping[str, str], *, wide: bool, name_width: int, sign: str = " ") -> Line:
    """What stands before the message: the sign of a bookmark (one cell), time, level, step."""
    line: Line = [
        (f"{sign} ", "accent"),
        (f"{stamp(entry.t, wide)} ", "faint"),
        (f"{entry.level:<7}", level_ink(entry.level)),
        (" ", "text"),
    ]
    if name_width:
        name = names.get(entry.step, entry.step) if entry.step else ""
        line += [(fit(one_line(name, NAME), name_width), "muted"), (" ", "text")]
    return line


def message_ink(entry: LogEntry) -> str:
    """The ink of a message: what is severe stands out, what is for debugging stands back."""
    return {"DEBUG": "muted", "WARNING": "warn", "ERROR": "bad"}.get(entry.level, "text")


def message_of(entry: LogEntry) -> Line:
    """The message on one line, and the beginning of its details; before a long one, how long it is."""
    size: Line = [(f"{format.size(entry.size)}  ", "accent")] if isinstance(entry, CutEntry) else []
    return [*size, (one_line(entry.message, CUT), message_ink(entry)), *details_of(entry.details)]


def details_of(details: Mapping[str, Json]) -> Line:
    """A few details, `tokens=812`."""
    plain = [(key, value) for key, value in list(details.items())[:12] if not isinstance(value, dict | list)]
    if not details:
        return []
    shown = "  ".join(f"{one_line(key, 24)}={one_line(scalar(value)[0], 40)}" for key, value in plain[:4])
    more = "  …" if len(details) > len(plain[:4]) else ""
    return [(f"  {shown}{more}", "faint")]
