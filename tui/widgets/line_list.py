"""The list of lines that the whole run screen is made of: a cursor, scrolling, lines drawn as they are seen."""

import re
from collections.abc import Callable, Hashable

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from ..glyphs import Glyphs, glyphs_of
from ..keys import bindings
from ..lines import Line
from .clicks import Clicks
from .strips import plain_scroll_bar, strip_of


class OneLine(Widget):
    """A single line that is drawn anew for every width: titles, heads, bottom lines."""

    DEFAULT_CSS = "OneLine { height: 1; }"

    def __init__(self, draw: Callable[[int], Line] | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw = draw

    def show(self, draw: Callable[[int], Line]) -> None:
        """Draws something else from now on."""
        self._draw = draw
        self.refresh()

    def render_line(self, y: int) -> Strip:
        return strip_of(self, self.line(self.size.width) if y == 0 else [], self.size.width)

    def line(self, width: int) -> Line:
        """What stands there now, in so many cells."""
        return self._draw(width) if self._draw else []


class HeadLine(OneLine):
    """The titles of columns: a click on one asks to sort by it."""

    class Picked(Message):
        """The person clicked on a title."""

        def __init__(self, title: str) -> None:
            super().__init__()
            self.title = title

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        line = "".join(text for text, _ in self.line(self.size.width))
        title = title_at(line, place.x) if place is not None else ""
        if title:
            self.post_message(self.Picked(title))


def title_at(line: str, cell: int) -> str:
    """The title that stands at a cell of a line, or nearest to it; empty where there is none."""
    titles = list(re.finditer(r"[^ ]+(?: [^ ]+)*", line))
    near = min(titles, key=lambda one: max(one.start() - cell, cell - one.end() + 1, 0), default=None)
    return near.group().rstrip("\u2191\u2193^v ") if near is not None else ""


class OfLines(Message):
    """What a list says of itself: who hears it may ask for one list, `@on(LineList.Moved, "#steps")`."""

    def __init__(self, lines: "LineList") -> None:
        super().__init__()
        self.lines = lines

    @property
    def control(self) -> "LineList":
        return self.lines


class LineList(ScrollView, can_focus=True):
    """A scrolling list with a cursor that belongs to a key, not to a place.

    A subclass answers `count`, `key_at` and `draw`, and calls `lines_changed()` around a change.
    Only lines in sight are ever drawn.
    """

    DEFAULT_CSS = "LineList { overflow-x: hidden; overflow-y: auto; height: 1fr; scrollbar-size-vertical: 1; }"
    BINDINGS = bindings("moves")

    cursor: var[int] = var(0, init=False)

    class Moved(OfLines):
        """The cursor is on another line."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, LineList.Moved) and message.lines is self.lines

    class Chosen(OfLines):
        """The person wants to look into the line under the cursor."""

    class Bottom(Message):
        """The last lines come into sight."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, LineList.Bottom)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.drawn = 0
        """Lines drawn so far: what a test counts."""
        self._strips: dict[tuple[int, int, bool], Strip] = {}
        self._height = 0
        self._clicks = Clicks()

    # What a subclass answers.

    def count(self) -> int:
        """How many lines there are."""
        return 0

    def key_at(self, index: int) -> Hashable:
        """What the line is about."""
        return index

    def find_key(self, key: Hashable) -> int | None:
        """The line that is about it."""
        return next((n for n in range(self.count()) if self.key_at(n) == key), None)

    def draw(self, index: int, width: int) -> Line:
        """The line; it may be longer than `width`, then it is cut."""
        return []

    def when_line(self) -> bool:
        """Whether something is under the cursor."""
        return self.count() > 0

    # Drawing.

    @property
    def across(self) -> int:
        """Cells that a line has beside the scroll bar, which is there where not all lines fit."""
        return self.size.width - (self.count() > self.size.height)

    def lines_changed(self, change: Callable[[], None]) -> None:
        """Makes a change, and keeps the cursor and what is in sight where they were, by key."""
        top, height = self.scroll_offset.y, max(self.size.height, 1)
        cursor, anchor = self._key(self.cursor), self._key(top)
        in_sight = top <= self.cursor < top + height
        offset = self.cursor - top
        change()
        self._strips.clear()
        self.virtual_size = Size(self.size.width, self.count())
        found = self._place(cursor)
        self.set_reactive(LineList.cursor, max(0, min(self.cursor if found is None else found, self.count() - 1)))
        seen = None if cursor is None else self.cursor - offset if in_sight else self._place(anchor)
        if seen is not None:
            self.scroll_to(y=max(seen, 0), animate=False, immediate=True, force=True)
        self.refresh()
        self.refresh_bindings()

    def _key(self, index: int) -> Hashable | None:
        return self.key_at(index) if 0 <= index < self.count() else None

    def _place(self, key: Hashable | None) -> int | None:
        return None if key is None else self.find_key(key)

    def redraw(self) -> None:
        """Draws the lines in sight anew."""
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def on_mount(self) -> None:
        super().on_mount()  # type: ignore[no-untyped-call]
        plain_scroll_bar(self)

    def on_resize(self) -> None:
        self._strips.clear()
        self.virtual_size = Size(self.size.width, self.count())
        # A cursor that was in sight stays so: also when another pane takes its place, or at the first layout.
        if self._height == 0 or self.scroll_offset.y <= self.cursor < self.scroll_offset.y + self._height:
            self.call_after_refresh(self._into_sight)
        self._height = self.size.height

    def render_line(self, y: int) -> Strip:
        width, index = self.size.width, y + self.scroll_offset.y
        if index >= self.count():
            return Strip.blank(width, self.rich_style)
        cursor = index == self.cursor and self.shows_cursor
        place = (index, width, cursor)
        strip = self._strips.get(place)
        if strip is None:
            if len(self._strips) > 1000:
                self._strips.clear()
            self.drawn += 1
            strip = self._strips[place] = strip_of(
                self, self.draw(index, width), width, cursor=cursor, held=not self.has_focus
            )
        return strip

    @property
    def shows_cursor(self) -> bool:
        """Whether the cursor's line is laid out: always where it stands for what another pane shows."""
        return self.has_focus or self.has_class("keeps-cursor")

    @property
    def glyphs(self) -> Glyphs:
        """The signs in use."""
        return glyphs_of(self)

    def on_focus(self) -> None:
        self.redraw()

    def on_blur(self) -> None:
        self.redraw()

    # Moving.

    async def handle_key(self, event: events.Key) -> bool:
        """Keys mean what the table of keys says: Textual by itself would call `key_at` for the key `@`."""
        return False

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if new_value > old_value and new_value >= self.max_scroll_y - self.size.height:
            self.post_message(self.Bottom())

    def move_to(self, index: int, *, center: bool = False) -> None:
        """Puts the cursor on a line and brings it into sight."""
        self.cursor = max(0, min(index, self.count() - 1))
        self._into_sight(center)

    def _into_sight(self, center: bool = False) -> None:
        height = self.size.height
        region = Region(0, self.cursor, 1, 1)
        if height and not (self.scroll_offset.y <= self.cursor < self.scroll_offset.y + height):
            self.scroll_to_region(region, animate=False, center=center, immediate=True, force=True)

    def watch_cursor(self, before: int, after: int) -> None:
        if before != after:
            self.refresh()
            self.refresh_bindings()
            self.post_message(self.Moved(self))

    def action_cursor_down(self) -> None:
        self.move_to(self.cursor + 1)

    def action_cursor_up(self) -> None:
        self.move_to(self.cursor - 1)

    def action_page_down(self) -> None:
        self.move_to(self.cursor + max(self.size.height - 1, 1))

    def action_page_up(self) -> None:
        self.move_to(self.cursor - max(self.size.height - 1, 1))

    def action_home(self) -> None:
        self.move_to(0)

    def action_end(self) -> None:
        self.move_to(self.count() - 1)

    def action_choose(self) -> None:
        if self.count():
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        if self._clicks.is_second(self._key(self.cursor), event):
            self.action_choose()
        elif (index := self.line_at(event)) is not None:
            self.move_to(index)
            self._clicks.chose(self._key(index), event)

    def line_at(self, event: events.Click) -> int | None:
        """The line that was clicked on."""
        place = event.get_content_offset(self)  # the first cell of all is one too, though its offset is false
        index = place.y + self.scroll_offset.y if place is not None else self.count()
        return index if index < self.count() else None
