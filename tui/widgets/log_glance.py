"""The end of a log, painted before anything else of its run is there."""

from textual.strip import Strip
from textual.widget import Widget

from ...core.glance import LogEnd
from ...core.logs import LogEntry
from .. import format
from ..glyphs import glyphs_of
from ..lines import Line, fitted, one_line
from ..logs.lines import WIDE, head_of, message_of, name_width
from .frame import frame_line
from .strips import strip_of

ABOVE, BELOW = 3, 2
"""Lines of the run screen above its log and below it."""


class LogGlance(Widget):
    """Lies over a whole screen, and looks as the run's own will: nothing moves when that comes.

    Entries that do not fit are not drawn; at the right there is room for a scroll bar where there are such.
    """

    DEFAULT_CSS = "LogGlance { layer: glance; width: 100%; height: 100%; background: $background; }"

    def __init__(self, end: LogEnd) -> None:
        super().__init__()
        self._entries, self._names = end

    def render_line(self, y: int) -> Strip:
        size, rows = self.size, max(self.size.height - ABOVE - BELOW, 1)
        shown = self._entries[-rows:]
        number = y - ABOVE
        cursor = 0 <= number < rows and number == len(shown) - 1
        if y in (0, ABOVE - 1, size.height - 1):
            return strip_of(self, self._frame(y), size.width)
        entry = shown[number] if 0 <= number < len(shown) else None
        room = size.width - 4 - (len(shown) < len(self._entries))
        middle = strip_of(self, self._line(entry, room, y), max(room, 0), cursor=cursor)
        edge: Line = [(glyphs_of(self).line, "faint"), (" ", "text")]
        end = strip_of(self, fitted([], max(size.width - 3 - room, 0)), size.width - 3 - room)
        return Strip.join([strip_of(self, edge, 2), middle, end, strip_of(self, edge[:1], 1)])

    def _line(self, entry: LogEntry | None, room: int, y: int) -> Line:
        if entry is not None:
            names, wide = self._names, room >= WIDE
            return [*head_of(entry, names, wide=wide, name_width=name_width(names, wide, room)), *message_of(entry)]
        return [("follow", "active")] if y == self.size.height - BELOW else []

    def _frame(self, y: int) -> Line:
        glyphs = glyphs_of(self)
        if y:
            return frame_line("bottom" if y > ABOVE else "middle", [], [], self.size.width, glyphs)
        id = format.short_id(one_line(self._entries[-1].run, 40), glyphs)
        return frame_line("top", [(f" {id} ", "muted"), ("reading ", "faint")], [], self.size.width, glyphs)
