"""The messages tab: what agents said to each other."""

from collections.abc import Sequence
from functools import partial
from typing import Literal, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.widgets import Input

from ...core.runs import FINISHED, Message, Run
from ...core.store import Store
from ..facts import Lesson, teach
from ..hinting import hint
from ..keys import bindings
from ..lines import Line
from ..parts.said import Ask, Said
from ..parts.talk import UNREAD, Cast, Pair, Talk, pair_of, talk_head, unread
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

NONE = "no message is under the cursor"

PAGES = 20
"""Pages that are read at once at most while none of the messages that are looked for is found."""


class Found(NamedTuple):
    """What was read so far, and the names in it."""

    said: Said = Said()
    names: dict[str, str] = {}
    cast: Cast = Cast({})


Way = Literal["", "on", "back", "newest"]
"""What is to be read: what came since, a page further on, the one before the newest part, the newest one."""


class TalkLines(TreeView):
    """A conversation of which only the beginning may be read, or only the end, or these two."""

    class Ended(OfLines):
        """The person wants to see its end."""

    class Begun(OfLines):
        """The person wants to see its beginning."""

    def action_home(self) -> None:
        self.post_message(self.Begun(self))
        super().action_home()

    def action_end(self) -> None:
        self.post_message(self.Ended(self))  # before the list says that its last lines are in sight
        super().action_end()


