"""Place 2, Workflows: what there is, and the versions of the one under the cursor: lineage and outcomes."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from ...core.feed import Watch
from ...core.numbers.rises import Figure
from ...core.store import Store
from ..cycle import after
from ..glyphs import glyphs_of
from ..hinting import hint
from ..keys import bindings
from ..lines import Line, leading
from ..loading import Loader
from ..messages import OpenRun
from ..personal.leaving import one_of
from ..widgets.empty import Empty, no_workflows
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import HeadLine, LineList
from ..widgets.place_line import PlaceLine
from ..widgets.store_header import StoreHeader
from ..widgets.tree_view import TreeView
from ..widgets.versions_pane import VersionsPane
from ..widgets.workflow_list import WorkflowList
from ..workflows.reading import Found, read
from ..workflows.workflow_cells import ORDERS, Order, in_order
from .workflow_leading import WorkflowLeading

EVERY = 0.5
"""Seconds between two readings of a store that changes all the time."""


class WorkflowsScreen(WorkflowLeading):
    """Reads the list of workflows from counters, and the versions of the one under the cursor; never the runs."""

    BINDINGS = bindings("workflows", "place")
    CSS_PATH = "../styles/workflows.tcss"
    AUTO_FOCUS = "WorkflowList"

    def __init__(self, store: Store, watching: Watch) -> None:
        super().__init__(store, watching)
        self._opening = asyncio.Event()
        self.found: Found | None = None
        self._sought = ""
        """The workflow that the cursor is to be on."""
        self.order = ORDERS[0]
        self.pane = VersionsPane(id="versions-pane")
        """What is told of the workflow under the cursor."""
        self.loader: Loader[Found | None] = Loader(self, self._prepare, self._loaded, every=EVERY)

    def compose(self) -> ComposeResult:
        yield StoreHeader(self._header)
        yield PlaceLine("workflows", self._title, id="list-top")
        with Vertical(id="workflows-pane"):
            workflows = WorkflowList(id="workflows")
            yield HeadLine(workflows.head, id="workflows-head")
            yield workflows
            yield Empty()
        yield FrameLine("middle", self.pane.titles, id="versions-top")
        yield self.pane
        yield KeyBar(*self.PLACES[:-2])

    @property
    def PLACES(self) -> tuple[str, ...]:
        """Places of the table of keys that work here and now."""
        tree = ("tree",) if self.pane.shows_patterns and self.is_mounted and self.patterns.has_focus else ()
        return (*tree, "workflows", "place", "moves", "app")

    @property
    def patterns(self) -> TreeView:
        """What was observed of it."""
        return self.pane.patterns

    @property
    def rise(self) -> Sequence[str]:
        """What was found of when a figure rose, a sentence each."""
        return self.pane.rises.told

    def left(self) -> dict[str, Any]:
        """The order, and what is shown of the workflow under the cursor."""
        return {"sort": self.order.name, "patterns": self.pane.shows_patterns}

    def take_up(self, kept: dict[str, Any]) -> None:
        """Is as it was left."""
        self.order = one_of(kept.get("sort"), ORDERS) or self.order
        self.pane.shows_patterns = kept.get("patterns") is True

    def show_taken(self) -> None:
        """Shows what it has taken up while it was on screen already."""
        self._sort_by(self.order)
        self._show_panes()

    # Reading.

    def on_mount(self) -> None:
        self._show_panes()

    def _prepare(self) -> Callable[[], Found | None]:
        before, self._whole = (None if self._whole else self.found), False
        wanted = self.list.current.id if self.list.current else None
        return partial(read, self.store, before, wanted, self.order)

    def _loaded(self, found: Found | None) -> None:
        self._take(found)
        self._opened()

    def _take(self, found: Found | None) -> None:
        if found is None:
            return
        self._note(found)
        before, self.found = self.found, found
        if before is None or found.workflows != before.workflows:
            self.list.show(in_order(found.workflows, self.order))
        self._seek()
        self._sought = ""
        self.pane.show(found)
        self.pane.look(self.store)
        self._show_panes()
        # The cursor may have gone on meanwhile.
        if self.list.current and found.about and self.list.current.id != found.about.id:
            self.loader.request()

    # Drawing.

    def _show_panes(self) -> None:
        found = self.found
        nothing = found is not None and not found.workflows
        self.query_one(Empty).show(no_workflows(self.store.name) if nothing else [])
        for part in ("#workflows-head", "#workflows", "#versions-top", "#versions-pane"):
            self.query_one(part).display = not nothing
        self.set_class(nothing, "empty")
        self.pane.show_parts()
        height = min(len(found.workflows) if found else 1, max(self.size.height // 3, 3))
        self.list.styles.height = max(height, 1)
        self._draw_lines()
        bar = self.query_one(KeyBar)
        bar.places = self.PLACES[:-2]
        bar.refresh()

    def on_resize(self) -> None:
        self._show_panes()

    def _title(self) -> Line:
        glyphs = glyphs_of(self)
        if self.found is None:
            return []
        arrow = glyphs.descending if self.order.descending else glyphs.ascending
        return [
            (f" {len(self.found.workflows):,}", "text"),
            (f" {glyphs.dot} ", "faint"),
            (leading(f"{self.order.name} {arrow} ", "workflows.sort"), "muted"),
        ]

    def to_workflow(self, id: str) -> None:
        """Puts the cursor on a workflow, as soon as that is read."""
        self._sought = id
        self._seek()

    def _seek(self) -> None:
        if self._sought and (place := self.list.find_key(self._sought)) is not None:
            self._sought = ""
            self.list.focus()
            self.list.move_to(place)

    def when_workflow(self) -> bool:
        """Whether a workflow is under the cursor."""
        return self.found is not None and self.found.about is not None

    def when_version(self) -> bool:
        """Whether a saved version is."""
        entry = self.versions.current
        return entry is not None and entry.number is not None and not self.pane.shows_patterns

    def when_versions(self) -> bool:
        """Whether the workflow has any."""
        about = self.found.about if self.found else None
        return about is not None and about.versions > 0

    # What the person does.

    def action_rose(self, figure: Figure) -> None:
        """Looks for the first version of the ancestry with which a figure rose, and goes there."""
        about = self.found.about if self.found else None
        entry = self.versions.current if self.versions.has_focus else None
        if about is None or not about.versions:
            hint(self, "no version of it was saved: there is nothing to compare")
            return
        self.pane.rises.look(self.store, about.id, figure, entry.number if entry and entry.version else None)

    @on(LineList.Moved, "#workflows")
    def look(self) -> None:
        """Reads the versions of the workflow under the cursor."""
        if self.found and self.list.current and self.list.current != self.found.about:
            self.loader.request()

    @on(LineList.Moved, "#versions")
    def _version_looked(self) -> None:
        self.pane.look(self.store)
        self.query_one("#versions-top", FrameLine).update()

    @on(LineList.Chosen)
    def chosen(self, message: LineList.Chosen) -> None:
        """A line was clicked on twice, or a run that shows a pattern was chosen."""
        row = self.patterns.current if message.lines is self.patterns else None
        if row is not None and isinstance(row.node.target, str):
            self.post_message(OpenRun(row.node.target))
        elif message.lines is not self.patterns:
            self.action_open()

    def other_mark(self) -> bool:
        """Whether the version under the cursor is marked."""
        entry = self.versions.current
        return entry is not None and entry.number is not None and entry.number in self.versions.marked

    def action_mark(self) -> None:
        entry = self.versions.current
        if entry is None or entry.number is None:
            hint(self, "no saved version is under the cursor")
        self.versions.mark()
        self.query_one("#versions-top", FrameLine).update()

    def other_patterns(self) -> bool:
        """Whether they are shown, and not the versions."""
        return self.pane.shows_patterns

    def action_patterns(self) -> None:
        self.pane.turn()
        self._show_panes()

    @on(HeadLine.Picked)
    def _title_picked(self, message: HeadLine.Picked) -> None:
        title = message.title.lower()
        self._sort_by(one_of("name" if title == "workflow" else title, ORDERS) or self.order)

    def action_sort(self) -> None:
        self._sort_by(after(self.order, ORDERS))

    def _sort_by(self, order: Order) -> None:
        self.order = order
        if self.found is not None:
            self.list.show(in_order(self.found.workflows, self.order))
            self.query_one("#list-top", FrameLine).update()

    def action_back(self) -> None:
        """Takes the marks off, then steps up to the list, then out to the runs."""
        if self.rise:
            self.pane.rises.forget()
        elif self.versions.marked:
            self.versions.unmark()
            self.query_one("#versions-top", FrameLine).update()
        elif not self.list.has_focus and self.list.display:
            self.list.focus()
        else:
            self.app.pop_screen()

    def on_descendant_focus(self) -> None:
        bar = self.query_one(KeyBar)
        bar.places = self.PLACES[:-2]
        bar.refresh()
