"""The bookmarks of one log: a list of the entries, from which one goes to them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen

from ...core.errors import FlightlogError
from ...core.logs import LogEntry
from ...core.repositories import LogRepository
from .. import format
from ..glyphs import glyphs_of
from ..hinting import hint
from ..keys import bindings
from ..lines import Line
from ..loading import in_thread
from ..logs.bookmarks import Bookmarks, toggled
from ..logs.lines import WIDE, head_of, message_of, name_width
from ..logs.window import ALL, LogReading
from ..messages import Trouble
from ..personal.person import key_for, person_of
from ..widgets.empty import Empty
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import LineList


class BookmarkList(LineList):
    """The entries, in their order; one whose bookmark was taken off stays until the list is left."""

    def __init__(self, seqs: Bookmarks, names: Mapping[str, str]) -> None:
        super().__init__(id="bookmarks", classes="keeps-cursor")
        self.seqs, self.names = seqs, names
        self.set = seqs
        """Those that are bookmarked now."""
        self.entries: dict[int, LogEntry] = {}
        self.read = False

    def count(self) -> int:
        return len(self.seqs)

    def key_at(self, index: int) -> int:
        return self.seqs[index]

    def draw(self, index: int, width: int) -> Line:
        seq = self.seqs[index]
        entry = self.entries.get(seq)
        sign = self.glyphs.bookmark if seq in self.set else " "
        if entry is None:
            told = "it is not in the log any more" if self.read else "reading it"
            return [(f" {sign} entry {seq:,}  ", "muted"), (told, "faint")]
        wide = width >= WIDE
        head = head_of(entry, self.names, wide=wide, name_width=name_width(self.names, wide), sign=sign)
        return [(" ", "text"), *head, *message_of(entry)]


class BookmarkScreen(Screen[int | None]):
    """Hands back the number of the entry that is to be shown; None if nothing was chosen."""

    BINDINGS = bindings("bookmarks")
    AUTO_FOCUS = "BookmarkList"
    PLACES = ("bookmarks", "moves", "app")
    """Places of the table of keys that work here."""
    CSS = """
    BookmarkScreen { layout: vertical; }
    #bookmarks-pane { height: 1fr; padding: 0 1 0 0; }
    """

    def __init__(self, logs: LogRepository, run: str, names: Mapping[str, str]) -> None:
        super().__init__()
        self._logs, self._run, self._names = logs, run, names
        self.opening = asyncio.Event()
        """Set when the entries were read: keys wait for that."""

    def compose(self) -> ComposeResult:
        yield FrameLine("top", self._title, id="bookmarks-top")
        with Vertical(id="bookmarks-pane"):
            yield BookmarkList(self._bookmarks, self._names)
            yield Empty()
        yield KeyBar("bookmarks")

    @property
    def rows(self) -> BookmarkList:
        """The entries."""
        return self.query_one(BookmarkList)

    @property
    def _bookmarks(self) -> Bookmarks:
        return person_of(self).remembered.bookmarks.get(self._run, ())

    def on_mount(self) -> None:
        seqs, reading = self.rows.seqs, LogReading(self._logs, self._run, ALL)
        self.rows.display = bool(seqs)
        self.query_one(Empty).show([] if seqs else self._lesson())
        in_thread(self, lambda: reading.some(seqs), self._read)

    def _lesson(self) -> list[Line]:
        key = key_for(self, "logs.bookmark")
        return [
            [("No entry is bookmarked yet", "strong")],
            [(f"{key} in the log bookmarks the entry under the cursor,", "muted")],
            [("to be found again, also at the next start.", "muted")],
        ]

    def _read(self, found: dict[int, LogEntry] | FlightlogError) -> None:
        if isinstance(found, FlightlogError):
            self.post_message(Trouble(found))
        else:
            self.rows.entries, self.rows.read = found, True
            self.rows.redraw()
        self.opening.set()

    def _title(self, width: int) -> tuple[Line, Line]:
        id = format.short_id(self._run, glyphs_of(self))
        return [(f" Bookmarks in the log of {id} ", "title")], [
            (f" {format.plural(len(self._bookmarks), 'bookmark')} ", "muted")
        ]

    @property
    def _here(self) -> int | None:
        """The entry under the cursor; where there is none, that is said."""
        if not self.rows.seqs:
            hint(self, "no entry is bookmarked yet")
            return None
        return self.rows.seqs[self.rows.cursor]

    @on(LineList.Chosen)
    def action_open(self) -> None:
        """Goes to the entry in the log."""
        if (seq := self._here) is not None:
            self.dismiss(seq)

    def other_take_off(self) -> bool:
        """Whether it was taken off already."""
        return bool(self.rows.seqs) and self.rows.seqs[self.rows.cursor] not in self._bookmarks

    def action_take_off(self) -> None:
        """Takes the bookmark off, or sets it again."""
        if (seq := self._here) is None:
            return
        try:
            person_of(self).bookmarked(self._run, toggled(self._bookmarks, seq))
        except ValueError as error:
            hint(self, str(error))
        self.rows.set = self._bookmarks
        self.rows.redraw()
        self.query_one(FrameLine).update()

    def action_back(self) -> None:
        self.dismiss(None)
