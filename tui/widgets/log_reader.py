"""A log on the screen: read from its newest end, in pages; followed; swept through in the background."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from ...core.errors import FlightlogError
from ...core.events import Level
from ...core.repositories import LogRepository
from ...core.runs import Run
from ...core.store import Store
from ..facts import Lesson, teach
from ..keys import bindings
from ..lines import Line, one_line
from ..loading import in_thread
from ..logs.entry import Whole, whole_of
from ..logs.pattern import LogPattern
from ..logs.status import LogStatus
from ..logs.sweep import Bars, Hits, Sweep
from ..logs.window import ALL, LogReading, LogWindow, Part
from ..messages import Trouble
from .line_list import LineList, OneLine
from .log_bars import LogBars
from .log_entry_view import EntryPage
from .log_lines import LogLines
from .run_tab import RunTab
from .tree_view import TreeView

EMPTY = Lesson(
    "Nothing logged yet",
    "What a run logs appears here as it is written. A program's ordinary logging can be sent here, too.",
    'run.log("3 candidates", candidates=3)\n\nlogging.getLogger().addHandler(flightlog.Handler(run))',
    "log entries",
)

Want = Callable[[LogReading], Part]

SLOW = 0.3
"""Seconds after which it is told that something is being read."""


class Found(NamedTuple):
    """What one reading brought."""

    want: Want | None
    """What was asked for; None: what is new."""
    part: Part | None
    counts: dict[Level, int]
    names: dict[str, str]
    logs: LogRepository
    whole: Whole | None
    behind: bool
    """Whether what was recorded is still being read: of what is not read yet nothing may be found or counted."""


class LogReader(RunTab):
    """A log that is read and followed; what one can ask of it is the tab's."""

    PLACE = "logs"
    BINDINGS = bindings("logs")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.window = LogWindow()
        self.following = True
        self.pattern = LogPattern()
        self.hits: Hits | None = None
        self.bars: Bars | None = None
        self.counts: dict[Level, int] = {}
        self.behind = False
        self.names: dict[str, str] = {}
        self.unseen = False
        """Whether newer entries wait below what is held."""
        self._want: Want | None = LogReading.end
        self._goal: Want | None = self._want
        """What the person asked for last, while it is read."""
        self._slow: asyncio.Event | None = None
        """What takes so long that one is told of it."""
        self.opening = asyncio.Event()
        self._logs: LogRepository | None = None
        self._run = ""
        self._sweeping = False
        self._piece: tuple[int, int] | None = None
        """Entry and place in its message from which on a piece is wanted."""

    def compose(self) -> ComposeResult:
        yield LogBars(id="log-bars")
        yield LogLines(self.window, id="log-lines")
        yield TreeView(id="log-empty")
        yield OneLine(lambda width: [(self.glyphs.rule * width, "faint")], id="log-rule")
        yield EntryPage(id="log-entry")
        yield Input(placeholder="search the log; /like this/ is a regular expression", id="log-search", compact=True)
        yield Input(placeholder="10:03, +5m, -1h or 2026-11-20T10:03", id="log-time", compact=True)
        yield OneLine(self._status, id="log-status")

    def on_mount(self) -> None:
        self.query_one("#log-empty", TreeView).show(teach(EMPTY))

    @property
    def lines(self) -> LogLines:
        """The entries."""
        return self.query_one(LogLines)

    # Reading.

    def read(self, store: Store, run: Run) -> Found:
        reading = LogReading(store.logs, run.id, self.window.filter)
        at = store.catching_up()  # before anything is looked for: it may be read to its end meanwhile
        want, self._want = self._want, None
        part = want(reading) if want is not None else None
        if want is None and self.window.at_end:
            part = reading.newer(self.window.entries[-1].seq if self.window.entries else 0)
        names = self.names
        if part and any(entry.step and entry.step not in names for entry in part.entries):
            names = {step.id: step.name for step in store.runs.steps(run.id)}
        wanted, self._piece = self._piece, None
        whole = None if wanted is None else whole_of(store, run.id, *wanted)
        behind = at is not None and at.seconds >= SLOW
        return Found(want, part, store.logs.counts(run.id), names, store.logs, whole, behind)

    def show(self, run: Run, found: Found) -> None:
        if found.counts != self.counts:
            for one in self._sweeps():
                one.whole = False
        self.counts, self.names, self.behind = found.counts, found.names, found.behind
        self._logs, self._run = found.logs, run.id
        lines = self.lines
        lines.names = found.names
        part = found.part
        if part is None:
            self.unseen = not self.window.at_end
        elif part.problem:
            self.notify(one_line(part.problem) + (", and more is being read" if found.behind else ""), markup=False)
        else:
            lines.change(lambda: self.window.take(part))
            self.unseen = self.unseen and not self.window.at_end
            if part.show is not None:
                lines.show_entry(part.show)
            elif self.following and self.window.at_end:
                lines.move_to(lines.count() - 1)
            if part.how == "newer" and not part.at_end and self.following and self._want is None:
                self.ask(lambda reading: reading.newer(part.entries[-1].seq))
        empty = not self.window.entries and self.window.filter == ALL
        self.set_class(empty, "empty")
        if empty and run.source:
            self.query_one("#log-empty", TreeView).show(teach(EMPTY, run))
        self._show_entry()
        if found.whole is not None:
            self.query_one(EntryPage).take(found.whole)
        if found.want is not None and found.want is self._goal:
            self._arrive()
        self._show_place()
        self._sweep()

    def ask(self, want: Want) -> None:
        """Reads something else than what is new."""
        self._want = want
        self.post_message(self.Reread())

    def go(self, want: Want) -> None:
        """Reads what the person wants to see: the keys that are pressed meanwhile are for that."""
        self._goal = want
        if self.opening is None or self.opening.is_set():
            self.opening = asyncio.Event()
            self.set_timer(SLOW, partial(self._is_slow, self.opening))
        self.ask(want)

    def _is_slow(self, opening: asyncio.Event) -> None:
        self._slow = opening
        self._show_place()

    def _arrive(self) -> None:
        self._goal = None
        if self.opening is not None:
            self.opening.set()
            self.opening = None

    def when_entries(self) -> bool:
        """Whether there is anything in the log."""
        return sum(self.counts.values()) > 0

    def when_errors(self) -> bool:
        """Whether an error is in it, or may be."""
        return self.behind or self.counts.get("ERROR", 0) > 0

    # Moving.

    @on(LogLines.Near)
    def read_on(self, message: LogLines.Near) -> None:
        """Reads the page beyond the end that comes into sight."""
        entries = self.window.entries
        if entries and self._want is None:
            first, last = entries[0].seq, entries[-1].seq
            self.ask((lambda reading: reading.older(first)) if message.direction < 0 else lambda r: r.newer(last))

    @on(LogLines.ScrolledUp)
    def stop_following(self) -> None:
        """Who looks back does not want to be taken away."""
        if self.following:
            self.following = False
            self._show_place()
            self.refresh_bindings()

    @on(LineList.Moved, "#log-lines")
    def moved(self) -> None:
        """Shows the entry under the cursor where it is open."""
        self._show_entry()
        self._show_place()

    @on(LogLines.Far)
    def to_the_end(self, message: LogLines.Far) -> None:
        """Goes to the first entry of all, or to the last one and on with it."""
        if message.direction < 0:
            self._to_oldest()
        else:
            self._to_newest()

    def _to_newest(self) -> None:
        self.following = True
        if self.window.at_end:
            self.lines.move_to(self.lines.count() - 1)
            self._show_place()
        else:
            self.go(LogReading.end)

    def _to_oldest(self) -> None:
        self.following = False
        if self.window.at_start:
            self.lines.move_to(0)
        else:
            self.go(_oldest)

    def action_follow(self) -> None:
        if self.following:
            self.stop_following()
        else:
            self._to_newest()

    # What goes through the whole log.

    def _sweeps(self) -> list[Sweep]:
        return [one for one in (self.hits, self.bars) if one is not None]

    def _sweep(self) -> None:
        """Goes on with what goes through the whole log, a portion at a time, one at once."""
        wanted = [one for one in self._sweeps() if not (one.whole or one.ended)]
        if wanted and self._logs and not self._sweeping:
            self._sweeping = True
            behind = min(wanted, key=lambda one: one.upto)
            in_thread(self, partial(behind.go_on, self._logs, self._run), self._swept)

    def _swept(self, problem: FlightlogError | None) -> None:
        self._sweeping = False
        if problem is not None:
            self.hits = self.bars = None
            self.post_message(Trouble(problem))
        if self.is_attached:
            self._show_place()
            self._sweep()

    # What stands beside the lines.

    def _show_entry(self) -> None:
        entry = self.lines.entry
        if self.has_class("with-entry") and entry:
            self.query_one(EntryPage).open_entry(entry, self.names)

    def _show_place(self) -> None:
        """Draws anew what tells where in the log one is."""
        self.query_one("#log-status").refresh()
        entry = self.lines.entry
        self.query_one(LogBars).show(self.bars, entry.t if entry else None)

    def _status(self, width: int) -> Line:
        here, filter, hits = self.lines.entry, self.window.filter, self.hits
        status = LogStatus(
            following=self.following,
            seq=here.seq if here else None,
            unseen=self.unseen,
            filter=filter,
            step=self.names.get(filter.step or "", filter.step or ""),
            pattern=self.pattern,
            hits=hits.told(here.seq if here else 0) if hits else "",
            searched=hits.percent if hits else None,
            slow=hits.slow if hits else 0,
            counts=self.counts,
            behind=self.behind,
            bookmarks=len(self.lines.bookmarks),
            reading=self._slow is not None and self._slow is self.opening and not self._slow.is_set(),
        )
        return status.draw(width, self.glyphs)


def _oldest(reading: LogReading) -> Part:
    return reading.end("oldest")