class MessageTab(MessageSearch):
    """A conversation, read a page at a time as one goes down, or up from its end."""

    PLACE = "messages"
    BINDINGS = bindings("messages")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._way: Way = ""
        self._width = 0
        self._to_end = False
        """Whether the end is to be read, and gone to."""
        self._beside: tuple[int, int] | None = None
        """The message beside which what is being read comes to stand, and on which side: there one goes on."""
        self._was: int | None = None
        """The message that the cursor was on last."""
        self.pair: Pair | None = None
        """The two whose messages alone are shown."""

    def compose(self) -> ComposeResult:
        yield OneLine(self._head, id="message-head")
        yield TalkLines()
        yield Input(placeholder="what was said, or by whom; enter, then n and N", id="message-search", compact=True)

    def _head(self, width: int) -> Line:
        if self.run is None or self.found is None:
            return []
        return talk_head(self.run, self.found.said, len(self.messages), self.pair, self.found.cast, self.glyphs)

    # Reading.

    def read(self, store: Store, run: Run) -> Found:
        found: Found = self.found or Found()
        way, self._way = self._way, ""
        said = self._said(found.said, way, partial(store.runs.messages, run.id), run)
        names = step_names(store, run, found.names, [message.step for message in said.all])
        return Found(said, names, Cast.of(said.all, found.cast))

    def _said(self, said: Said, way: Way, ask: Ask, run: Run) -> Said:
        if not said.all:
            # What goes on is looked at for what is new.
            return said.on(ask) if run.status in FINISHED else said.newest(ask)
        if way in ("", "newest"):
            return said.newest(ask) if way and not said.tail else said.again(ask)
        for _ in range(PAGES):
            known = {one.seq for one in said.all}
            said = said.back(ask) if way == "back" else said.on(ask)
            if (said.ends and not said.tail) or any(self._is_sought(one) for one in said.all if one.seq not in known):
                break
        return said

    def _is_sought(self, message: Message) -> bool:
        """Whether reading on may end with it."""
        if self._to_end:
            return False
        return (self.pair is None or pair_of(message) == self.pair) and (not self.word or self.has_word(message))

    def show(self, run: Run, found: Found) -> None:
        is_first = self.found is None
        super().show(run, found)
        self.set_class(not found.said.all, "empty")
        self.query_one(OneLine).refresh()
        if self._way:
            return
        if self._beside is not None:
            (seq, side), self._beside = self._beside, None
            self._step_from(seq, side)
        elif self._to_end or (is_first and found.said.tail):
            self.lines.move_to(self.lines.count() - 1)
            self._to_end = self._to_end and self._reads_all()
        elif self._onward:
            self.go_on(self._onward)

    def nodes(self, run: Run, found: Found) -> Sequence[Node]:
        said = found.said
        if not said.all:
            return teach(EMPTY, run)
        self.talk = self.talk or Talk(self.glyphs)
        self._width = self.lines.size.width
        width = min(max(self._width, 20), WIDEST)
        head, tail = self._shown(said.head), self._shown(said.tail)
        self.messages = [*head, *tail]
        nodes = self.talk.nodes(head, found.cast, found.names, width)
        if said.tail:
            nodes += [unread(run.messages - len(said.all), self.glyphs, width)]
            nodes += self.talk.nodes(tail, found.cast, found.names, width)
        return nodes

    def _shown(self, messages: Sequence[Message]) -> Sequence[Message]:
        return messages if self.pair is None else [one for one in messages if pair_of(one) == self.pair]

    def on_resize(self) -> None:
        if self.lines.size.width != self._width:
            self.draw_again()

    @property
    def _is_narrow(self) -> bool:
        """Whether only some messages are wanted: which, is not known before they are read."""
        return self.pair is not None or bool(self.word)

    def _ask(self, way: Way) -> bool:
        if not self._way:
            self.post_message(self.Reread())
        if not self._way or way == "newest":
            self._way = way
        return True

    @on(LineList.Bottom)
    def read_on(self) -> bool:
        if not self.found or self.found.said.ends or self.found.said.tail or (self._to_end and not self._is_narrow):
            return False
        return self._ask("on")

    def reads_between(self) -> bool:
        return bool(self.found and self.found.said.tail) and self._ask("on")

    def _reads_all(self) -> bool:
        """Reads everything that is not read yet, where only some of it is wanted; False if nothing is left."""
        return self._is_narrow and (self.read_on() or self.reads_between())

    @on(TalkLines.Ended)
    def read_to_end(self) -> None:
        """Reads the newest page, and goes to its end; where only some are wanted, all that was said before it too."""
        if self._is_narrow:
            self._to_end = self._reads_all()
        elif self.found and not self.found.said.ends and not self.found.said.tail:
            self._to_end = self._ask("newest")

    @on(TalkLines.Begun)
    def read_beginning(self) -> None:
        """Reads the first page where only the end was read."""
        if self.found and self.found.said.tail and not self.found.said.head:
            self._beside = (0, 1)
            self._ask("on")

    @on(LineList.Moved)
    def read_here(self) -> None:
        """Reads what is missing where the cursor comes to: the page before what it comes from below of, or after."""
        row, said = self.lines.current, self.found.said if self.found else Said()
        if row is None or row.path.first != UNREAD:
            self._was = seq_at(self, self.lines.cursor)
        elif said.tail and not self._way:
            below = self._was is None or self._was >= said.tail[0].seq
            self._beside = (said.tail[0].seq, -1) if below else (said.head[-1].seq, 1)
            self._ask("back" if below else "on")

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

    def other_pair(self) -> bool:
        """Whether what two say to each other is shown alone."""
        return self.pair is not None

    def action_pair(self) -> None:
        if self.pair or self.current:
            self._show_pair(None if self.pair or not self.current else pair_of(self.current))
        else:
            hint(self, NONE)

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
        if message is None:
            hint(self, NONE)
            return
        at = seqs.index(message.seq) + direction
        if 0 <= at < len(seqs):
            self._step_from(message.seq, direction)
        elif direction < 0 or not self.read_on():
            hint(self, "nothing was said after this" if direction > 0 else "nothing was said before this")

    def _step_from(self, seq: int, direction: int) -> None:
        """Goes to the next message on a side of one; if it is not read yet, to the line that says so, which reads."""
        later = [one.seq for one in self.messages if (one.seq > seq) is (direction > 0) and one.seq != seq]
        if not later:
            return
        to = later[0] if direction > 0 else later[-1]
        first = self.found.said.tail[0].seq if self.found.said.tail else 0
        gap = self.lines.find(UNREAD)
        if gap is not None and min(seq, to) < first <= max(seq, to):
            self.lines.move_to(gap, center=True)
        else:
            self._go_to(to)

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
