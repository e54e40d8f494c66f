"""The lines of a log: only those in sight are cut, cleaned and coloured."""

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass

from textual import events
from textual.message import Message

from ...core.logs import LogEntry
from ...core.text import safe_text
from ..glyphs import glyphs_of
from ..lines import Line, fitted, width_of, wrapped
from ..logs.lines import CUT, WIDE, details_of, head_of, message_ink, message_of, name_width
from ..logs.pattern import LogPattern
from ..logs.window import LogWindow
from .line_list import LineList

EDGE = 40
"""Lines before an end of what is held at which more is read."""


class LogLines(LineList):
    """Draws a window of entries, one line each, or wrapped."""

    @dataclass
    class Near(Message):
        """An end of what is held comes into sight."""

        direction: int

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, LogLines.Near) and message.direction == self.direction

    @dataclass
    class Far(Message):
        """The person wants to be at an end of the whole log."""

        direction: int

    class ScrolledUp(Message):
        """The person looks back."""

    def __init__(self, window: LogWindow, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="keeps-cursor")
        self.window = window
        self.names: Mapping[str, str] = {}
        self.pattern = LogPattern()
        self.bookmarks: Collection[int] = ()
        """Numbers of the entries that have one."""
        self.wrap = False
        self._pieces: list[tuple[int, int, str]] = []
        self._changing = False

    # What the list asks.

    def count(self) -> int:
        return len(self._pieces) if self.wrap else len(self.window.entries)

    def key_at(self, index: int) -> Hashable:
        if self.wrap:
            entry, part, _ = self._pieces[index]
            return self.window.entries[entry].seq, part
        return self.window.entries[index].seq, 0

    def find_key(self, key: Hashable) -> int | None:
        assert isinstance(key, tuple)
        seq, part = key
        entry = self.window.index(seq)
        if entry is None or not self.wrap:
            return entry
        found = [n for n, piece in enumerate(self._pieces) if piece[0] == entry]
        return found[min(part, len(found) - 1)] if found else None

    def draw(self, index: int, width: int) -> Line:
        number, part, text = self._pieces[index] if self.wrap else (index, 0, "")
        entry = self.window.entries[number]
        head = self._head(entry, width)
        if not self.wrap:
            return fitted([*head, *self.pattern.lit(message_of(entry))], self.across)
        before = head if part == 0 else [(" " * width_of(head), "text")]
        return [*before, *self.pattern.lit([(text, message_ink(entry))])]

    def _head(self, entry: LogEntry, width: int) -> Line:
        sign = glyphs_of(self).bookmark if entry.seq in self.bookmarks else " "
        wide = width >= WIDE
        return head_of(entry, self.names, wide=wide, name_width=name_width(self.names, wide, width), sign=sign)

    # Changes.

    def change(self, change: Callable[[], None]) -> None:
        """Makes a change to the window, and keeps what is in sight."""

        def both() -> None:
            change()
            if self.wrap:
                self._break()

        self._changing = True
        self.lines_changed(both)
        self._changing = False

    def _break(self) -> None:
        self._pieces = []
        width = self.size.width - 1  # a scroll bar may come with the lines: no text is wrapped into its cell
        for number, entry in enumerate(self.window.entries):
            room = max(width - width_of(self._head(entry, width)), 20)
            details = "".join(text for text, _ in details_of(entry.details))
            text = safe_text(entry.message[:CUT].strip("\n"), lines=True) + details
            self._pieces += [(number, part, piece) for part, piece in enumerate(wrapped(text, room))]

    def set_wrap(self, wrap: bool) -> None:
        """Wraps long lines, or cuts them at the edge."""

        def turn() -> None:
            self.wrap = wrap

        self.change(turn)

    def on_resize(self) -> None:
        if self.wrap:
            self.change(lambda: None)

    @property
    def entry(self) -> LogEntry | None:
        """The entry under the cursor."""
        if self.cursor >= self.count():
            return None
        return self.window.entries[self._pieces[self.cursor][0] if self.wrap else self.cursor]

    def show_entry(self, seq: int) -> None:
        """Puts the cursor on an entry."""
        found = self.find_key((seq, 0))
        if found is not None:
            self.move_to(found, center=True)

    # Ends.

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if self._changing:
            return
        if new_value < old_value:
            self.post_message(self.ScrolledUp())
        if new_value < EDGE and not self.window.at_start:
            self.post_message(self.Near(-1))
        if new_value > self.count() - self.size.height - EDGE and not self.window.at_end:
            self.post_message(self.Near(1))

    def action_home(self) -> None:
        self.post_message(self.Far(-1))

    def action_end(self) -> None:
        self.post_message(self.Far(1))

    def action_cursor_up(self) -> None:
        self.post_message(self.ScrolledUp())
        super().action_cursor_up()

    def action_page_up(self) -> None:
        self.post_message(self.ScrolledUp())
        super().action_page_up()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self.post_message(self.ScrolledUp())
