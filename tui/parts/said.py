"""What was read of a conversation: its beginning, and its newest part where what lies between is not read yet."""

from collections.abc import Callable
from typing import NamedTuple

from ...core.pages import Page
from ...core.runs import Message

PAGE = 200
"""Messages that are read at once."""

Ask = Callable[..., Page[Message]]
"""`RunRepository.messages` of one run."""


class Said(NamedTuple):
    """What was read so far. Each reading costs a page, whatever the length."""

    head: tuple[Message, ...] = ()
    """From the beginning on."""
    tail: tuple[Message, ...] = ()
    """The newest, where some between are not read; else empty."""
    sure: int = 0
    """So many of the beginning are not looked at again; what follows is of the newest page, which may grow."""
    ends: bool = False
    """Whether nothing follows what was read of the beginning."""

    @property
    def all(self) -> tuple[Message, ...]:
        """Everything read so far."""
        return self.head + self.tail

    def again(self, ask: Ask) -> "Said":
        """With what came since."""
        if self.tail:
            # What follows is told by the next look: of what comes quicker than it is read, nothing is left out.
            page = ask(after=self.tail[-1].cursor(), limit=PAGE)
            return self._replace(tail=self.tail + tuple(page.items))
        page = ask(after=self.head[self.sure - 1].cursor() if self.sure else None, limit=PAGE)
        return self._replace(head=self.head[: self.sure] + tuple(page.items), ends=page.next is None)

    def on(self, ask: Ask) -> "Said":
        """With the page that follows the beginning."""
        page = ask(after=self.head[-1].cursor() if self.head else None, limit=PAGE)
        head = self.head + tuple(page.items)
        return self._replace(head=head, sure=len(self.head), ends=page.next is None)._met()

    def back(self, ask: Ask) -> "Said":
        """With the page before the newest part."""
        page = ask(before=self.tail[0].cursor(), limit=PAGE)
        return self._replace(tail=tuple(page.items) + self.tail)._met(whole=page.previous is None)

    def newest(self, ask: Ask) -> "Said":
        """With the newest page."""
        page = ask(last=True, limit=PAGE)
        return self._replace(tail=tuple(page.items))._met(whole=page.previous is None)

    def _met(self, *, whole: bool = False) -> "Said":
        """One part, if nothing lies between the two any more."""
        if not self.tail:
            return self._replace(ends=self.ends or whole)
        end = self.head[-1].seq if self.head else 0
        if self.tail[0].seq > end and not (self.ends or whole):
            return self
        head = self.head + tuple(one for one in self.tail if one.seq > end)
        return Said(head=head, sure=max(len(head) - PAGE + 1, 0), ends=True)
