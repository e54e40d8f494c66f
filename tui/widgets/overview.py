"""The overview tab: everything about a run that fits on a page."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from textual import on
from textual.app import ComposeResult

from ...core import clock
from ...core.errors import Corrupt, NotFound
from ...core.events import Fault, Json, RunFinished
from ...core.pages import ALL
from ...core.runs import Message, Run
from ...core.store import Store
from ..messages import OpenRun
from ..parts.overview import STEPS, Overview, overview_nodes
from ..runs.preview import MANY_STEPS
from ..runs.run_lines import LIVE
from ..steps.outline import Outline, outline_of
from .line_list import LineList
from .run_tab import RunTab
from .tree_view import TreeView

T = TypeVar("T")


class OverviewTab(RunTab):
    """Who, what, when; the error in full; where the time went; snapshots; where it came from and what came of it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.found: Overview | None = None

    def compose(self) -> ComposeResult:
        yield TreeView(id="overview-lines")

    def read(self, store: Store, run: Run) -> Overview:
        last, runs = self.found, store.runs
        # Children come without an event of this run; the bodies change only with one.
        same = last is not None and last.run.last_seq == run.last_seq
        parent, origin = run.parent, run.from_checkpoint
        snapshots = last.snapshots if same and last else runs.snapshots(run.id)
        return Overview(
            run=run,
            steps=last.steps if same and last else self._outlined(store, run),
            fault=last.fault if same and last else _fault(store, run),
            snapshots=snapshots,
            said=last.said if same and last else _last_said(store, run, snapshots),
            parent=_known(lambda: runs.get(parent)) if parent else None,
            children=tuple(runs.children(run.id)),
            origin=_known(lambda: store.checkpoints.get(origin)) if origin else None,
            notes=tuple(runs.notes(run.id, limit=ALL).items) if run.notes else (),
            metrics=tuple(runs.metrics(run.id, limit=ALL).items),
            damage=tuple(runs.damage(run.id, limit=ALL).items) if run.damaged else (),
            removal=next(iter(store.upkeep.removals(run.id)), None) if run.source else None,
        )

    def _outlined(self, store: Store, run: Run) -> Outline:
        """The steps that are told; of very many, whose reading would not be worth it for so few lines, none."""
        if not 0 < run.steps <= MANY_STEPS:
            return Outline()
        return outline_of(store.runs.steps(run.id), STEPS, self.glyphs, live=run.status in LIVE)

    def show(self, run: Run, found: Overview) -> None:
        self.found = found
        self.tick()

    def tick(self) -> None:
        if self.found:
            nodes = overview_nodes(self.found, clock.now_s(), self.glyphs, self.size.width)
            self.query_one(TreeView).show(nodes)

    def on_resize(self) -> None:
        self.tick()  # with room for two facts on a line, or without

    @on(LineList.Chosen)
    def follow(self) -> None:
        """Goes to the run or the step under the cursor."""
        row = self.query_one(TreeView).current
        if row and isinstance(row.node.target, tuple):
            kind, id = row.node.target
            self.post_message(OpenRun(id) if kind == "run" else self.Jump("steps", id))


def _known(look: Callable[[], T]) -> T | None:
    """What is looked for; None if it is gone."""
    try:
        return look()
    except NotFound:
        return None


def _last_said(store: Store, run: Run, snapshots: Mapping[str, Json]) -> Message | None:
    """How a conversation ended: of a run that recorded its result that is told already."""
    if not run.messages or "result" in snapshots:
        return None
    return next(iter(store.runs.messages(run.id, limit=1, last=True).items), None)


def _fault(store: Store, run: Run) -> Fault | None:
    if run.status != "failed" or not run.last_seq:
        return None
    try:
        event = store.runs.event(run.id, run.last_seq)
    except Corrupt as error:
        return Fault(type="the error's record is damaged", message=str(error))
    return event.error if isinstance(event, RunFinished) else None
