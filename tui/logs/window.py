"""The part of a log that is held: a window that grows at either end and forgets at the other. Plain Python.

The log is read from its newest end; a page costs what it shows, however long the log is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from ...core.clock import seconds_at, to_seconds
from ...core.events import Level
from ...core.logs import CutEntry, LogEntry, LogFilter
from ...core.repositories import LogRepository
from .pattern import LogPattern
from .sweep import LONGEST, TOO_SLOW

PAGE = 200
"""Entries read at a time."""

HELD = 4000
"""Entries held at most."""

SCAN = 1000
"""Entries looked at between two looks at whether the search is still wanted."""

ALL = LogFilter()
"""Every entry."""

LONG = 16_384
"""Characters of a message that are held: all of it is read for its own page."""

Entries = list[LogEntry]

End = Literal["newest", "oldest"]


@dataclass(frozen=True)
class Part:
    """What one reading brought, and how it joins what is held."""

    how: Literal["instead", "older", "newer"]
    entries: Sequence[LogEntry]
    at_start: bool = False
    at_end: bool = False
    show: int | None = None
    """Entry to go to."""
    problem: str = ""
    """What was looked for and not found."""


@dataclass
class LogWindow:
    """Entries in order of `seq`, all that the filter accepts between the first and the last of them."""

    filter: LogFilter = ALL
    entries: list[LogEntry] = field(default_factory=list)
    at_start: bool = False
    at_end: bool = False

    def take(self, part: Part) -> None:
        """Joins what was read."""
        if part.problem:
            return
        if part.how == "instead":
            self.entries, self.at_start, self.at_end = list(part.entries), part.at_start, part.at_end
        elif part.how == "older":
            whole = [*part.entries, *self.entries]
            self.entries, self.at_start = whole[:HELD], part.at_start
            self.at_end = self.at_end and len(whole) <= HELD
        else:
            known = self.entries[-1].seq if self.entries else 0
            whole = [*self.entries, *(entry for entry in part.entries if entry.seq > known)]
            self.entries, self.at_end = whole[-HELD:], part.at_end
            self.at_start = self.at_start and len(whole) <= HELD

    def index(self, seq: int) -> int | None:
        """Place of an entry; None if it is not held."""
        low, high = 0, len(self.entries)
        while low < high:
            middle = (low + high) // 2
            if self.entries[middle].seq < seq:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self.entries) and self.entries[low].seq == seq else None


class LogReading:
    """The readings of one log, each a few calls of the repository. Made for a thread: it keeps nothing."""

    def __init__(self, logs: LogRepository, run: str, filter: LogFilter) -> None:
        self._logs, self._run, self._filter = logs, run, filter

    def _query(self, filter: LogFilter, *, limit: int, after: int | None = None, before: int | None = None) -> Entries:
        return [held(entry) for entry in self._whole(filter, limit=limit, after=after, before=before)]

    def _whole(self, filter: LogFilter, *, limit: int, after: int | None = None, before: int | None = None) -> Entries:
        return self._logs.query(self._run, filter, limit=limit, after=after, before=before, longest=LONGEST)

    def end(self, end: End = "newest") -> Part:
        """The newest page, or the oldest."""
        if end == "oldest":
            entries = self._query(self._filter, limit=PAGE, after=0)
            show = entries[0].seq if entries else None
            return Part("instead", entries, at_start=True, at_end=len(entries) < PAGE, show=show)
        entries = self._query(self._filter, limit=PAGE)
        return Part("instead", entries, at_start=len(entries) < PAGE, at_end=True)

    def older(self, than: int) -> Part:
        """The page before an entry."""
        entries = self._query(self._filter, limit=PAGE, before=than)
        return Part("older", entries, at_start=len(entries) < PAGE)

    def newer(self, than: int) -> Part:
        """The page after an entry."""
        entries = self._query(self._filter, limit=PAGE, after=than)
        return Part("newer", entries, at_end=len(entries) < PAGE)

    def around(self, seq: int, *, nearest: int = -1) -> Part:
        """A page on either side of an entry, which is to be shown, or else the nearest one before (after) it."""
        before = self._query(self._filter, limit=PAGE, before=seq + 1)
        after = self._query(self._filter, limit=PAGE, after=seq)
        show = before[-1].seq if before else after[0].seq if after else None
        if nearest > 0 and show != seq and after:
            show = after[0].seq
        return Part("instead", [*before, *after], at_start=len(before) < PAGE, at_end=len(after) < PAGE, show=show)

    def next_of_level(self, level: Level, seq: int, direction: int) -> Part:
        """The next entry of a level, or a more severe one, after `seq` (or before it)."""
        severe = with_level(self._filter, level)
        found = self._next(severe, seq, direction, 1)
        if not found:
            return Part("instead", (), problem=f"No {level} {'after' if direction > 0 else 'before'} this entry")
        return self.around(found[0].seq)

    def next_match(self, pattern: LogPattern, seq: int, direction: int, wanted: Callable[[], bool]) -> Part:
        """The next entry that a pattern finds: a scan that ends soon after it is not `wanted` any more."""
        slow = 0
        while wanted():
            page = self._next(self._filter, seq, direction, SCAN)
            for entry in page if direction > 0 else reversed(page):
                try:
                    if pattern.finds(entry.message):
                        return self.around(entry.seq)
                except TimeoutError:
                    slow += 1
                    if slow >= TOO_SLOW or not wanted():
                        return Part("instead", (), problem=pattern.too_slow)
            if len(page) < SCAN:
                break
            seq = page[-1 if direction > 0 else 0].seq
        where = "further down" if direction > 0 else "further up"
        return Part("instead", (), problem=f"{pattern.typed} is not {where}")

    def next_of(self, seqs: Sequence[int], what: str) -> Part:
        """The first of these entries that is there and that the filter accepts: one read of one entry for each."""
        for seq in seqs:
            if any(entry.seq == seq for entry in self._query(self._filter, limit=1, after=seq - 1)):
                return self.around(seq)
        shown = "" if self._filter == ALL else " is among what the filter shows"
        return Part("instead", (), problem=f"No {what}{shown}")

    def some(self, seqs: Sequence[int]) -> dict[int, LogEntry]:
        """Single entries by their numbers, one read each; those that are not there are left out."""
        found = (self._query(ALL, limit=1, after=seq - 1) for seq in seqs)
        return {entry.seq: entry for seq, page in zip(seqs, found, strict=True) for entry in page if entry.seq == seq}

    def at(self, moment: str) -> Part:
        """The first entry of a time or after it, of those that the filter accepts: some twenty reads of one entry."""
        newest = self._whole(ALL, limit=1)
        low, high = 0, newest[-1].seq if newest else 0
        wanted = to_seconds(moment)
        while low < high:
            middle = (low + high) // 2
            found = self._whole(ALL, limit=1, after=middle)
            if found and seconds_at(found[0].t, 0.0) < wanted:
                low = found[0].seq
            else:
                high = middle
        return self.around(low + 1, nearest=1)

    def _next(self, filter: LogFilter, seq: int, direction: int, limit: int) -> Entries:
        if direction > 0:
            return self._whole(filter, limit=limit, after=seq)
        return self._whole(filter, limit=limit, before=seq)


def with_level(filter: LogFilter, level: Level) -> LogFilter:
    """The same filter with another least level."""
    return msgspec.structs.replace(filter, level=level)


def held(entry: LogEntry) -> LogEntry:
    """An entry as it is held: of a long message only the beginning."""
    if len(entry.message) <= LONG:
        return entry
    whole = {name: getattr(entry, name) for name in LogEntry.__struct_fields__}
    size = entry.size if isinstance(entry, CutEntry) else len(entry.message.encode("utf-8", "surrogatepass"))
    return CutEntry(**whole | {"message": entry.message[:LONG]}, size=size)


def with_request(filter: LogFilter, request: str) -> LogFilter:
    """The same filter for one request id, or for all."""
    return msgspec.structs.replace(filter, request_id=request)


def with_step(filter: LogFilter, step: str | None) -> LogFilter:
    """The same filter for one step, or for all."""
    return msgspec.structs.replace(filter, step=step)
