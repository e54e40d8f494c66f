"""The two lists of place 2: workflows, and the versions of the one under the cursor with their lineage."""

from collections.abc import Hashable

from ...core.version_history import Entry, History
from ...core.workflows import Workflow
from ..lines import Columns, Line
from ..workflows.version_cells import VersionColumn, cells_of, columns_of, lineage_graph
from ..workflows.workflow_cells import columns_for, line_of
from .line_list import LineList

NARROW = 90
"""Cells under which a version's note keeps the second of these, else the first, before figures are left out."""
NOTE = (24, 12)


class WorkflowList(LineList):
    """Workflows, one a line."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="keeps-cursor")
        self.workflows: list[Workflow] = []
        self._columns: Columns | None = None

    def show(self, workflows: list[Workflow]) -> None:
        """Shows these instead; the cursor stays on its workflow."""
        self.lines_changed(lambda: self._take(workflows))

    def _take(self, workflows: list[Workflow]) -> None:
        self.workflows = workflows
        self._columns = columns_for(workflows, self.glyphs)

    @property
    def current(self) -> Workflow | None:
        """The workflow under the cursor."""
        return self.workflows[self.cursor] if self.cursor < len(self.workflows) else None

    def count(self) -> int:
        return len(self.workflows)

    def key_at(self, index: int) -> Hashable:
        return self.workflows[index].id

    def draw(self, index: int, width: int) -> Line:
        assert self._columns
        return line_of(self.workflows[index], self._columns, self.across, self.glyphs)

    def head(self, width: int) -> Line:
        """The line of titles."""
        # Over the lines, from which the scroll bar takes its cell.
        return self._columns.head(self.across if self.size.width else width) if self._columns else []


class VersionList(LineList):
    """The history of a workflow, newest first, with its lineage as a graph."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.entries: list[Entry] = []
        self.marked: list[int] = []
        self._graph: dict[int | None, tuple[int, str]] = {}
        self._wide = 0
        self._kept: list[VersionColumn] = []
        self._columns: list[Columns] = []
        """For a wide screen and for a narrow one."""

    def show(self, history: History) -> None:
        """Shows this history instead; the cursor stays on its version."""
        self.lines_changed(lambda: self._take(history))

    def _take(self, history: History) -> None:
        self.entries = history.entries[::-1]
        drawn = lineage_graph(history.entries, self.glyphs)
        self._graph = {number: (lane.lane, lane.text) for number, lane in drawn.items()}
        self._wide = max((len(text) for _, text in self._graph.values()), default=2) + 3
        kept = self._kept = columns_of(self.entries, self.glyphs)
        rows = [[text for text, _ in cells_of(entry, self.glyphs, kept)] for entry in self.entries]
        ranked = sorted((n for n, column in enumerate(kept) if column.rank), key=lambda n: -kept[n].rank)
        align = "".join(column.align for column in kept)
        heads = [column.head for column in kept]
        self._columns = [
            Columns(heads, rows, align=align, wide=len(kept) - 1, drop=ranked, least=least) for least in NOTE
        ]

    def _fitting(self, room: int) -> Columns:
        return self._columns[room < NARROW]

    @property
    def current(self) -> Entry | None:
        """The version under the cursor."""
        return self.entries[self.cursor] if self.cursor < len(self.entries) else None

    def to(self, number: int) -> None:
        """Puts the cursor on a version."""
        found = self.find_key(("version", number))
        if found is not None:
            self.move_to(found, center=True)

    def mark(self) -> None:
        """Marks or unmarks the version under the cursor; the last two that were marked are."""
        entry = self.current
        if entry is not None and entry.number is not None:
            number = entry.number
            self.marked = (
                [one for one in self.marked if one != number] if number in self.marked else [*self.marked[-1:], number]
            )
            self.redraw()

    def unmark(self) -> None:
        """Takes all marks off."""
        self.marked = []
        self.redraw()

    def count(self) -> int:
        return len(self.entries)

    def key_at(self, index: int) -> Hashable:
        return ("version", self.entries[index].number)

    def draw(self, index: int, width: int) -> Line:
        entry, room = self.entries[index], self.across - self._wide
        at, text = self._graph.get(entry.number, (0, " "))
        at *= 2
        marked = entry.number is not None and entry.number in self.marked
        graph: Line = [
            (f"{self.glyphs.mark if marked else ' '} ", "accent"),
            (text[:at], "faint"),
            (text[at : at + 1], "accent" if marked else "active" if entry.is_kept else "muted"),
            (text[at + 1 :].ljust(self._wide - 3 - at), "faint"),
        ]
        cells = cells_of(entry, self.glyphs, self._kept)
        rest = self._fitting(room).draw([one for one, _ in cells], [ink for _, ink in cells], room)
        return [*graph, *rest]

    def head(self, width: int) -> Line:
        """The line of titles."""
        if not self._columns:
            return []
        room = (self.across if self.size.width else width) - self._wide
        return [(" " * self._wide, "text"), *self._fitting(room).head(room)]
