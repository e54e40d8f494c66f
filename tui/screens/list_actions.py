"""What a person does with the run list: order, groups, marks, what is shown of it."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from ...core.pages import Sort
from ...core.query.query import EVERYTHING
from ...core.runs import Run
from ..cycle import after
from ..hinting import hint
from ..live.watching import watching_of
from ..loading import Loader
from ..operations.operations import operations_of
from ..runs.columns import SORTS
from ..runs.groups import GROUPINGS
from ..widgets.filter_bar import FilterBar
from ..widgets.preview import Preview
from .run_marking import RunMarking


class ListActions(RunMarking):
    """The actions of a screen that shows a `run_list`."""

    loader: Loader[Any]
    previewer: Preview
    shows_preview = True

    @abstractmethod
    def list_set(self) -> None:
        """Another list is to be shown: read and draw it."""

    def sort_by(self, sort: Sort) -> None:
        self.run_list.following = False
        self.run_list.set_sort(sort)
        self.list_set()

    def action_sort(self) -> None:
        fields = [sort.field for sort in SORTS]
        self.sort_by(SORTS[(fields.index(self.run_list.sort.field) + 1) % len(SORTS)])

    def action_reverse(self) -> None:
        now = self.run_list.sort
        self.sort_by(Sort(field=now.field, descending=not now.descending))

    def action_group(self) -> None:
        self.run_list.set_grouping(after(self.run_list.grouping, GROUPINGS))
        self.list_set()

    def action_filter(self) -> None:
        self.query_one(FilterBar).open()

    def other_follow(self) -> bool:
        """Whether the newest run is followed."""
        return self.run_list.following

    def action_follow(self) -> None:
        following = not self.run_list.following
        if following and self.run_list.sort != SORTS[0]:
            self.sort_by(SORTS[0])
        self.run_list.following = following
        self.run_list.behind = True
        self.loader.request()

    def action_preview(self) -> None:
        self.shows_preview = not self.previewer.display
        self.show_preview()
        self.previewer.request()

    def show_preview(self) -> None:
        """Shows or hides it, as the person wants it, and where there is little room too."""
        self.set_class(self.shows_preview, "with-preview")
        self.set_class(not self.shows_preview, "without-preview")

    def action_watch(self) -> None:
        """Tells from now on when the run ends, fails or asks; or no more."""
        watching = watching_of(self)
        if isinstance(self.run_list.current, Run) and watching is not None:
            watching.toggle(self.run_list.current)
            self.table.sync()

    def action_copy_id(self) -> None:
        if isinstance(self.run_list.current, Run):
            self.app.copy_to_clipboard(self.run_list.cursor)
            self.app.notify("id copied", markup=False)
        else:
            hint(self, "no run is under the cursor")

    def when_line(self) -> bool:
        """Whether something is under the cursor."""
        return self.run_list.current is not None

    def when_run(self) -> bool:
        """Whether that is a run, and not the head of a group."""
        return isinstance(self.run_list.current, Run)

    def when_filterable(self) -> bool:
        """Whether there is anything to be looked for, or a filter in force."""
        return self.run_list.lines > 0 or self.run_list.query != EVERYTHING

    def when_targets(self) -> bool:
        """Whether a run is marked, or under the cursor."""
        return self.when_run() or self.marked > 0

    def action_back(self) -> None:
        """Steps out of what is in force here: marks, then the filter, groups, and what is being done with runs."""
        found, bar = self.run_list, self.query_one(FilterBar)
        if self.marked:
            self.unmark()
        elif found.query != EVERYTHING:
            bar.close(clear=True)
        elif found.grouping:
            found.set_grouping("")
            self.list_set()
        elif (operations := operations_of(self)) is not None:
            operations.stop()
