"""The search of the messages tab: from one message that has a text to the next, opened where it stands in it."""

from collections.abc import Sequence

from textual import on
from textual.widgets import Input

from ...core.runs import Message
from ..lines import one_line
from ..logs.pattern import LogPattern
from ..parts.talk import Talk, spoken
from .page_tab import PageTab


class MessageSearch(PageTab):
    """A text that is looked for in what was said, also in what was not read before."""

    word = ""
    """What is searched for, case-folded; empty if nothing is."""
    talk: Talk | None = None
    messages: Sequence[Message] = ()
    """Those that are shown, of what was read."""
    _onward = 0
    """In which direction the search goes on as soon as more is read; 0 if it does not."""

    @property
    def current(self) -> Message | None:
        """The message under the cursor."""
        seq = seq_at(self, self.lines.cursor)
        return next((one for one in self.messages if one.seq == seq), None)

    def other_choose(self) -> bool:
        """Whether the message under the cursor is shown whole."""
        return self.talk is not None and seq_at(self, self.lines.cursor) in self.talk.whole

    def has_word(self, message: Message) -> bool:
        """Whether it says what is searched for, or one who is called so says it."""
        said = (message.sender, message.recipient, spoken(message.content)[0])
        return any(self.word in text.casefold() for text in said)

    def read_on(self) -> bool:
        """Reads the next page, and further ones up to a match; False if all is read."""
        raise NotImplementedError

    def reads_between(self) -> bool:
        """Reads what lies between two parts that were read; False if nothing does."""
        raise NotImplementedError

    def action_search(self) -> None:
        self.add_class("searching")
        box = self.query_one("#message-search", Input)
        box.value = ""
        box.focus()

    @on(Input.Submitted, "#message-search")
    def look_for(self, message: Input.Submitted) -> None:
        """Goes to the first place from the cursor on; `n` and `N` go on from there."""
        self.remove_class("searching")
        self.lines.focus()
        self._light(message.value.strip())
        if self.word:
            self.go_on(1, itself=True)

    def _light(self, typed: str) -> None:
        self.word = typed.casefold()
        if self.talk:
            # Searches of logs may be expressions; here is plain text alone, for nothing may hold up the screen.
            self.talk.pattern = LogPattern("" if typed.startswith("/") else typed)
        self.draw_again()

    def stop_searching(self) -> bool:
        """Leaves the search; False if there is none."""
        if not self.word and not self.has_class("searching"):
            return False
        self.remove_class("searching")
        self._onward = 0
        self._light("")
        self.lines.focus()
        return True

    def go_on(self, direction: int, *, itself: bool = False) -> None:
        """Goes to the next place that has the word, or reads on to it."""
        if self.reads_between():
            self._onward = direction
            return
        here = self.current
        at = next((n for n, one in enumerate(self.messages) if here and one.seq == here.seq), 0)
        if self._in_message(at, direction, itself=itself):
            return
        rest = range(at, len(self.messages)) if direction > 0 else range(at, -1, -1)
        later = next((n for n in rest if (n != at or itself) and self.has_word(self.messages[n])), None)
        if later is not None:
            self._onward = 0
            self._open(self.messages[later], direction)
        elif direction > 0 and not self._onward and self.read_on():
            self._onward = 1
        else:
            self._onward = 0
            self.notify(f"{one_line(self.word, 60)} is not found further on", markup=False)

    def _in_message(self, at: int, direction: int, *, itself: bool) -> bool:
        """Whether a further line in sight of the message under the cursor has it, where the cursor then goes."""
        if not self.messages:
            return False
        seq, rows = self.messages[at].seq, self.lines.rows
        place = self.lines.cursor + (0 if itself else direction)
        while 0 <= place < len(rows) and seq_at(self, place) == seq:
            if self._says(place):
                self.lines.move_to(place, center=True)
                return True
            place += direction
        return False

    def _open(self, message: Message, direction: int) -> None:
        """Shows a message whole, and goes to the first line that has the word, or the last one upwards."""
        if self.talk and message.seq in self.talk.cut:
            self.talk.whole.add(message.seq)
            self.draw_again()
        places = [n for n in range(len(self.lines.rows)) if seq_at(self, n) == message.seq]
        said = [n for n in places if self._says(n)] or places
        if said:
            self.lines.move_to(said[0 if direction > 0 else -1], center=True)

    def _says(self, place: int) -> bool:
        line = self.lines.rows[place].node.line
        return isinstance(line, list) and self.word in "".join(text for text, _ in line).casefold()


def seq_at(tab: PageTab, place: int) -> int | None:
    """The message that a line belongs to."""
    rows = tab.lines.rows
    key = rows[place].path.first if place < len(rows) else None
    return key[0] if isinstance(key, tuple) else None
