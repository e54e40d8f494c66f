"""Place 4, Space: what takes the room, level by level, with archive and delete right there."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from ...core.feed import Watch
from ...core.space import Sorting, Space
from ...core.store import Store
from ..cycle import after
from ..glyphs import glyphs_of
from ..keys import bindings
from ..lines import Line, between, leading
from ..loading import Loader
from ..messages import LookInto, OpenRun, OperationEnded, ShowRuns
from ..operations.undoing import can_undo
from ..personal.leaving import one_of
from ..space.page import SORTS, SpacePage, title, trail
from ..space.preview import Previewed, read_preview
from ..space.reading import PAGE, Found, Names, Read, Refused, Wanted, path_of, read
from ..space.targets import query_of
from ..widgets.empty import Empty, no_room_told, no_space, nothing_to_read, refused
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.leads import LeadingLine
from ..widgets.line_list import HeadLine, LineList, OneLine
from ..widgets.place_line import PlaceLine
from ..widgets.space_list import SpaceList, SpacePreview, names
from ..widgets.store_header import StoreHeader
from .space_operations import SpaceOperations, marked

EVERY, REST = 0.5, 4.0
"""Seconds between two readings of a store that changes all the time, and at least so many times as long as one took."""


class SpaceScreen(SpaceOperations):
    """Reads the level that is shown, and nothing while nothing changes; sums of workflows are kept, never added up."""

    BINDINGS = bindings("space", "place")
    CSS_PATH = "../styles/space.tcss"
    AUTO_FOCUS = "SpaceList"
    PLACES = ("space", "place", "moves", "app")
    """Places of the table of keys that work here."""

    def __init__(self, store: Store, watching: Watch) -> None:
        super().__init__(store, watching)
        self.found: Found | None = None
        self.refused: Refused | None = None
        self.path: Names = ()
        self.sort: Sorting = SORTS[0]
        self._limit = PAGE
        self._opening = asyncio.Event()
        self.loader: Loader[Read] = Loader(self, self._prepare, self._loaded, every=EVERY, rest=REST)
        self.previewer: Loader[Previewed] = Loader(self, self._prepare_preview, self._previewed, every=0.05)

    def compose(self) -> ComposeResult:
        listed = SpaceList(id="space")
        yield StoreHeader(self._header)
        yield PlaceLine("space", self._title, id="list-top")
        with Vertical(id="space-pane"):
            yield LeadingLine(self._trail, id="space-trail")
            yield HeadLine(listed.head, id="space-head")
            yield listed
            yield OneLine(listed.total, id="space-total")
            yield Empty()
        yield FrameLine("middle", self._preview_title, id="preview-top")
        yield SpacePreview(id="space-preview")
        yield KeyBar("space")

    def left(self) -> dict[str, Any]:
        """The level, the order and the preview."""
        return {"path": list(self.path), "sort": self.sort, "preview": self.shows_preview}

    def take_up(self, kept: dict[str, Any]) -> None:
        """Is as it was left; what is gone gives way to what it lay in."""
        path = kept.get("path")
        self.path = tuple(name for name in path if isinstance(name, str)) if isinstance(path, list) else ()
        self.sort = one_of(kept.get("sort"), SORTS) or self.sort
        self.shows_preview = kept.get("preview") is not False

    def show_taken(self) -> None:
        """Shows what it has taken up while it was on screen already."""
        self._limit = PAGE
        self._ask()

    # Reading.

    def on_mount(self) -> None:
        self._show_panes()

    def on_operation_ended(self, message: OperationEnded) -> None:
        self.action_refresh()

    def _prepare(self) -> Callable[[], Read]:
        before, self._whole = (None if self._whole else self.found), False
        return partial(read, self.store, before, Wanted(self.path, self.sort, self._limit))

    def _loaded(self, found: Read) -> None:
        self._opened()
        if isinstance(found, Refused):
            self.refused = found
            self._show_panes()
        if not isinstance(found, Found):
            return
        self._note(found)
        before, self.found = self.found, found
        if before is None or (found.space, found.sort) != (before.space, before.sort):
            if path_of(found.space) != self.path and (before is None or path_of(before.space) == self.path):
                self.path = path_of(found.space)  # what was shown is gone: this is what it lay in
            self.list.show(SpacePage(found.space, found.sort, glyphs_of(self)))
            self.previewer.request()
            if len(found.space.children) < self.list.size.height:
                self._more()
        self._show_panes()

    def _prepare_preview(self) -> Callable[[], Previewed] | None:
        node, page, store = self.list.current, self.list.page, self.store
        if node is None or page is None:
            self.query_one(SpacePreview).show(None)
            return None
        return lambda: read_preview(store, names(page), node)

    def _previewed(self, found: Previewed) -> None:
        self.query_one(SpacePreview).show(found)
        self.query_one("#preview-top", FrameLine).update()

    # Drawing.

    def _show_panes(self) -> None:
        lines = self._empty_lines()
        nothing = bool(lines)
        self.query_one(Empty).show(lines)
        for part in ("#space-trail", "#space-head", "#space", "#space-total", "#preview-top", "#space-preview"):
            self.query_one(part).display = not nothing and (part not in _PREVIEW or self.shows_preview)
        if self.focused is None and not nothing:
            self.list.focus()
        self._draw_lines()

    def _empty_lines(self) -> Sequence[Line]:
        if self.refused is not None:
            return refused(self.refused.error)
        nothing = self.found is not None and not self.path and _has_nothing(self.found.space)
        if nothing and self.store.read_only:
            return no_room_told() if self.store.policy_file is None else nothing_to_read("Nothing is kept here yet")
        return no_space(self.store.name) if nothing else []

    def on_resize(self) -> None:
        self._show_panes()

    def _title(self) -> Line:
        """The order."""
        glyphs = glyphs_of(self)
        arrow = glyphs.ascending if self.sort == "name" else glyphs.descending
        return [(leading(f" {self.sort} {arrow} ", "space.sort"), "muted")]

    def _trail(self, width: int) -> Line:
        if self.found is None:
            return []
        glyphs, marks = glyphs_of(self), self.list.marked
        size = sum(node.size_bytes for node in marks)
        told: Line = [(marked(len(marks), size, glyphs), "accent"), (" ", "text")] if marks else []
        return between([("  ", "text"), *trail(self.found.space.path, self.store.name, glyphs)], told, width)

    def _preview_title(self, width: int) -> tuple[Line, Line]:
        node, page = self.list.current, self.list.page
        return (title(node, page.space.node.size_bytes), []) if node is not None and page is not None else ([], [])

    def when_inside(self) -> bool:
        """Whether this lies in something."""
        return bool(self.path)

    def when_opens(self) -> bool:
        """Whether one can look into it."""
        node = self.list.current
        return node is not None and (node.opens or node.run is not None)

    def when_runs(self) -> bool:
        """Whether there are runs to go to, or this lies in one."""
        page = self.list.page
        return self.when_markable() or any(one.run is not None for one in (page.space.path if page else ()))

    def when_ailing(self) -> bool:
        """Whether doctor may be called: here always, for this is where one looks after the store."""
        return True

    def when_undoable(self) -> bool:
        """Whether something can be taken back."""
        return self.found is not None and can_undo(self, self.store)

    # What the person does.

    @on(LineList.Moved)
    def _moved(self) -> None:
        self.query_one("#preview-top", FrameLine).update()
        self.previewer.request()
        if self.list.cursor == self.list.count() - 1:
            self._more()

    @on(LineList.Bottom)
    def _more(self) -> None:
        if self.found is not None and self.found.space.next and self._limit == self.found.limit:
            self._limit += PAGE
            self.loader.request(at_once=True)

    @on(LineList.Chosen)
    def action_open(self) -> None:
        """Looks into what is under the cursor; what cannot be looked into but is a run is opened."""
        node, page = self.list.current, self.list.page
        if node is None or page is None or names(page) != self.path:
            return
        if node.opens:
            self.path, self._limit = (*self.path, node.name), PAGE
            self._ask()
        elif node.run is not None:
            self.post_message(OpenRun(node.run.id))

    def action_out(self) -> None:
        if self.path:
            self._out_to(self.path[:-1])

    @on(LookInto)
    def _part_picked(self, message: LookInto) -> None:
        if message.path == self.path[: len(message.path)]:
            self._out_to(message.path)

    def _out_to(self, path: Names) -> None:
        """Looks into what this lies in; the cursor stands there on what it came out of."""
        depth, found = len(path) + 1, self.found
        is_shown = found is not None and path_of(found.space) == self.path
        kind = found.space.path[depth].kind if found is not None and is_shown else "workflow"
        self.list.leave_at(path, (kind, self.path[depth - 1]))
        self.path, self._limit = path, PAGE
        self._ask()

    def action_back(self) -> None:
        """Takes the marks off, then steps out a level, then out to the runs."""
        if self.marked:
            self.unmark()
        elif self.path:
            self.action_out()
        else:
            self.app.pop_screen()

    def action_runs(self) -> None:
        """To the run, or to the runs of what is under the cursor."""
        node, page = self.list.current, self.list.page
        of_run = next((one.run for one in (page.space.path if page else ()) if one.run is not None), None)
        run = node.run if node is not None and node.run is not None else of_run
        if run is not None:
            self.post_message(OpenRun(run.id))
        elif node is not None and node.kind == "workflow":
            self.post_message(ShowRuns(query_of([node], self.path).text, node.name, place="space"))

    def action_sort(self) -> None:
        self.sort = after(self.sort, SORTS)
        self._ask()

    @on(HeadLine.Picked)
    def _title_picked(self, message: HeadLine.Picked) -> None:
        title = message.title.lower()
        self.sort = "size" if title == "size" else "count" if title in ("holds", "events") else "name"
        self._ask()

    def action_preview(self) -> None:
        self.shows_preview = not self.shows_preview
        self._show_panes()


_PREVIEW = ("#preview-top", "#space-preview")


def _has_nothing(space: Space) -> bool:
    """Whether nothing was recorded yet."""
    return not any(node.kind in ("workflow", "archive", "trash", "source") for node in space.children)
