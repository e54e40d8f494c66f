"""A log with a person's bookmarks in it: set, gone to, listed, and found again at the next start."""

from abc import abstractmethod

from ...core.logs import LogFilter
from ...core.runs import Run
from ..hinting import hint
from ..logs.bookmarks import Bookmarks, beyond, toggled
from ..logs.window import ALL
from ..personal.person import key_for, person_of
from ..screens.bookmarks import BookmarkScreen
from .log_reader import Found, LogReader


class BookmarkedLog(LogReader):
    """What a person keeps of one log belongs to them, not to the run: nothing of it is recorded."""

    @abstractmethod
    def narrow(self, filter: LogFilter) -> None:
        """Shows what this filter accepts alone."""

    @property
    def bookmarks(self) -> Bookmarks:
        """Numbers of the entries that are bookmarked."""
        return person_of(self).remembered.bookmarks.get(self._run, ())

    def show(self, run: Run, found: Found) -> None:
        self.lines.bookmarks = person_of(self).remembered.bookmarks.get(run.id, ())
        super().show(run, found)

    def when_bookmarks(self) -> bool:
        """Whether an entry is bookmarked."""
        return bool(self.bookmarks)

    def other_bookmark(self) -> bool:
        """Whether the entry under the cursor is bookmarked."""
        return self.lines.entry is not None and self.lines.entry.seq in self.bookmarks

    def action_bookmark(self) -> None:
        """Bookmarks the entry under the cursor, or no more."""
        entry = self.lines.entry
        if entry is None:
            hint(self, "no entry is under the cursor")
            return
        try:
            person_of(self).bookmarked(self._run, toggled(self.bookmarks, entry.seq))
        except ValueError as error:
            hint(self, str(error))
        self._show_bookmarks()

    def _show_bookmarks(self) -> None:
        self.lines.bookmarks = self.bookmarks
        self.lines.redraw()
        self._show_place()
        self.refresh_bindings()

    def action_next_bookmark(self, direction: int) -> None:
        """To the nearest bookmark after the cursor, or before it, that is among what the log shows."""
        here = self.lines.entry
        if not self.bookmarks:
            hint(self, f"no entry is bookmarked yet: {key_for(self, 'logs.bookmark')} does")
        elif here is not None:
            self.following = False
            seqs, where = beyond(self.bookmarks, here.seq, direction), "after" if direction > 0 else "before"
            self.go(lambda reading: reading.next_of(seqs, f"bookmark {where} this entry"))

    def action_bookmarks(self) -> None:
        """All of them, on a screen of their own."""
        if self._logs is not None:
            self.app.push_screen(BookmarkScreen(self._logs, self._run, self.names), self._back_from_list)

    def _back_from_list(self, seq: int | None) -> None:
        self._show_bookmarks()
        if seq is None:
            return
        self.following = False
        if self.window.filter != ALL:  # which may hide it
            self.narrow(ALL)
        self.go(lambda reading: reading.around(seq))
