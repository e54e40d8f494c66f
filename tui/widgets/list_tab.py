"""Tabs of place 5 that are a list which is read a page at a time."""

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.strip import Strip

from ...core.errors import NotSupported
from ...core.pages import Page
from ...core.store import Store
from ...core.text import cells
from ..hinting import hint
from ..lines import Columns, Line, one_line
from ..loading import Loader
from .empty import in_the_middle
from .line_list import LineList, OneLine
from .strips import strip_of

T = TypeVar("T")

PAGE = 200
"""Lines that are read at once."""
MOST = 2000
"""Lines up to which a list that has changed is read again as far as it was."""
SCROLL_BAR = 1


class Table(NamedTuple):
    """The columns of a list."""

    heads: tuple[str, ...]
    align: str
    wide: int
    drop: tuple[int, ...]
    names: dict[int, int]
    """Cells that a column takes at most."""
    least: int = Columns.LEAST
    """Cells that the wide column keeps before others are left out."""


class PagedLines(LineList, Generic[T]):
    """Lines of a table, as many as were read."""

    def __init__(self, table: Table, cells_of: Callable[[T], list[str]], inks_of: Callable[[T], list[str]]) -> None:
        super().__init__(classes="keeps-cursor")
        self.items: list[T] = []
        self._table, self._cells, self._inks = table, cells_of, inks_of
        self._keys: Callable[[T], Hashable] = id
        self._columns = Columns(table.heads, [], align=table.align, wide=table.wide, drop=table.drop, least=table.least)
        self._empty: Sequence[Line] = []

    def keyed(self, key: Callable[[T], Hashable]) -> "PagedLines[T]":
        """What a line is known by."""
        self._keys = key
        return self

    def show(self, items: list[T], empty: Sequence[Line]) -> None:
        """Shows these instead."""
        self._empty = empty
        self.lines_changed(lambda: self._take(items))

    def _take(self, items: list[T]) -> None:
        self.items = items
        table, rows = self._table, [self._cells(one) for one in items[:PAGE]]
        narrow = [[_fit(cell, table.names.get(n, 999)) for n, cell in enumerate(row)] for row in rows]
        self._columns = Columns(
            table.heads, narrow, align=table.align, wide=table.wide, drop=table.drop, least=table.least
        )

    @property
    def current(self) -> T | None:
        """What the cursor is on."""
        return self.items[self.cursor] if self.cursor < len(self.items) else None

    def count(self) -> int:
        return len(self.items)

    def key_at(self, index: int) -> Hashable:
        return self._keys(self.items[index])

    def draw(self, index: int, width: int) -> Line:
        one = self.items[index]
        return self._columns.draw(self._cells(one), self._inks(one), width - SCROLL_BAR)

    def head(self, width: int) -> Line:
        """The line of titles."""
        return self._columns.head(width - SCROLL_BAR) if self.items else []

    def render_line(self, y: int) -> Strip:
        if self.count():
            return super().render_line(y)
        return strip_of(self, in_the_middle(self._empty, y, self.size), self.size.width)


def _fit(text: str, most: int) -> str:
    return text if cells(text) <= most else text[:most]


class Read(NamedTuple):
    """What one reading brought."""

    items: list[Any]
    next: str | None
    whole: bool
    """Whether it is all there is to be shown, and not more of it."""
    refused: str = ""
    """Why there is nothing of the kind here."""


class ListTab(Container, Generic[T]):
    """Reads while it is looked at: a page, more of them as one comes to the end, and anew when the store changed."""

    TABLE: Table

    def __init__(self, store: Store, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.store = store
        self.next: str | None = None
        self.refused = ""
        self.ready = self.behind = False
        self._more = self._adds = False
        self.opening = asyncio.Event()
        """Set when what was asked for is shown: keys wait for that."""
        self._loading = self.opening
        self.loader: Loader[Read] = Loader(self, self._prepare, self._loaded, every=0.5, rest=4.0)

    def compose(self) -> ComposeResult:
        lines: PagedLines[T] = PagedLines(self.TABLE, self.cells_of, self.inks_of).keyed(self.key_of)
        detail = OneLine(self._detail)
        detail.add_class("tab-detail")
        yield OneLine(lines.head)
        yield lines
        yield detail

    @property
    def rows(self) -> PagedLines[T]:
        """The lines."""
        return self.query_one(PagedLines)

    # What a tab answers.

    @abstractmethod
    def read(self, limit: int, after: str | None) -> Page[T]:
        """A page, asked for in a thread."""

    @abstractmethod
    def cells_of(self, one: T) -> list[str]:
        """The cells of a line."""

    @abstractmethod
    def inks_of(self, one: T) -> list[str]:
        """Their inks."""

    @abstractmethod
    def key_of(self, one: T) -> Hashable:
        """What a line is known by."""

    @abstractmethod
    def detail_of(self, one: T) -> Line:
        """What is to be said of the line under the cursor."""

    @abstractmethod
    def empty_lines(self) -> Sequence[Line]:
        """What stands where nothing is."""

    # Reading.

    def look(self) -> None:
        """The store may have changed: it is read again if anybody looks."""
        self.behind = True
        if self.display and self.screen.is_current:
            self.loader.request()

    def again(self) -> None:
        """Something else is to be shown, from the beginning."""
        self.rows.show([], [])
        self.next, self.opening = None, asyncio.Event()
        self.loader.request(at_once=True)

    def _prepare(self) -> Callable[[], Read]:
        more, self._more = self._more and self.next is not None, False
        self._adds = more
        limit = PAGE if more else min(max(len(self.rows.items), PAGE), MOST)
        self.behind, self._loading = self.behind and more, self.opening
        return partial(self._read, limit, self.next if more else None)

    def _read(self, limit: int, after: str | None) -> Read:
        try:
            page = self.read(limit, after)
        except NotSupported as error:
            return Read([], None, True, error.what)
        return Read(page.items, page.next, after is None)

    def _loaded(self, found: Read) -> None:
        self.ready, self.refused, self._adds = True, found.refused, False
        self.next = found.next
        items = found.items if found.whole else [*self.rows.items, *found.items]
        refused: list[Line] = [[(one_line(found.refused, 200), "muted")]]
        self.rows.show(items, refused if found.refused else self.empty_lines())
        self.redraw()
        self._loading.set()
        if self.behind:
            self.loader.request()

    @on(LineList.Bottom)
    def _bottom(self) -> None:
        # While the list is read anew, the wish for more is kept: who stands at the end does not ask twice.
        if self.next is not None and not (self.loader.busy and self._adds):
            self._more = True
            self.loader.request(at_once=True)

    # Drawing.

    def redraw(self) -> None:
        """Draws the lines above and below the list anew."""
        for line in self.query(OneLine):
            line.refresh()
        self.screen.query("#retention-tabs").refresh()

    @on(LineList.Moved)
    def _moved(self) -> None:
        self.query_one(".tab-detail").refresh()

    def _detail(self, width: int) -> Line:
        one = self.rows.current
        return self.detail_of(one) if one is not None else []

    def right_title(self) -> Line:
        """How many there are, for the line of the frame above."""
        more = "+" if self.next is not None else ""
        return [(f" {len(self.rows.items):,}{more} ", "text")] if self.ready else []

    @property
    def chosen(self) -> T | None:
        """What a key is about: the line under the cursor; says so where there is none."""
        if self.rows.current is None:
            hint(self, "nothing is listed here")
        return self.rows.current
