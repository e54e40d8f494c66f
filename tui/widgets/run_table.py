"""The run list on screen: draws the lines in sight of a `RunList` that may be a million long."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ...core import clock
from ...core.pages import Sort
from ...core.runs import Run
from ..glyphs import glyphs_of
from ..keys import bindings
from ..lines import Line
from ..live.watching import watching_of
from ..runs.columns import NARROW, SORTS, Context, Needs, Slot, group_line, head_line, needs, run_line, slots, wanted
from ..runs.run_lines import LIVE
from ..runs.run_list import RunList
from ..runs.sections import Head
from .clicks import Clicks
from .strips import plain_scroll_bar, strip_of

HEAD = 1
"""Lines above the first run: the titles."""


class Drawn(NamedTuple):
    """What a line on screen shows; one that is equal is not drawn again."""

    line: object
    cursor: bool
    marked: bool
    watched: bool = False


class RunTable(ScrollView, can_focus=True):
    """Titles, then runs. It owns no data: `run_list` is what it shows, and whoever changes that calls `sync`."""

    BINDINGS = bindings("moves")
    DEFAULT_CSS = """
    RunTable { height: 1fr; overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; }
    """

    class Looked(Message):
        """Other lines are in sight, or the cursor moved: there may be something to read, or to preview."""

        def __init__(self, table: "RunTable") -> None:
            super().__init__()
            self.table = table

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RunTable.Looked)

    class Chosen(Message):
        """The person wants to look into the line under the cursor."""

    class DrawnOver(Message):
        """The mouse was drawn from a run to the line that the cursor is on now."""

        def __init__(self, start: str) -> None:
            super().__init__()
            self.start = start

    class SortChosen(Message):
        """The person clicked a title."""

        def __init__(self, sort: Sort) -> None:
            super().__init__()
            self.sort = sort

    def __init__(self, run_list: RunList) -> None:
        super().__init__()
        self.run_list = run_list
        self.painted = 0
        """Lines drawn so far: what a test counts."""
        self._drawn: list[Drawn] = []
        self._slots: list[Slot] = []
        self._fitted = Size()  # what the columns, and the list, were last told of
        self._needs: Needs = {}
        self._syncing = False
        self._clicks = Clicks()
        self._pressed = ""
        """The run on which the mouse was pressed, while it is."""
        self._under: Collection[str] = ()
        """The runs that it is drawn over."""

    # --- drawing -----------------------------------------------------------------------------------

    @property
    def rows(self) -> int:
        """Runs that are in sight."""
        return max(self.size.height - HEAD, 1)

    def sync(self, *, whole: bool = False) -> None:
        """Shows what the list holds now: scrolls to its top, and draws the lines that differ."""
        self._syncing = True
        self._fit()
        try:
            self.virtual_size = Size(self.size.width, self.run_list.lines + HEAD)
            if round(self.scroll_y) != self.run_list.top:
                self.scroll_to(y=self.run_list.top, animate=False, force=True, immediate=True)
            self.run_list.look(round(self.scroll_y), self.rows)
        finally:
            self._syncing = False
        watched = self._watched()
        shown = [self._state(self.run_list.top + y, watched) for y in range(self.rows)]
        whole = whole or len(shown) != len(self._drawn)
        news = range(len(shown)) if whole else [y for y, drawn in enumerate(shown) if drawn != self._drawn[y]]
        if self._make_room([shown[y].line for y in news]) or whole:
            self.refresh()
        else:
            self._refresh_rows(news)
        self._drawn = shown
        self.refresh_bindings()

    def _make_room(self, lines: Iterable[object]) -> bool:
        """Widens columns for names that are longer than any before; whether it did."""
        context, before, placed = self._cell_context(), dict(self._needs), self._slots
        for line in lines:
            if isinstance(line, Run):
                for title, need in needs(line, context).items():
                    self._needs[title] = max(self._needs.get(title, 0), need)
        if self._needs == before:
            return False
        self._fit()
        return self._slots != placed

    @property
    def wanted(self) -> int:
        """Cells in which nothing of what was seen so far is cut."""
        return wanted(self._needs)

    def _fit(self) -> None:
        self._fitted = self.size
        self._slots = slots(self._fitted.width, self._needs)

    def tick(self) -> None:
        """A second has passed: lines of runs that go on are drawn again."""
        lines = enumerate(drawn.line for drawn in self._drawn)
        self._refresh_rows([y for y, line in lines if isinstance(line, Run) and line.status in LIVE])

    def _refresh_rows(self, rows: Iterable[int]) -> None:
        width = self.size.width
        if regions := [Region(0, y + HEAD, width, 1) for y in rows]:  # without one, all would be drawn
            self.refresh(*regions)

    def _watched(self) -> Collection[str]:
        watching = watching_of(self)
        return watching.ids if watching is not None else ()

    def _state(self, number: int, watched: Collection[str]) -> Drawn:
        """How a line is now; who asks for several looks once which runs are watched."""
        line, cursor = self.run_list.line(number), number == self.run_list.cursor_line
        if not isinstance(line, Run):
            return Drawn(line, line is not None and cursor, False)
        marked = line.id in self.run_list.marks or line.id in self._under
        return Drawn(line, cursor, marked, line.id in watched)

    def render_line(self, y: int) -> Strip:
        self.painted += 1
        size = self.size
        if size != self._fitted:
            # Displayed again, a widget is not told of its size when the screen took it for displayed already.
            self._fit()
            self.call_later(self.on_resize)
        if y < HEAD:
            return strip_of(self, head_line(self._slots, self.run_list.sort, glyphs_of(self)), size.width)
        number = self.run_list.top + y - HEAD
        if number >= self.run_list.lines:
            return Strip.blank(size.width, self.rich_style)
        state = self._state(number, self._watched())
        return strip_of(self, self._line(state), size.width, cursor=state.cursor)

    def _cell_context(self) -> Context:
        return Context(clock.now_s(), glyphs_of(self), self.size.width < NARROW)

    def _line(self, state: Drawn) -> Line:
        context = self._cell_context()
        if isinstance(state.line, Run):
            shown = {"cursor": state.cursor, "marked": state.marked, "watched": state.watched}
            return run_line(state.line, self._slots, context, **shown)
        if isinstance(state.line, Head):
            return group_line(state.line, self._slots, context, cursor=state.cursor)
        return [("     ", "faint"), (context.glyphs.ellipsis, "faint")]

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def on_mount(self) -> None:
        super().on_mount()  # type: ignore[no-untyped-call]
        plain_scroll_bar(self)

    def on_hide(self, event: events.Hide) -> None:
        if self.display:
            # It is back already: the focus that it was given again is not to go on to the filter's line.
            event.prevent_default()

    def on_resize(self) -> None:
        shown = self.run_list
        if shown.top <= shown.cursor_line < shown.top + shown.height:
            self._into_sight()  # who looks away from the cursor goes on looking there
        self._looked()
        self.sync(whole=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if not self._syncing and round(old_value) != round(new_value):
            self.run_list.look(round(new_value), self.rows)
            self._drawn = []
            self._looked()

    # --- moving ------------------------------------------------------------------------------------

    def move_to(self, number: int) -> None:
        """Puts the cursor on a line and brings it into sight."""
        found = self.run_list
        found.following = False
        found.move_to(number)
        self._into_sight()
        self.sync()
        self._looked()

    def _into_sight(self) -> None:
        found = self.run_list
        if found.cursor_line < found.top:
            found.top = found.cursor_line
        elif found.cursor_line >= found.top + self.rows:
            found.top = found.cursor_line - self.rows + 1

    def _looked(self) -> None:
        self.run_list.look(self.run_list.top, self.rows)
        self.post_message(self.Looked(self))

    def action_cursor_down(self) -> None:
        self.move_to(self.run_list.cursor_line + 1)

    def action_cursor_up(self) -> None:
        self.move_to(self.run_list.cursor_line - 1)

    def action_page_down(self) -> None:
        self.move_to(self.run_list.cursor_line + max(self.rows - 1, 1))

    def action_page_up(self) -> None:
        self.move_to(self.run_list.cursor_line - max(self.rows - 1, 1))

    def action_home(self) -> None:
        self.move_to(0)

    def action_end(self) -> None:
        self.move_to(self.run_list.lines - 1)

    def on_click(self, event: events.Click) -> None:
        if event.y < HEAD:
            self._click_title(event.x)
        elif self._clicks.is_second(self.run_list.cursor, event):
            self.post_message(self.Chosen())
        elif (number := self.run_list.top + event.y - HEAD) < self.run_list.lines:
            self.move_to(number)
            self._clicks.chose(self.run_list.cursor, event)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        line = self.run_list.line(self.run_list.top + event.y - HEAD) if event.y >= HEAD else None
        if event.button == 1 and isinstance(line, Run):
            self._pressed = line.id
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """What the pressed mouse is drawn over looks marked, and is so once it is let go; beyond an edge it scrolls."""
        found, number = self.run_list, self.run_list.top + event.y - HEAD
        if self._pressed and (self._under or number != found.line_of(self._pressed)):
            self.move_to(max(0, min(number, found.lines - 1)))
            ranged = found.between(self._pressed)
            self._under = frozenset(ranged.ids if ranged is not None else ())
            self.sync()

    def on_mouse_up(self) -> None:
        if self._under:
            self.post_message(self.DrawnOver(self._pressed))
        self.release_mouse()

    def on_mouse_release(self) -> None:
        """It was let go, or another screen has come between."""
        self._pressed, self._under = "", ()
        self.sync()

    def _click_title(self, x: int) -> None:
        for slot in self._slots:
            if slot.column.sort and slot.start <= x < slot.start + slot.width:
                now = self.run_list.sort
                first = next(sort for sort in SORTS if sort.field == slot.column.sort)
                turned = Sort(field=now.field, descending=not now.descending)
                self.post_message(self.SortChosen(turned if now.field == first.field else first))
