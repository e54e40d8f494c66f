"""The lower part of place 2: the versions of a workflow with what the one under the cursor changed, or the patterns
observed of it, and when a figure rose.
"""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical

from ...core.store import Store
from ..glyphs import glyphs_of
from ..lines import Line, all_leading, one_line
from ..workflows.pattern_nodes import pattern_nodes
from ..workflows.reading import Found
from .line_list import OneLine
from .rise_lines import RiseLines
from .tree_view import TreeView
from .version_glance import VersionGlance, room
from .workflow_list import VersionList


class VersionsPane(Vertical):
    """Shows one of its two lists; `turn` shows the other."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.found: Found | None = None
        self.shows_patterns = False

    def compose(self) -> ComposeResult:
        versions = VersionList(id="versions")
        yield OneLine(self._trouble, id="versions-trouble")
        yield RiseLines(id="versions-rise")
        yield OneLine(versions.head, id="versions-head")
        yield versions
        yield VersionGlance(id="version-glance")
        yield TreeView(id="patterns")

    @property
    def versions(self) -> VersionList:
        """The versions."""
        return self.query_one(VersionList)

    @property
    def patterns(self) -> TreeView:
        """What was observed."""
        return self.query_one("#patterns", TreeView)

    @property
    def rises(self) -> RiseLines:
        """What was found of when a figure rose."""
        return self.query_one(RiseLines)

    @property
    def shown(self) -> VersionList | TreeView:
        """The list that is in sight."""
        return self.patterns if self.shows_patterns else self.versions

    @property
    def glance(self) -> VersionGlance:
        """What the version under the cursor changed."""
        return self.query_one(VersionGlance)

    def look(self, store: Store) -> None:
        """Looks at the version under the cursor."""
        if self.found is not None and self.found.about is not None:
            self.glance.look(store, self.found.about.id, self.versions.current)

    def on_resize(self) -> None:
        self._make_room()

    def _make_room(self) -> None:
        """Below the versions, where they leave any; a long list keeps two thirds."""
        saved = any(entry.is_kept for entry in self.versions.entries)
        height = room(self.size.height - 1, self.versions.count()) if saved and not self.shows_patterns else 0
        self.glance.display = height > 0
        self.versions.styles.height = self.size.height - 1 - height if height else "1fr"

    def show(self, found: Found) -> None:
        """Shows what was read; marks and rises of another workflow are forgotten."""
        before, self.found = self.found, found
        if before is None or found.history != before.history:
            another = before is None or before.about is None or found.about is None or before.about.id != found.about.id
            if another:
                self.versions.marked = []
                self.rises.forget()
            self.versions.show(found.history)
            if another:
                self.versions.move_to(0)  # also where both have runs that name no version, and the cursor was on these
        if before is None or found.patterns != before.patterns:
            self.patterns.show(pattern_nodes(found.patterns))

    def show_parts(self) -> None:
        """Shows what there is something to be said in."""
        history = self.found.history if self.found else None
        self.versions.display = not self.shows_patterns
        self.query_one("#versions-head").display = not self.shows_patterns and bool(history and history.entries)
        self.query_one("#versions-trouble").display = bool(history and history.troubles)
        self.patterns.display = self.shows_patterns
        self._make_room()

    def turn(self) -> None:
        """Shows the other list."""
        focused = self.versions.has_focus or self.patterns.has_focus
        self.shows_patterns = not self.shows_patterns
        self.show_parts()
        if focused:
            self.shown.focus()

    @on(RiseLines.Found)
    def _rose(self, message: RiseLines.Found) -> None:
        if self.shows_patterns:
            self.turn()
        self.versions.focus()
        self.versions.to(message.version)

    def titles(self, width: int) -> tuple[Line, Line]:
        """What the frame says: of what these are, what is marked, and how many there are of each."""
        found = self.found
        if found is None or found.about is None:
            return [], []
        left: Line = [(f" {one_line(found.about.id, 60)} ", "strong")]
        right: Line = [(" ", "text")]
        counts = (("versions", found.about.versions, False), ("patterns", len(found.patterns), True))
        for name, number, patterns in counts:
            here = self.shows_patterns is patterns
            parts = [("" if here else "p ", "accent"), (name, "title" if here else "text")]
            parts.append((f" {number}" if number else "", "muted"))
            right += parts if here else all_leading(parts, "workflows.patterns")
            right.append(("  ", "text"))
        if marked := self.versions.marked:
            left.append((f" {glyphs_of(self).mark} {' and '.join(map(str, sorted(marked)))} ", "accent"))
        return left, right

    def _trouble(self, width: int) -> Line:
        troubles = self.found.history.troubles if self.found else []
        return [(f" {glyphs_of(self).damaged} {'; '.join(troubles)}", "warn")]
