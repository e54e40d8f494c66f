"""Where the list of workflows leads: into a version, to the runs, to a difference, to a new version."""

from ...core.query.query import of_version
from ...core.version_history import Entry
from ..hinting import hint, may_change
from ..messages import ShowRuns
from ..places import version_name
from ..widgets.versions_pane import VersionsPane
from ..widgets.workflow_list import VersionList, WorkflowList
from ..workflows.reading import Found
from .place import PlaceScreen


class WorkflowLeading(PlaceScreen):
    """The ways on from a screen that lists workflows, and the versions of one of them in a `pane`."""

    found: Found | None
    pane: VersionsPane

    @property
    def list(self) -> WorkflowList:
        """The workflows."""
        return self.query_one(WorkflowList)

    @property
    def versions(self) -> VersionList:
        """The versions of the workflow under the cursor."""
        return self.pane.versions

    def action_open(self) -> None:
        if self.list.has_focus:
            self.pane.shown.focus()
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
            hint(self, "no saved version is under the cursor")
            return
        if not may_change(self, self.store):
            return
        from .version_edit import VersionEdit

        self.app.push_screen(VersionEdit(self.store, about.id, entry.number), lambda _: self.loader.request())


def parent_of(entry: Entry) -> int | None:
    """The first parent; None for a root."""
    return entry.parents[0] if entry.parents else None
