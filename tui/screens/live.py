"""Live: what runs now, first what needs a person; followed by what changed alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from ...core import clock
from ...core.events import Decision
from ...core.feed import Watch
from ...core.runs import FINISHED, Doing, Run
from ...core.store import Store
from ..glyphs import glyphs_of
from ..hinting import hint
from ..keys import bindings
from ..lines import Line, one_line
from ..live.board import NEEDS, Entry, Group, Need, grouped
from ..live.page import INKS, LivePage
from ..live.pane import Look, group_lines, look_at, pane_lines
from ..live.pulse import Pulse
from ..live.watching import watching_of
from ..loading import Loader
from ..messages import OpenRun, Pulsed
from ..parts import answering
from ..runs.preview import title
from ..widgets.empty import Empty, nothing_live
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import LineList, OneLine
from ..widgets.line_pane import LinePane
from ..widgets.live_list import LiveList
from ..widgets.place_line import PlaceLine
from ..widgets.store_header import StoreHeader
from .place import PlaceScreen

BEAT = 0.5
"""Seconds between two looks at the clock: ages grow, and what goes on breathes."""
EVERY, REST = 0.25, 3.0


class Details(NamedTuple):
    """What was read for what is in sight."""

    doing: dict[str, Doing]
    read: dict[str, int]
    """The newest event of each run that was read."""
    look: Look | None


class LiveScreen(PlaceScreen):
    """Draws the board of the program's pulse; of runs in sight that changed it reads what they are at."""

    BINDINGS = bindings("live", "place")
    CSS_PATH = "../styles/live.tcss"
    AUTO_FOCUS = "LiveList"
    PLACES = ("live", "place", "moves", "app")
    """Places of the table of keys that work here."""

    def __init__(self, store: Store, watching: Watch, pulse: Pulse) -> None:
        super().__init__(store, watching)
        self.pulse = pulse
        self.doing: dict[str, Doing] = {}
        self.look: Look | None = None
        self.entries: list[Entry] = []
        """What is on the board, folded away or not."""
        self.unfolded: set[tuple[Need, str]] = set()
        """Groups whose runs are shown."""
        self.shows_pane = True
        """Whether what the run under the cursor is at is shown below."""
        self._read_upto: dict[str, int] = {}
        self._opening = asyncio.Event()
        self.loader: Loader[Details] = Loader(self, self._prepare, self._loaded, every=EVERY, rest=REST)

    def compose(self) -> ComposeResult:
        live = LiveList(id="live")
        yield StoreHeader(self._header)
        yield PlaceLine("runs", self._counts, "Live", id="live-top")
        with Vertical(id="live-pane"):
            yield OneLine(live.head, id="live-head")
            yield live
            yield Empty()
        yield FrameLine("middle", self._pane_titles, id="live-middle")
        yield LinePane(id="live-detail")
        yield KeyBar("live")

    def on_mount(self) -> None:
        self.set_interval(BEAT, self._beat)
        self.pulse.begin()
        self.show_taken()

    @property
    def list(self) -> LiveList:
        """The board."""
        return self.query_one(LiveList)

    def left(self) -> dict[str, Any]:
        """Whether the pane is there."""
        return {"preview": self.shows_pane}

    def take_up(self, kept: dict[str, Any]) -> None:
        """Is as it was left."""
        self.shows_pane = kept.get("preview") is not False

    def show_taken(self) -> None:
        """Shows what it has taken up while it was on screen already."""
        self._show_parts()
        self.show()

    # Reading.

    def on_pulsed(self, message: Pulsed) -> None:
        self.show()

    def on_screen_resume(self) -> None:
        self.show()

    def action_refresh(self) -> None:
        """Reads everything again."""
        self._read_upto.clear()
        self.look = None
        self.pulse.again()
        self.loader.request()

    @on(LineList.Moved)
    def _moved(self) -> None:
        self._show_pane()
        self.loader.request()

    def _prepare(self) -> Callable[[], Details] | None:
        store, current = self.store, self.list.current
        stale = {e.run.id: e.run.last_seq for e in self.list.in_sight() if self._is_stale(e.run)}
        of = current.run if current is not None and self._is_other(current.run) else None
        if not stale and of is None:
            return None

        def read() -> Details:
            with store.moment():
                doing = store.runs.doing([*stale, *([of.id] if of else [])])
                return Details(doing, stale, look_at(store, of, doing.get(of.id, Doing())) if of else None)

        return read

    def _is_stale(self, run: Run) -> bool:
        return self._read_upto.get(run.id) != run.last_seq

    def _is_other(self, run: Run) -> bool:
        return self.query_one(LinePane).display and (self.look is None or self.look.run != run)

    def _loaded(self, found: Details) -> None:
        for run in found.read:
            self.doing.pop(run, None)
        self.doing |= found.doing
        self._read_upto |= found.read
        if found.look is not None:
            self.look = found.look
        self.show()

    # Drawing.

    def _beat(self) -> None:
        if self.is_current:
            self.show()

    def show(self) -> None:
        """Draws the board as it stands now, and reads what that lacks."""
        if not self.is_mounted or not self.is_current:
            return
        now, pulse = clock.now_s(), self.pulse
        if pulse.beat is not None:
            self._note(pulse.beat)
        watching = watching_of(self)
        watched = watching.ids if watching is not None else frozenset()
        self.entries = entries = pulse.board.entries(now)
        lines = grouped(entries, self.unfolded)
        self.list.show(LivePage(lines, self.doing, pulse.rates, watched, now, glyphs_of(self)))
        self._forget({entry.run.id for entry in entries})
        self.query_one(Empty).show([] if entries or pulse.beat is None else nothing_live())
        for part in ("#live-head", "#live"):
            self.query_one(part).display = bool(entries)
        if entries and self.focused is None:
            self.list.focus()
        for line in ("#header", "#live-head"):
            self.query_one(line).refresh()
        self.query_one("#live-top", FrameLine).update()
        self._show_pane()
        self.loader.request()
        if pulse.beat is not None:
            self._opened()

    def _forget(self, kept: set[str]) -> None:
        for id in self._read_upto.keys() - kept:
            del self._read_upto[id]
            self.doing.pop(id, None)

    def _show_pane(self) -> None:
        pane, entry, now = self.query_one(LinePane), self.list.line, clock.now_s()
        lines: list[Line] = []
        if isinstance(entry, Group):
            lines = group_lines(entry, pane.size.height, now, glyphs_of(self))
        elif entry is not None:
            same = self.look is not None and self.look.run.id == entry.run.id
            look = self.look._replace(run=entry.run) if same and self.look else Look(entry.run)
            rate = self.pulse.rates.of(entry.run.id, now, entry.began)
            lines = pane_lines(look, entry, rate, pane.size.height, now, glyphs_of(self))
        pane.show(lines)
        self.query_one("#live-middle", FrameLine).update()

    def _counts(self) -> Line:
        """How many there are of each kind."""
        line: Line = [(" ", "text")]
        for need in NEEDS:
            number = sum(entry.need == need for entry in self.entries)
            if number:
                line += [(f"{number:,} {need}", INKS[need]), ("  ", "text")]
        return [*line[:-1], (" ", "text")] if len(line) > 1 else []

    def _pane_titles(self, width: int) -> tuple[Line, Line]:
        line = self.list.line
        if isinstance(line, Group):
            title_of_group: Line = [(f" {one_line(line.workflow, 60)} ", "strong"), (f"{line.need} ", INKS[line.need])]
            return title_of_group, []
        return (title(line.run, glyphs_of(self)), []) if line is not None else ([], [])

    # What the person does.

    @on(LineList.Chosen)
    def action_open(self) -> None:
        """Goes into the run; a group it unfolds, or folds."""
        line = self.list.line
        if isinstance(line, Group):
            self.unfolded ^= {line.key}
            self.show()
        else:
            self.action_look("overview")

    def other_open(self) -> bool:
        """Whether an unfolded group is under the cursor."""
        return isinstance(self.list.line, Group) and self.list.line.key in self.unfolded

    def action_look(self, tab: str) -> None:
        if (entry := self._entry()) is not None:
            self.post_message(OpenRun(entry.run.id, tab))

    def action_answer(self, decision: Decision) -> None:
        if (entry := self._entry()) is not None:
            answering.ask(self, self.store, entry.run, decision, self.pulse.look)

    def other_watch(self) -> bool:
        """Whether the run under the cursor is watched."""
        entry, watching = self.list.current, watching_of(self)
        return entry is not None and watching is not None and entry.run.id in watching.ids

    def action_watch(self) -> None:
        watching = watching_of(self)
        if (entry := self._entry()) is not None and watching is not None:
            watching.toggle(entry.run)
            self.show()

    def when_run(self) -> bool:
        """Whether a run is under the cursor."""
        return self.list.current is not None

    def when_waiting(self) -> bool:
        """Whether it waits for an answer that can be given here."""
        entry = self.list.current
        return entry is not None and entry.need == "waiting" and not entry.run.source

    def when_going(self) -> bool:
        """Whether there is something to come that could be told, or is told already."""
        entry = self.list.current
        return entry is not None and (self.other_watch() or entry.run.status not in FINISHED)

    def _entry(self) -> Entry | None:
        """The run under the cursor; where there is none, that is said."""
        if self.list.current is None:
            hint(self, "no run is under the cursor")
        return self.list.current

    def action_preview(self) -> None:
        self.shows_pane = not self.shows_pane
        self.show_taken()

    def _show_parts(self) -> None:
        for part in ("#live-middle", "#live-detail"):
            self.query_one(part).display = self.shows_pane

    def action_back(self) -> None:
        """Steps out to the runs."""
        self.app.pop_screen()
