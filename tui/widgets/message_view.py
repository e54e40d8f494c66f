"""The messages tab: what agents said to each other."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from ...core.runs import Message, Run
from ...core.store import Store
from ..facts import Lesson, teach
from ..keys import bindings
from ..lines import Line
from ..parts.talk import Cast, Pair, Talk, pair_of, talk_head
from ..trees.nodes import Node
from .line_list import LineList, OfLines, OneLine
from .message_search import MessageSearch, seq_at
from .page_tab import step_names
from .tree_view import TreeView

EMPTY = Lesson(
    "No messages yet",
    "A message is what one agent said to another, to a tool or to a person.",
    'run.message("planner", "searcher", "Look for the price of eggs")',
    "messages",
)

WIDEST = 150
"""Cells that a conversation takes at most: on a wider screen its times would stand far from its words."""

PAGES = 20
"""Pages that are read at once at most while none of the messages that are looked for is found."""


class Pages(NamedTuple):
    """The messages read so far: whole pages, and the last one, which may grow."""

    whole: tuple[Message, ...] = ()
    last: tuple[Message, ...] = ()
    after: str | None = None
    """Cursor that the last page was read from."""
    next: str | None = None
    """Cursor of the page that follows."""
    names: dict[str, str] = {}
    cast: Cast = Cast({})

    @property
    def all(self) -> tuple[Message, ...]:
        """Everything read so far."""
        return self.whole + self.last


class TalkLines(TreeView):
    """A conversation of which only the beginning may be read."""

    class Ended(OfLines):
        """The person wants to see its end."""

    def action_end(self) -> None:
        super().action_end()
        self.post_message(self.Ended(self))


class MessageTab(MessageSearch):
    """A conversation, read a page at a time as one goes down."""

    PLACE = "messages"
    BINDINGS = bindings("messages")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._more = False
        self._width = 0
        self._to_end = False
        """Whether the end is to be read, and gone to."""
        self.pair: Pair | None = None
        """The two whose messages alone are shown."""

    def compose(self) -> ComposeResult:
        yield OneLine(self._head, id="message-head")
        yield TalkLines()
        yield Input(placeholder="what was said, or by whom; enter, then n and N", id="message-search", compact=True)

    def _head(self, width: int) -> Line:
        if self.run is None or self.found is None:
            return []
        read = len(self.found.all)
        return talk_head(self.run, read, len(self.messages), self.pair, self.found.cast, self.glyphs)

    # Reading.

    def read(self, store: Store, run: Run) -> Pages:
        found: Pages = self.found or Pages()
        further, self._more = self._more, False
        for _ in range(PAGES):
            if further and found.next:
                found = found._replace(whole=found.all, last=(), after=found.next, next=None)
            page = store.runs.messages(run.id, after=found.after)
            found = found._replace(last=tuple(page.items), next=page.next, cast=Cast.of(page.items, found.cast))
            if not further or not found.next or any(map(self._is_sought, page.items)):
                break
        names = step_names(store, run, found.names, [message.step for message in found.all])
        return found._replace(names=names)

    def _is_sought(self, message: Message) -> bool:
        """Whether reading on may end with it."""
        if self._to_end:
            return False
        return (self.pair is None or pair_of(message) == self.pair) and (not self.word or self.has_word(message))

    def show(self, run: Run, found: Pages) -> None:
        super().show(run, found)
        self.set_class(not found.all, "empty")
        self.query_one(OneLine).refresh()
        if self._to_end and not self._more:
            self.lines.move_to(self.lines.count() - 1)
            self._to_end = self.read_on()
        elif self._onward and not self._more:
            self.go_on(1)

    def nodes(self, run: Run, found: Pages) -> Sequence[Node]:
        if not found.all:
            return teach(EMPTY, run)
        self.talk = self.talk or Talk(self.glyphs)
        pair = self.pair
        self.messages = found.all if pair is None else [one for one in found.all if pair_of(one) == pair]
        self._width = self.lines.size.width
        return self.talk.nodes(self.messages, found.cast, found.names, min(max(self._width, 20), WIDEST))

    def on_resize(self) -> None:
        if self.lines.size.width != self._width:
            self.draw_again()

    @on(LineList.Bottom)
    def read_on(self) -> bool:
        if not self.found or not self.found.next:
            return False
        if not self._more:
            self._more = True
            self.post_message(self.Reread())
        return True

    @on(TalkLines.Ended)
    def read_to_end(self) -> None:
        """Reads all that was said, many pages at once, and goes to the end of it."""
        self._to_end = self.read_on()

    # What the person does.

    def when_messages(self) -> bool:
        """Whether anything was said."""
        return self.current is not None

    def when_of_many(self) -> bool:
        """Whether there are more than two who talk."""
        return self.pair is not None or (self.found is not None and len(self.found.cast.places) > 2)

    def when_cut(self) -> bool:
        """Whether the message under the cursor is longer than its beginning."""
        return self.talk is not None and seq_at(self, self.lines.cursor) in self.talk.cut

    def when_of_step(self) -> bool:
        """Whether a step said what is under the cursor."""
        return self.current is not None and bool(self.current.step)

    @on(LineList.Chosen)
    def open_whole(self) -> None:
        """Shows a message to its last line, or its beginning again."""
        message = self.current
        if message and self.talk:
            self.talk.whole ^= {message.seq}
            self.draw_again()

    def action_pair(self) -> None:
        message = self.current
        self._show_pair(None if self.pair is not None or message is None else pair_of(message))

    def _show_pair(self, pair: Pair | None) -> None:
        here, self.pair = self.current, pair
        self.draw_again()
        if here:
            self._go_to(here.seq)
        self.query_one(OneLine).refresh()

    def _go_to(self, seq: int) -> None:
        places = [n for n in range(len(self.lines.rows)) if seq_at(self, n) == seq]
        said = [n for n in places if self.lines.rows[n].path.first not in ((seq, "gap"), (seq, "when"))]
        if places:
            self.lines.move_to((said or places)[0], center=True)

    def action_next_message(self, direction: int) -> None:
        if self.word:
            self.go_on(direction)
            return
        seqs = [one.seq for one in self.messages]
        message = self.current
        if message:
            at = seqs.index(message.seq) + direction
            if 0 <= at < len(seqs):
                self._go_to(seqs[at])
            elif direction > 0:
                self.read_on()

    def action_to_step(self) -> None:
        message = self.current
        if message and message.step:
            self.post_message(self.Jump("steps", message.step))
        else:
            self.notify("No step said it", markup=False)

    def back(self) -> bool:
        if self.stop_searching():
            return True
        if self.pair is None:
            return False
        self._show_pair(None)
        return True
