"""The logs tab: read from the newest end, followed, searched, and tied to the steps."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from functools import partial

from textual import on
from textual.widgets import Input

from ...core.clock import from_seconds
from ...core.errors import FlightlogError
from ...core.events import Level
from ...core.logs import LogEntry, LogFilter
from .. import format
from ..hinting import hint
from ..loading import in_thread
from ..logs.copying import as_json, as_text, whole
from ..logs.moments import moment_of
from ..logs.pattern import LogPattern
from ..logs.sweep import Bars, Hits
from ..logs.window import ALL, LogReading, Part, with_level, with_request, with_step
from ..messages import Trouble
from ..personal.person import key_for
from .bookmarked_log import BookmarkedLog
from .line_list import LineList
from .log_bars import LogBars
from .log_entry_view import EntryPage


class LogTab(BookmarkedLog):
    """The log of a run, and what one can ask of it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._searching = 0

    # The time.

    def action_bars(self) -> None:
        """Shows the log over its time and goes there, or hides it."""
        self.toggle_class("with-bars")
        if self.has_class("with-bars"):
            self.bars = self.bars or Bars(self.window.filter)
            self.query_one(LogBars).focus()
        else:
            self.bars = None
            self.lines.focus()
        self._show_place()
        self._sweep()

    @on(LogBars.Picked)
    def to_bar(self, message: LogBars.Picked) -> None:
        """Goes to where a bar begins."""
        self._to_moment(from_seconds(message.moment))

    @on(LogBars.Left)
    def leave_bars(self) -> None:
        """Back to the lines; the bars stay."""
        self.lines.focus()

    def _to_moment(self, moment: str) -> None:
        self.following = False
        self.go(lambda reading: reading.at(moment))

    def action_time(self) -> None:
        self._open_input("asking-time", "#log-time")

    @on(Input.Submitted, "#log-time")
    def go_to_time(self, message: Input.Submitted) -> None:
        """Goes to the time that was typed; what is none is told, and stays to be mended."""
        here = self.lines.entry
        at = format.local(here.t) if here else None
        first = format.local(self.window.entries[0].t) if self.window.at_start else None
        if at is None:
            return
        try:
            moment = moment_of(message.value, at, first or at.replace(year=1971))
        except ValueError as error:
            self.notify(str(error), markup=False)
            return
        message.input.value = ""
        self._close_input()
        self._to_moment(moment.astimezone(UTC).isoformat())

    # Filters.

    def action_level(self, level: Level) -> None:
        self.narrow(with_level(self.window.filter, level))

    def action_of_step(self) -> None:
        """Only the entries of the step under the cursor, or of all again."""
        self._narrow("step", lambda entry: entry.step or "", lambda filter, step: with_step(filter, step or None))

    def action_of_request(self) -> None:
        """Only the entries of the request under the cursor, or of all again."""
        self._narrow("request_id", lambda entry: entry.request_id, with_request)

    def _narrow(
        self, field: str, of: Callable[[LogEntry], str], narrowed: Callable[[LogFilter, str], LogFilter]
    ) -> None:
        here = self.lines.entry
        if getattr(self.window.filter, field):
            self.narrow(narrowed(self.window.filter, ""))
        elif here and of(here):
            self.narrow(narrowed(self.window.filter, of(here)))
        else:
            self.notify("This entry belongs to no " + field.removesuffix("_id"), markup=False)

    def narrow(self, filter: LogFilter) -> None:
        """Shows what this filter accepts alone, near where one was."""
        here = self.lines.entry
        self.window.filter = filter
        self.hits = Hits(filter, self.pattern) if self.hits else None
        self.bars = Bars(filter) if self.bars else None
        seq = here.seq if here and not self.following else None
        self.go(LogReading.end if seq is None else lambda reading: reading.around(seq))

    def go_to(self, target: object) -> None:
        if isinstance(target, tuple) and target[0] == "step":
            self.following = False
            self.narrow(with_step(ALL, target[1]))
            self.go(LogReading.end)

    def action_next_level(self, level: Level, direction: int) -> None:
        self._jump(lambda reading, seq: reading.next_of_level(level, seq, direction))

    def _jump(self, look: Callable[[LogReading, int], Part]) -> None:
        here = self.lines.entry
        if here is not None:
            self.following = False
            self.go(lambda reading: look(reading, here.seq))

    # Searches.

    @property
    def word(self) -> str:
        """What was typed to be looked for."""
        return self.pattern.typed

    def action_search(self) -> None:
        self._open_input("searching", "#log-search")

    def _open_input(self, name: str, id: str) -> None:
        self.add_class(name)
        self.query_one(id, Input).focus()

    def _close_input(self) -> None:
        self.remove_class("searching", "asking-time")
        self.lines.focus()

    @on(Input.Changed, "#log-search")
    def light(self, message: Input.Changed) -> None:
        """Lights up matches in sight as one types."""
        self._searching += 1
        self.pattern = self.lines.pattern = LogPattern(message.value)
        self.hits = None
        self.lines.redraw()
        self._show_place()

    @on(Input.Submitted, "#log-search")
    def search(self) -> None:
        """Goes to the nearest match at or before the cursor, as logs are read from their end."""
        if self.pattern.problem:
            return
        self._close_input()
        here = self.lines.entry
        if self.pattern and here:
            self.hits = Hits(self.window.filter, self.pattern)
            self._find(here.seq + 1, -1, look=_nearest)

    def action_next_match(self, direction: int) -> None:
        here = self.lines.entry
        if self.hits and here:
            self._find(here.seq, direction)
        else:
            hint(self, f"nothing was searched yet: {key_for(self, 'logs.search')} does")

    def _find(self, seq: int, direction: int, look: Callable[..., Part] | None = None) -> None:
        self.following = False
        self._searching += 1
        assert self.hits is not None
        wanted = self._wanted(self._searching)
        self.go(partial(look or _match, hits=self.hits, seq=seq, direction=direction, wanted=wanted))

    def _wanted(self, number: int) -> Callable[[], bool]:
        return lambda: self._searching == number and self.is_attached

    def back(self) -> bool:
        if self.has_class("searching") or self.has_class("asking-time"):
            self._close_input()
        elif self.has_class("with-entry"):
            self.remove_class("with-entry")
            self.lines.focus()
        elif self.word:
            self.query_one("#log-search", Input).value = ""
        elif self.window.filter != ALL:
            self.narrow(ALL)
        elif self.has_class("with-bars"):
            self.action_bars()
        else:
            return False
        return True

    # The whole entry.

    def other_choose(self) -> bool:
        """Whether it is shown."""
        return self.has_class("with-entry")

    @on(LineList.Chosen, "#log-lines")
    def action_choose(self) -> None:
        self.toggle_class("with-entry")
        self._show_entry()

    @on(LineList.Chosen, "#log-entry")
    def action_to_step(self) -> None:
        entry = self.lines.entry
        if entry and entry.step:
            self.post_message(self.Jump("steps", entry.step))

    @on(EntryPage.Wanted)
    def read_piece(self, message: EntryPage.Wanted) -> None:
        """Reads a piece of a long message."""
        self._piece = (message.seq, message.start)
        self.post_message(self.Reread())

    def other_follow(self) -> bool:
        """Whether the newest entry is followed."""
        return self.following

    def other_wrap(self) -> bool:
        """Whether long lines are wrapped."""
        return self.lines.wrap

    def action_wrap(self) -> None:
        self.lines.set_wrap(not self.lines.wrap)

    def action_pretty(self) -> None:
        """JSON inside a message as a tree, or as it was written."""
        if self.has_class("with-entry"):
            self.query_one(EntryPage).turn()
        else:
            self.action_choose()

    def action_copy(self) -> None:
        """Copies the entry as it is on the screen."""
        if entry := self.lines.entry:
            self._copied(as_text(entry, self.names))

    def action_copy_json(self) -> None:
        """Copies the entry as the command line gives it; what is not held of it is read first."""
        if (entry := self.lines.entry) and (logs := self._logs):
            in_thread(self, lambda: as_json(whole(logs, entry)), self._copied)

    def _copied(self, found: tuple[str, str] | FlightlogError) -> None:
        if isinstance(found, FlightlogError):
            self.post_message(Trouble(found))
            return
        text, told = found
        if text:
            self.app.copy_to_clipboard(text)
        self.notify(told, markup=False)


def _match(reading: LogReading, *, hits: Hits, seq: int, direction: int, wanted: Callable[[], bool]) -> Part:
    known = hits.next(seq, direction)
    return reading.next_match(hits.pattern, seq, direction, wanted) if known is None else reading.around(known)


def _nearest(reading: LogReading, *, hits: Hits, seq: int, direction: int, wanted: Callable[[], bool]) -> Part:
    """The next match, or else the nearest one the other way."""
    part = _match(reading, hits=hits, seq=seq, direction=direction, wanted=wanted)
    if part.problem == hits.pattern.too_slow:
        return part
    if part.problem:
        part = _match(reading, hits=hits, seq=seq + direction, direction=-direction, wanted=wanted)
    return replace(part, problem=hits.pattern.nowhere) if part.problem else part
