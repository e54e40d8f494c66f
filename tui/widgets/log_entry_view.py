"""The page about the entry under the log's cursor: a long message is read when it is looked at, a piece at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import is_

from textual import on
from textual.message import Message

from ...core.logs import LogEntry
from ..logs.entry import Whole, entry_nodes, is_whole
from .line_list import LineList
from .tree_view import TreeView


class EntryPage(TreeView):
    """One entry, with JSON in its message as a tree."""

    @dataclass
    class Wanted(Message):
        """A piece of a long message is to be read."""

        seq: int
        start: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.entry: LogEntry | None = None
        self.whole: Whole | None = None
        self.pretty = True
        self._names: Mapping[str, str] = {}
        self._asked: tuple[int, int] | None = None
        self._shown: tuple[object, ...] = (None,)

    def open_entry(self, entry: LogEntry, names: Mapping[str, str]) -> None:
        """Shows an entry, and asks for what is not held of it."""
        self.entry, self._names = entry, names
        if self.whole and self.whole.seq != entry.seq:
            self.whole = self._asked = None
        if self.whole is None and not is_whole(entry):
            self._want(entry.seq, 0)
        shown = (entry, self.whole, self.pretty, names.get(entry.step or ""))
        if not all(map(is_, shown, self._shown)):  # a live log asks for it again and again
            self._shown = shown
            self.show(list(entry_nodes(entry, names, self.whole, pretty=self.pretty)))

    def take(self, whole: Whole) -> None:
        """A piece was read."""
        if self.entry and self.entry.seq == whole.seq:
            self.whole = whole
            self.open_entry(self.entry, self._names)

    def turn(self) -> None:
        """JSON inside a message as a tree, or as it was written."""
        self.pretty = not self.pretty
        if self.entry:
            self.open_entry(self.entry, self._names)

    def _want(self, seq: int, start: int) -> None:
        if self._asked != (seq, start):
            self._asked = (seq, start)
            self.post_message(self.Wanted(seq, start))

    @on(LineList.Chosen)
    def read_on(self, message: LineList.Chosen) -> None:
        """Reads the piece before or after, where that was chosen."""
        target = self.current.node.target if self.current else None
        if isinstance(target, int) and self.entry:
            message.stop()
            self._want(self.entry.seq, target)
            self.move_to(0)
