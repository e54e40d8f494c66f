"""The logs tab: read from the newest end, followed, searched, and tied to the steps."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from ...core.events import LEVELS, Level
from ...core.logs import LogFilter
from ...core.runs import FINISHED, Run
from ...core.store import Store
from .. import format
from ..facts import teach
from ..keys import bindings
from ..lines import Line, between, one_line
from ..log_lines import entry_nodes
from ..log_window import ALL, LogReading, LogWindow, Part, with_level, with_step
from .line_list import LineList, OneLine
from .log_lines import LogLines
from .run_tab import RunTab
from .tree_view import TreeView

EMPTY = teach(
    "Nothing logged yet",
    "What a run logs appears here as it is written. A program's ordinary logging can be sent here, too.",
    'run.log("3 candidates", candidates=3)\n\n'
    "from flightlog.core.recording.logging_handler import Handler\n"
    "logging.getLogger().addHandler(Handler(run))",
)

Want = Callable[[LogReading], Part]


class Found(NamedTuple):
    """What one reading brought."""

    part: Part | None
    counts: dict[Level, int]
    names: dict[str, str]


class LogTab(RunTab):
    """The log of a run."""

    PLACE = "logs"
    BINDINGS = bindings("logs")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.window = LogWindow()
        self.following = True
        self.word = ""
        self.counts: dict[Level, int] = {}
        self.names: dict[str, str] = {}
        self.unseen = False
        """Whether newer entries wait below what is held."""
        self._want: Want | None = LogReading.end
        self._searching = 0
        self._live = False

    def compose(self) -> ComposeResult:
        yield LogLines(self.window, id="log-lines")
        yield TreeView(id="log-empty")
        yield OneLine(lambda width: [(self.glyphs.rule * width, "faint")], id="log-rule")
        yield TreeView(id="log-entry")
        yield OneLine(self._status, id="log-status")
        yield Input(placeholder="search the log", id="log-search", compact=True)

    def on_mount(self) -> None:
        self.query_one("#log-empty", TreeView).show(EMPTY)

    @property
    def lines(self) -> LogLines:
        """The entries."""
        return self.query_one(LogLines)

    # Reading.

    def read(self, store: Store, run: Run) -> Found:
        reading = LogReading(store.logs, run.id, self.window.filter)
        want, self._want = self._want, None
        part = None
        if want is not None:
            part = want(reading)
        elif self.window.at_end:
            part = reading.newer(self.window.entries[-1].seq if self.window.entries else 0)
        names = self.names
        if part and any(entry.step and entry.step not in names for entry in part.entries):
            names = {step.id: step.name for step in store.runs.steps(run.id)}
        return Found(part, store.logs.counts(run.id), names)

    def show(self, run: Run, found: Found) -> None:
        self.counts, self.names, self._live = found.counts, found.names, run.status not in FINISHED
        lines = self.lines
        lines.names = found.names
        part = found.part
        if part is None:
            self.unseen = not self.window.at_end
        elif part.problem:
            self.notify(one_line(part.problem), markup=False)
        else:
            lines.change(lambda: self.window.take(part))
            self.unseen = self.unseen and not self.window.at_end
            if part.show is not None:
                lines.show_entry(part.show)
            elif self.following and self.window.at_end:
                lines.move_to(lines.count() - 1)
            if part.how == "newer" and not part.at_end and self.following:
                self.ask(lambda reading: reading.newer(part.entries[-1].seq))
        self.set_class(not self.window.entries and self.window.filter == ALL, "empty")
        self._show_entry()
        self.query_one("#log-status").refresh()

    def ask(self, want: Want) -> None:
        """Reads something else than what is new."""
        self._want = want
        self.post_message(self.Reread())

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
            self.query_one("#log-status").refresh()

    @on(LineList.Moved, "#log-lines")
    def moved(self) -> None:
        """Shows the entry under the cursor where it is open."""
        self._show_entry()
        self.query_one("#log-status").refresh()

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
            self.query_one("#log-status").refresh()
        else:
            self.ask(LogReading.end)

    def _to_oldest(self) -> None:
        self.following = False
        if self.window.at_start:
            self.lines.move_to(0)
        else:
            self.ask(_oldest)

    def action_follow(self) -> None:
        if self.following:
            self.stop_following()
        else:
            self._to_newest()

    # Filters and searches.

    def action_level(self, level: Level) -> None:
        self._filter(with_level(self.window.filter, level))

    def _filter(self, filter: LogFilter) -> None:
        here = self.lines.entry
        self.window.filter = filter
        seq = here.seq if here and not self.following else None
        self.ask(LogReading.end if seq is None else lambda reading: reading.around(seq))

    def go_to(self, target: object) -> None:
        if isinstance(target, tuple) and target[0] == "step":
            self.following = False
            self.window.filter = with_step(ALL, target[1])
            self.ask(LogReading.end)

    def action_next_level(self, level: Level, direction: int) -> None:
        self._jump(lambda reading, seq: reading.next_of_level(level, seq, direction))

    def _jump(self, look: Callable[[LogReading, int], Part]) -> None:
        here = self.lines.entry
        if here is not None:
            self.following = False
            self.ask(lambda reading: look(reading, here.seq))

    def action_search(self) -> None:
        self.add_class("searching")
        self.query_one(Input).focus()

    @on(Input.Changed)
    def light(self, message: Input.Changed) -> None:
        """Lights up matches in sight as one types."""
        self.word = self.lines.word = message.value
        self.lines.redraw()

    @on(Input.Submitted)
    def search(self) -> None:
        """Goes to the nearest match at or before the cursor, as logs are read from their end."""
        self._close_search()
        here = self.lines.entry
        if self.word and here:
            self._find(self.word, here.seq + 1, -1)

    def action_next_match(self, direction: int) -> None:
        here = self.lines.entry
        if self.word and here:
            self._find(self.word, here.seq, direction)

    def _find(self, word: str, seq: int, direction: int) -> None:
        self.following = False
        self._searching += 1
        self.ask(partial(_match, word=word, seq=seq, direction=direction, wanted=self._wanted(self._searching)))

    def _wanted(self, number: int) -> Callable[[], bool]:
        return lambda: self._searching == number and self.is_attached

    def _close_search(self) -> None:
        self.remove_class("searching")
        self.lines.focus()

    def back(self) -> bool:
        if self.has_class("searching"):
            self._close_search()
        elif self.has_class("with-entry"):
            self.remove_class("with-entry")
            self.lines.focus()
        elif self.word:
            self._searching += 1
            self.query_one(Input).value = ""
        elif self.window.filter != ALL:
            self._filter(ALL)
        else:
            return False
        return True

    # The whole entry.

    @on(LineList.Chosen, "#log-lines")
    def action_choose(self) -> None:
        self.toggle_class("with-entry")
        self._show_entry()

    @on(LineList.Chosen, "#log-entry")
    def action_to_step(self) -> None:
        entry = self.lines.entry
        if entry and entry.step:
            self.post_message(self.Jump("steps", entry.step))

    def action_wrap(self) -> None:
        self.lines.set_wrap(not self.lines.wrap)

    def _show_entry(self) -> None:
        entry = self.lines.entry
        if self.has_class("with-entry") and entry:
            self.query_one("#log-entry", TreeView).show(list(entry_nodes(entry, self.names)))

    # The line below.

    def _status(self, width: int) -> Line:
        here = self.lines.entry
        total = sum(self.counts.values())
        left: Line = [("follow", "active") if self.following else ("", "text")]
        if not self.following and here:
            left = [(f"entry {here.seq:,}", "muted")]
        if self.unseen:
            left.append((f"  {self.glyphs.descending} newer below", "accent"))
        if self.window.filter.level != LEVELS[0]:
            left.append((f"  {self.window.filter.level} and up", "accent"))
        if self.window.filter.step:
            name = self.names.get(self.window.filter.step, self.window.filter.step)
            left += [("  step ", "muted"), (one_line(name, 40), "accent"), (" (esc for all)", "faint")]
        if self.word:
            left += [("  /", "muted"), (one_line(self.word, 40), "accent"), ("  n N", "faint")]
        end: Line = [(f"{format.plural(total, 'entry', 'entries')}", "muted")]
        warnings, errors = self.counts.get("WARNING", 0), self.counts.get("ERROR", 0)
        for n, word, ink in ((warnings, "warning", "warn"), (errors, "error", "bad")):
            end += [(f"  {format.plural(n, word)}", ink)] if n else []
        return between(left, end, width)


def _oldest(reading: LogReading) -> Part:
    return reading.end("oldest")


def _match(reading: LogReading, *, word: str, seq: int, direction: int, wanted: Callable[[], bool]) -> Part:
    return reading.next_match(word, seq, direction, wanted)
