"""The line below a log: where one is, what is left out, what is looked for, and how much there is."""

from collections.abc import Mapping
from typing import NamedTuple

from ...core.events import LEVELS, Level
from ...core.logs import LogFilter
from .. import format
from ..glyphs import Glyphs
from ..lines import Line, between, one_line
from .pattern import LogPattern


class LogStatus(NamedTuple):
    """All that the line tells."""

    following: bool
    seq: int | None
    """Number of the entry under the cursor."""
    unseen: bool
    """Whether newer entries wait below."""
    filter: LogFilter
    step: str
    """Name of the filter's step."""
    pattern: LogPattern
    hits: str
    """`3 of 214`; empty before there is a search."""
    searched: int | None
    """Percent of the log in which they were counted; None if that is all."""
    slow: int
    """Entries for which the expression took too long."""
    counts: Mapping[Level, int]
    behind: bool = False
    """Whether more of the log is being read, and counted."""
    bookmarks: int = 0
    """Entries that are bookmarked."""
    reading: bool = False
    """Whether something is read that was asked for."""

    def draw(self, width: int, glyphs: Glyphs) -> Line:
        """The line; what is wrong with a search stands alone."""
        if self.pattern.problem:
            return [(one_line(self.pattern.problem, width), "bad")]
        return between([*self._place(glyphs), *self._left_out(), *self._search()], self._amount(glyphs), width)

    def _place(self, glyphs: Glyphs) -> Line:
        line: Line = [("follow", "active") if self.following else ("", "text")]
        if not self.following and self.seq is not None:
            line = [(f"entry {self.seq:,}", "muted")]
        if self.reading:
            line.append(("  reading, esc leads out", "active"))
        if self.unseen:
            line.append((f"  {glyphs.descending} newer below", "accent"))
        return line

    def _left_out(self) -> Line:
        line: Line = []
        if self.filter.level != LEVELS[0]:
            line.append((f"  {self.filter.level} and up", "accent"))
        if self.filter.step:
            line += [("  step ", "muted"), (one_line(self.step, 30), "accent")]
        if self.filter.request_id:
            line += [("  request ", "muted"), (one_line(self.filter.request_id, 30), "accent")]
        nothing = bool(line) and self.seq is None and not self.reading
        if nothing:
            line.append((": no entry", "warn"))
        if nothing or self.filter.step or self.filter.request_id:
            line.append((" (esc for all)", "faint"))
        return line

    def _search(self) -> Line:
        if not self.pattern:
            return []
        lead = "  " if self.pattern.typed.startswith("/") else "  search "  # with slashes it would be an expression
        line: Line = [(lead, "muted"), (one_line(self.pattern.typed, 30), "accent")]
        if self.hits:
            line.append((f"  {self.hits}", "text"))
            line.append((f" in {self.searched}%" if self.searched is not None else "", "faint"))
        if self.slow:
            line.append((f"  too slow for {format.plural(self.slow, 'entry', 'entries')}", "warn"))
        return [*line, ("  n N", "faint")]

    def _amount(self, glyphs: Glyphs) -> Line:
        total = sum(self.counts.values())
        line: Line = [(f"{self.bookmarks:,} {glyphs.bookmark}  ", "accent")] if self.bookmarks else []
        line.append((f"{format.plural(total, 'entry', 'entries')}", "muted"))
        line.append((" so far", "active") if self.behind else ("", "text"))
        for level, word, ink in (("WARNING", "warning", "warn"), ("ERROR", "error", "bad")):
            n = self.counts.get(level, 0)  # type: ignore[call-overload]  # a level
            line += [(f"  {format.plural(n, word)}", ink)] if n else []
        return line
