"""The messages tab: what agents said to each other."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import on

from ...core.runs import Message, Run
from ...core.store import Store
from ..facts import teach
from ..nodes import Node
from ..part_nodes import message_nodes
from .line_list import LineList
from .page_tab import PageTab, step_names

EMPTY = teach(
    "No messages yet",
    "A message is what one agent said to another, to a tool or to a person.",
    'run.message("planner", "searcher", "Look for the price of eggs")',
)


class Pages(NamedTuple):
    """The messages read so far: whole pages, and the last one, which may grow."""

    whole: tuple[Message, ...] = ()
    last: tuple[Message, ...] = ()
    after: str | None = None
    """Cursor that the last page was read from."""
    next: str | None = None
    """Cursor of the page that follows."""
    names: dict[str, str] = {}

    @property
    def all(self) -> tuple[Message, ...]:
        """Everything read so far."""
        return self.whole + self.last


class MessageTab(PageTab):
    """A conversation, read a page at a time as one goes down."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._more = False

    def read(self, store: Store, run: Run) -> Pages:
        found: Pages = self.found or Pages()
        if self._more and found.next:
            found = Pages(found.all, (), found.next, None, found.names)
        self._more = False
        page = store.runs.messages(run.id, after=found.after)
        names = step_names(store, run, found.names, [message.step for message in page.items])
        return Pages(found.whole, tuple(page.items), found.after, page.next, names)

    def nodes(self, run: Run, found: Pages) -> Sequence[Node]:
        if not found.all:
            return EMPTY
        return message_nodes(found.all, found.names, self.glyphs)

    @on(LineList.Bottom)
    def read_on(self) -> None:
        """Reads the next page."""
        if self.found and self.found.next and not self._more:
            self._more = True
            self.post_message(self.Reread())
