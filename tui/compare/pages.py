"""The tabs of a comparison in one table: what each reads of every run, and what rows it makes of that."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ...core.progress import counted
from ...core.runs import Run
from ...core.store import Store
from .fact_rows import fact_rows
from .number_rows import cost_rows, keep, keep_costs, metric_rows, read_costs, read_reported
from .rows import Context, Kept, Row
from .state_rows import compare_states, read_final, state_rows
from .step_rows import align_steps, read_steps, step_rows
from .value_rows import input_places, input_rows, read_inputs


class Page(NamedTuple):
    """One tab; its key is in the table of keys under `compare.<name>`."""

    name: str
    hot: int
    """Place of the letter in the name that opens it."""
    read: Callable[[Store, Run], Any]
    """What it needs of one run. Called in a thread, again only when the run has changed."""
    join: Callable[[Store, Sequence[Any], Kept], Any]
    """What it makes of what was read of all, in their order. Called in a thread."""
    rows: Callable[[Context, Any], list[Row]]
    only: bool = False
    """Whether it begins with what differs alone."""


PAGES = (
    Page("facts", 0, lambda store, run: None, lambda store, read, kept: None, fact_rows),
    Page("inputs", 0, read_inputs, input_places, input_rows, only=True),
    Page("steps", 0, read_steps, align_steps, step_rows),
    Page("metrics", 0, read_reported, keep, metric_rows),
    Page("costs", 0, read_costs, keep_costs, cost_rows),
    Page("states", 1, read_final, compare_states, state_rows, only=True),
)


def page(name: str) -> Page:
    """A page by its name; raises KeyError."""
    return _BY_NAME[name]


_BY_NAME = {one.name: one for one in PAGES}


class Reader:
    """Reads runs page by page and keeps what it read of those that stay as they are. Not for two threads at once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.reads = 0
        """How often a page of a run was read: what a test counts."""
        self._kept: dict[tuple[str, str], tuple[Run, Any]] = {}
        self._values: Kept = {}

    def page(self, name: str, runs: Sequence[Run]) -> Any:
        """What a page shows of some runs, told and stopped as `core.progress` says; what was read by then is kept."""
        read = [self._read(name, run) for run in counted(runs, len(runs), f"reading {name} of runs")]
        return page(name).join(self.store, read, self._values)

    def _read(self, name: str, run: Run) -> Any:
        kept = self._kept.get((name, run.id))
        if kept is None or kept[0] != run:
            self.reads += 1
            kept = self._kept[name, run.id] = run, page(name).read(self.store, run)
        return kept[1]
