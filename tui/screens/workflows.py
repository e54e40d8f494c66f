"""Place 2, Workflows: what there is, and the versions of the one under the cursor: lineage and outcomes."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from ...core.errors import FlightlogError
from ...core.feed import Watch, news
from ...core.metrics import Pattern
from ...core.query.query import of_version
from ...core.rises import Figure, Rise, look_for_rise
from ...core.runs import Totals
from ...core.store import Store
from ...core.version_history import Entry, History, history
from ...core.workflows import Workflow, together
from .. import format
from ..cycle import after
from ..glyphs import glyphs_of
from ..hinting import hint, may_change
from ..keys import bindings
from ..lines import Line, one_line, wrapped
from ..loading import Loader, in_thread
from ..messages import OpenRun, ShowRuns, Trouble
from ..personal.leaving import one_of
from ..places import version_name
from ..widgets.empty import Empty, no_workflows
from ..widgets.few_lines import FewLines
from ..widgets.frame import FrameLine
from ..widgets.key_bar import KeyBar
from ..widgets.line_list import HeadLine, LineList, OneLine
from ..widgets.place_line import PlaceLine
from ..widgets.tree_view import TreeView
from ..widgets.workflow_list import VersionList, WorkflowList
from ..workflows.pattern_nodes import pattern_nodes
from ..workflows.rise_words import NAMES, rise_told
from ..workflows.version_trends import with_trends
from ..workflows.workflow_cells import ORDERS, Order, in_order
from .place import PlaceScreen

EVERY = 0.5
"""Seconds between two readings of a store that changes all the time."""


class Found(NamedTuple):
    """What one reading brought."""

    cursor: int
    kept: list[Workflow]
    totals: Totals
    workflows: list[Workflow]
    about: Workflow | None
    """The workflow that the next two are of."""
    history: History
    patterns: list[Pattern]


class WorkflowsScreen(PlaceScreen):
    """Reads the list of workflows from counters, and the versions of the one under the cursor; never the runs."""

    BINDINGS = bindings("workflows", "place")
    CSS_PATH = "../styles/workflows.tcss"
    AUTO_FOCUS = "WorkflowList"

    def __init__(self, store: Store, watching: Watch) -> None:
        super().__init__(store, watching)
        self.opening = asyncio.Event()
        self.found: Found | None = None
        self.order = ORDERS[0]
        self.shows_patterns = False
        self.rise: Sequence[str] = ()
        """What was found of when a figure rose, a sentence each."""
        self._asked = 0
        self.loader: Loader[Found | None] = Loader(self, self._prepare, self._loaded, every=EVERY)

    def compose(self) -> ComposeResult:
        yield OneLine(self._header, id="header")
        yield PlaceLine("workflows", self._title, id="list-top")
        with Vertical(id="workflows-pane"):
            workflows, versions = WorkflowList(id="workflows"), VersionList(id="versions")
            yield HeadLine(workflows.head, id="workflows-head")
            yield workflows
            yield Empty()
        yield FrameLine("middle", self._middle, id="versions-top")
        with Vertical(id="versions-pane"):
            yield OneLine(self._trouble, id="versions-trouble")
            yield FewLines(self._rise, id="versions-rise")
            yield OneLine(versions.head, id="versions-head")
            yield versions
            yield TreeView(id="patterns")
        yield KeyBar(*self.PLACES[:-2])

    @property
    def PLACES(self) -> tuple[str, ...]:
        """Places of the table of keys that work here and now."""
        tree = ("tree",) if self.shows_patterns and self.is_mounted and self.patterns.has_focus else ()
        return (*tree, "workflows", "place", "moves", "app")

    @property
    def list(self) -> WorkflowList:
        """The workflows."""
        return self.query_one(WorkflowList)

    @property
    def versions(self) -> VersionList:
        """The versions of the workflow under the cursor."""
        return self.query_one(VersionList)

    @property
    def patterns(self) -> TreeView:
        """What was observed of it."""
        return self.query_one("#patterns", TreeView)

    def left(self) -> dict[str, Any]:
        """The order, and what is shown of the workflow under the cursor."""
        return {"sort": self.order.name, "patterns": self.shows_patterns}

    def take_up(self, kept: dict[str, Any]) -> None:
        """Is as it was left."""
        self.order = one_of(kept.get("sort"), ORDERS) or self.order
        self.shows_patterns = kept.get("patterns") is True

    def show_taken(self) -> None:
        """Shows what it has taken up while it was on screen already."""
        self._sort_by(self.order)
        self._show_panes()

    # Reading.

    def on_mount(self) -> None:
        self._show_panes()

    def _prepare(self) -> Callable[[], Found | None]:
        before, store, whole = (None if self._whole else self.found), self.store, self._whole
        self._whole = False
        wanted = self.list.current
        wanted_id = wanted.id if wanted else None
        order = self.order

        def read() -> Found | None:
            kept = store.workflows.list_all()
            cursor, moved = news(store.feed, before.cursor if before else None)
            moved = moved or (before is not None and kept != before.kept)
            about_before = before.about.id if before and before.about else None
            if before and not moved and wanted_id == about_before:
                return None if cursor == before.cursor else before._replace(cursor=cursor)
            workflows = in_order(together(kept, store.runs.workflows()), order)
            about = next((one for one in workflows if one.id == wanted_id), workflows[0] if workflows else None)
            if before and about == before.about and not whole:
                found, patterns = before.history, before.patterns
            else:
                found, patterns = _look(store, about)
            return Found(cursor, kept, store.runs.totals(), workflows, about, found, patterns)

        return read

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
        if before is None or found.history != before.history:
            if before is None or before.about is None or found.about is None or before.about.id != found.about.id:
                self.versions.marked, self.versions.cursor = [], 0
                self._forget_rise()
            self.versions.show(found.history)
        if before is None or found.patterns != before.patterns:
            self.patterns.show(pattern_nodes(found.patterns))
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
        none = not found or not found.history.entries
        self.versions.display = not self.shows_patterns
        self.query_one("#versions-head").display = not self.shows_patterns and not none
        self.query_one("#versions-trouble").display = bool(found and found.history.troubles)
        self.query_one("#versions-rise").display = bool(self.rise)
        self.patterns.display = self.shows_patterns
        height = min(len(found.workflows) if found else 1, max(self.size.height // 3, 3))
        self.list.styles.height = max(height, 1)
        self._draw_lines()
        self.query_one(FewLines).refresh(layout=True)
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
            (f" {format.plural(len(self.found.workflows), 'workflow')}", "text"),
            (f" {glyphs.dot} ", "faint"),
            (f"{self.order.name} {arrow} ", "muted"),
        ]

    def _middle(self, width: int) -> tuple[Line, Line]:
        found = self.found
        if found is None or found.about is None:
            return [], []
        left: Line = [(f" {one_line(found.about.id, 60)} ", "strong")]
        right: Line = [(" ", "text")]
        counts = (("versions", found.about.versions, False), ("patterns", len(found.patterns), True))
        for name, number, patterns in counts:
            here = self.shows_patterns is patterns
            right += [("" if here else "p ", "accent"), (name, "title" if here else "text")]
            right.append((f" {number}  " if number else "  ", "muted"))
        if marked := self.versions.marked:
            left.append((f" {glyphs_of(self).mark} {' and '.join(map(str, sorted(marked)))} ", "accent"))
        return left, right

    def _trouble(self, width: int) -> Line:
        troubles = self.found.history.troubles if self.found else []
        return [(f" {glyphs_of(self).damaged} {'; '.join(troubles)}", "warn")]

    def _rise(self, width: int) -> Sequence[Line]:
        return [[(f" {piece}", "accent")] for piece in wrapped("; ".join(self.rise), width - 1)]

    def when_workflow(self) -> bool:
        """Whether a workflow is under the cursor."""
        return self.found is not None and self.found.about is not None

    def when_version(self) -> bool:
        """Whether a saved version is."""
        entry = self.versions.current
        return entry is not None and entry.number is not None and not self.shows_patterns

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
        self._asked += 1
        number = entry.number if entry and entry.version else None
        self._show_rise([f"looking when {NAMES[figure]} rose"])
        look = partial(look_for_rise, self.store, about.id, figure, number)
        in_thread(self, look, partial(self._rose, self._asked, figure))

    def _rose(self, asked: int, figure: Figure, found: Rise | FlightlogError) -> None:
        if asked != self._asked:
            return
        if isinstance(found, FlightlogError):
            self._show_rise([])
            self.post_message(Trouble(found))
            return
        self._show_rise(rise_told(figure, found, glyphs_of(self)))
        if found.version is not None:
            if self.shows_patterns:
                self.action_patterns()
            self.versions.focus()
            self.versions.to(found.version)

    def _show_rise(self, told: Sequence[str]) -> None:
        self.rise = told
        self._show_panes()

    def _forget_rise(self) -> None:
        self._asked += 1
        self.rise = ()

    @on(LineList.Moved, "#workflows")
    def look(self) -> None:
        """Reads the versions of the workflow under the cursor."""
        if self.found and self.list.current and self.list.current != self.found.about:
            self.loader.request()

    @on(LineList.Moved, "#versions")
    def _version_looked(self) -> None:
        self.query_one("#versions-top", FrameLine).update()

    @on(LineList.Chosen)
    def chosen(self, message: LineList.Chosen) -> None:
        """A line was clicked on twice, or a run that shows a pattern was chosen."""
        row = self.patterns.current if message.lines is self.patterns else None
        if row is not None and isinstance(row.node.target, str):
            self.post_message(OpenRun(row.node.target))
        elif message.lines is not self.patterns:
            self.action_open()

    def action_open(self) -> None:
        if self.list.has_focus:
            (self.patterns if self.shows_patterns else self.versions).focus()
        elif self.versions.has_focus and (entry := self.versions.current) is not None:
            self._open(entry)

    def _open(self, entry: Entry) -> None:
        from .version import VersionScreen

        about = self.found.about if self.found else None
        if about is None or entry.number is None:
            self.action_runs()
        else:
            self.app.push_screen(VersionScreen(self.store, about.id, self.versions.entries, entry.number))

    def action_runs(self) -> None:
        about = self.found.about if self.found else None
        if about is not None:
            entry = self.versions.current if self.versions.has_focus else None
            number = entry.number if entry else None
            query = of_version(about.id, number)
            self.post_message(ShowRuns(query.text, version_name(about.id, number), place="workflows"))

    def action_mark(self) -> None:
        entry = self.versions.current
        if entry is None or entry.number is None:
            hint(self, "no saved version is under the cursor")
        self.versions.mark()
        self.query_one("#versions-top", FrameLine).update()

    def action_diff(self) -> None:
        from .version_diff import DiffScreen

        about, entry, marked = self.found and self.found.about, self.versions.current, sorted(self.versions.marked)
        if about is None:
            return
        if len(marked) == 2:
            self.app.push_screen(DiffScreen(self.store, about.id, marked[0], marked[1]))
        elif entry is not None and entry.number is not None:
            before = marked[0] if marked and marked[0] != entry.number else parent_of(entry)
            self.app.push_screen(DiffScreen(self.store, about.id, before, entry.number))
        else:
            hint(self, "no saved version is under the cursor")

    def action_edit(self) -> None:
        """A new version from the one under the cursor, or from the newest."""
        about, entry = self.found and self.found.about, self.versions.current
        if about is None or entry is None or not entry.is_kept or entry.number is None:
            return
        if not may_change(self, self.store):
            return
        from .version_edit import VersionEdit

        self.app.push_screen(VersionEdit(self.store, about.id, entry.number), lambda _: self.loader.request())

    def action_patterns(self) -> None:
        lower = self.versions.has_focus or self.patterns.has_focus
        self.shows_patterns = not self.shows_patterns
        self._show_panes()
        if lower:
            (self.patterns if self.shows_patterns else self.versions).focus()

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
            self._forget_rise()
            self._show_panes()
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


def parent_of(entry: Entry) -> int | None:
    """The first parent; None for a root."""
    return entry.parents[0] if entry.parents else None


def _look(store: Store, about: Workflow | None) -> tuple[History, list[Pattern]]:
    if about is None:
        return History([], []), []
    found = history(store.workflows.list(about.id, deleted=True), store.metrics.outcomes(about.id))
    return with_trends(store, about.id, found), store.metrics.patterns(about.id)
