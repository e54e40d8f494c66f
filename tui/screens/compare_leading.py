"""Where a comparison leads: into a row, into a run, into a page of HTML."""

from textual import on
from textual.screen import Screen

from ...core.comparing.steps import AlignedStep
from ...core.runs import Run
from ...core.store import Store
from ..compare import LEAST
from ..compare.rows import Context
from ..widgets.compare_table import CompareTable
from ..widgets.line_list import LineList
from .exporting import export_runs


class CompareLeading(Screen[None]):
    """The ways on from a screen that compares `runs` in a `table`."""

    store: Store
    runs: tuple[Run, ...]
    current: str
    """Name of the tab in sight."""

    @property
    def table(self) -> CompareTable:
        """The rows."""
        return self.query_one(CompareTable)

    @property
    def context(self) -> Context:
        """What cells are made with."""
        raise NotImplementedError

    @on(LineList.Chosen)
    def action_open(self) -> None:
        """Looks into the row: both sides in full; of a mere fact into the run."""
        row = self.table.current
        if row is None or len(self.runs) < LEAST:
            return
        if row.target is None:
            self.action_run()
            return
        from .compare_detail import DetailScreen

        targets = [(one.key, one.target) for one in self.table.rows if one.target is not None]
        at = next(n for n, (key, _) in enumerate(targets) if key == row.key)
        other = self.table.column if self.table.column != self.context.base else self._other()
        screen = DetailScreen(self.store, self.context, targets, at, other)
        self.app.push_screen(screen, self._came_back)

    def _other(self) -> int:
        return next(n for n in range(len(self.runs)) if n != self.context.base)

    def _came_back(self, key: str | None) -> None:
        found = self.table.find_key(key) if key else None
        if found is not None:
            self.table.move_to(found)

    def action_run(self) -> None:
        """Into the run of the column; `esc` leads back to the same place."""
        if not self.runs:
            return
        from .run import RunScreen

        run, row = self.runs[self.table.column], self.table.current
        tab = {"steps": "steps", "costs": "costs", "states": "states"}.get(self.current, "overview")
        target = None
        if row is not None and isinstance(row.target, AlignedStep):
            step = row.target.steps[self.table.column]
            target = step.id if step is not None else None
        self.app.push_screen(RunScreen(self.store, run.id, tab=tab, target=target))

    def action_export(self, redact: bool = False) -> None:
        """Writes the comparison into a page of HTML; `redact`: without what looks secret."""
        if len(self.runs) >= LEAST:
            export_runs(self, self.store, [run.id for run in self.runs], base=self.context.base, redact=redact)
