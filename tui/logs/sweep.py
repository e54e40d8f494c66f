"""Going through a whole log from its oldest entry on, a portion at a time: hits of a search, bars over the time.

Both cost one look at each entry, once: what is new later is added. Plain Python; a sweep is read and
changed in turn, by a thread that takes the next portion and by the screen that shows what there is.
"""

import time
from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left
from collections.abc import Iterable

from ...core.clock import to_seconds
from ...core.events import LEVELS
from ...core.logs import LogEntry, LogFilter
from ...core.repositories import LogRepository
from .pattern import LogPattern

PORTION_S = 0.2
"""Seconds after which a portion ends: so often the screen shows how far it is."""

PAGE = 2000
LONGEST = 1 << 17
"""Bytes of an entry that are looked at whole; of a longer one the beginning is."""

MOST = 100_000
"""Hits that are counted."""

NEARLY = 99
"""Percent of a log to which so little is missing that nobody waits for it: of one that is written there always is."""

TOO_SLOW = 20
"""Entries for which an expression may run out of time before the search is given up."""


class Sweep(ABC):
    """How far one log was gone through."""

    def __init__(self, filter: LogFilter) -> None:
        self.filter = filter
        self.upto = 0
        """Of entries up to this one everything is known."""
        self.whole = False
        """Whether the newest entry was reached."""
        self.newest = 0
        """The number of that when the last portion ended before it."""

    def go_on(self, logs: LogRepository, run: str) -> None:
        """Takes the next portion, in a thread."""
        end = time.monotonic() + PORTION_S
        while time.monotonic() < end and not self.ended:
            page = logs.query(run, self.filter, after=self.upto, limit=PAGE, longest=LONGEST)
            self.whole = len(page) < PAGE
            self.take(page)
            if page:
                self.upto = page[-1].seq
            if self.whole:
                return
        for entry in logs.query(run, limit=1, longest=LONGEST):
            self.newest = entry.seq

    @property
    def percent(self) -> int | None:
        """How much of the log was gone through, where that is neither nearly all nor all that is wanted."""
        share = 100 * self.upto // self.newest if self.newest else 0
        return None if self.whole or self.ended or share >= NEARLY else share

    @property
    def ended(self) -> bool:
        """Whether nothing more is wanted."""
        return False

    @abstractmethod
    def take(self, entries: Iterable[LogEntry]) -> None:
        """Adds entries, in order."""


class Hits(Sweep):
    """The entries that a pattern finds."""

    def __init__(self, filter: LogFilter, pattern: LogPattern) -> None:
        super().__init__(filter)
        self.pattern = pattern
        self.seqs = array("q")
        self.slow = 0
        """Entries for which the expression took too long."""

    @property
    def ended(self) -> bool:
        return len(self.seqs) >= MOST or self.slow >= TOO_SLOW

    def take(self, entries: Iterable[LogEntry]) -> None:
        for entry in entries:
            try:
                if self.pattern.finds(entry.message):
                    self.seqs.append(entry.seq)
            except TimeoutError:
                self.slow += 1
                if self.ended:
                    return

    def next(self, seq: int, direction: int) -> int | None:
        """The nearest hit after (before) an entry as far as it is known; None if that does not tell."""
        place = bisect_left(self.seqs, seq + 1 if direction > 0 else seq) - (direction < 0)
        if direction < 0 and self.upto < seq - 1 and not self.whole:
            return None
        return self.seqs[place] if 0 <= place < len(self.seqs) else None

    def told(self, seq: int) -> str:
        """`3 of 214`, with `+` while there may be more; without the place where the cursor is on none."""
        total = f"{len(self.seqs):,}{'' if self.whole else '+'}"
        place = bisect_left(self.seqs, seq)
        if place < len(self.seqs) and self.seqs[place] == seq:
            return f"{place + 1:,} of {total}"
        return f"{total} {'hit' if total == '1' else 'hits'}"


class Bars(Sweep):
    """How many entries of each level there are over the time, in slices that grow wider as the log grows longer."""

    SLICES = 512

    def __init__(self, filter: LogFilter) -> None:
        super().__init__(filter)
        self.start = 0.0
        """Unix seconds of the first entry."""
        self.width = 0.001
        """Seconds that a slice stands for."""
        self.counts: list[list[int]] = []
        """Of each slice, entries by level, as `LEVELS` are ordered."""

    def take(self, entries: Iterable[LogEntry]) -> None:
        for entry in entries:
            try:
                moment = to_seconds(entry.t)
            except ValueError:
                continue  # what has no time has no place on the scale; the list shows it
            if not self.counts:
                self.start = moment
            # Clocks go backwards now and then: what lies before the beginning counts as it.
            self._slice(max(moment - self.start, 0.0))[LEVELS.index(entry.level)] += 1

    def _slice(self, after: float) -> list[int]:
        while after / self.width >= self.SLICES:
            self._widen()
        place = int(after / self.width)
        while len(self.counts) <= place:
            self.counts.append([0] * len(LEVELS))
        return self.counts[place]

    def _widen(self) -> None:
        self.width *= 2
        pairs = range(0, len(self.counts), 2)
        self.counts = [[sum(both) for both in zip(*self.counts[n : n + 2], strict=True)] for n in pairs]

    def cells(self, width: int) -> list[list[int]]:
        """The same in `width` cells at most, which all stand for the same time."""
        slices, each = self.counts[:], self._each(width)  # a thread may be adding some
        parts = (slices[start : start + each] for start in range(0, len(slices), each))
        return [[sum(level) for level in zip(*part, strict=True)] for part in parts]

    def _each(self, width: int) -> int:
        return max(-(-len(self.counts) // width), 1)

    def cell_of(self, moment: float, width: int) -> int:
        """The cell in which a moment (Unix seconds) lies."""
        place = int((moment - self.start) / self.width)
        return max(0, min(place, len(self.counts) - 1)) // self._each(width)

    def moment_of(self, cell: int, width: int) -> float:
        """Where a cell begins, in Unix seconds."""
        return self.start + self.width * cell * self._each(width)

    @property
    def end(self) -> float:
        """Where the last slice ends, in Unix seconds."""
        return self.start + self.width * len(self.counts)
