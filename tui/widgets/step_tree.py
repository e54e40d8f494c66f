"""The steps tab: the tree on one time scale, and below it the step under the cursor."""

from typing import NamedTuple

from textual import on
from textual.app import ComposeResult

from ...core import clock
from ...core.clock import to_seconds
from ...core.errors import Corrupt, NotFound
from ...core.events import Fault, Json, StepFinished, StepStarted
from ...core.runs import FINISHED, Run, Step
from ...core.store import Store
from ..facts import teach
from ..keys import bindings
from ..lines import Line
from ..step_tree import StepDetail, StepTree, detail_nodes
from .line_list import LineList, OneLine
from .run_tab import RunTab
from .tree_view import TreeView

EMPTY = teach(
    "No steps yet",
    "A step is one piece of a run's work: a call, a tool, a phase. Steps nest, and may wait for each other.",
    'with run.step("plan", agent="planner") as step:\n    step.log("3 candidates")\n'
    'run.graph({"plan": [], "draft": ["plan"]})',
)


class Found(NamedTuple):
    """What one reading brought."""

    steps: list[Step] | None
    """None: as they were."""
    detail: StepDetail | None


class StepsTab(RunTab):
    """Where the time went: nesting, retries, errors, what is open, what waits."""

    PLACE = "steps"
    BINDINGS = bindings("steps")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="with-detail")
        self.steps: StepTree | None = None
        self._run: Run | None = None
        self._seen: tuple[int, str] | None = None
        self._detail: StepDetail | None = None

    def compose(self) -> ComposeResult:
        yield OneLine(lambda width: self.steps.head(width) if self.steps else [], id="steps-head")
        yield TreeView(guides=True, id="steps-tree", classes="keeps-cursor")
        yield OneLine(self._open_line, id="steps-open")
        yield OneLine(lambda width: [(self.glyphs.rule * width, "faint")], id="steps-rule")
        yield TreeView(id="steps-detail")

    @property
    def lines(self) -> TreeView:
        """The tree."""
        return self.query_one("#steps-tree", TreeView)

    # Reading.

    def read(self, store: Store, run: Run) -> Found:
        new = self._seen != (run.last_seq, run.status)
        steps = store.runs.steps(run.id) if new else None
        self._seen = (run.last_seq, run.status)
        by_id = {step.id: step for step in steps} if steps else self.steps.by_id if self.steps else {}
        step = by_id.get(self._wanted or "") or (next(iter(by_id.values()), None) if by_id else None)
        if step is None or (self._detail and self._detail.step == step):
            return Found(steps, self._detail if step else None)
        return Found(steps, read_detail(store, step))

    @property
    def _wanted(self) -> str | None:
        row = self.lines.current
        return row.node.target if row else None

    def show(self, run: Run, found: Found) -> None:
        self._run, self._detail = run, found.detail
        self.set_class(run.status not in FINISHED, "live")
        if found.steps is not None:
            self.steps = StepTree(found.steps, self.glyphs)
            self._measure()
            self.lines.show(self.steps.nodes() if found.steps else EMPTY)
            self.set_class(not found.steps, "empty")
        self._show_detail()
        for line in self.query(OneLine):
            line.refresh()

    def _measure(self) -> None:
        if self.steps:
            self.steps.now, self.steps.width = clock.now_s(), self.lines.size.width or self.steps.width

    def _show_detail(self) -> None:
        if self.steps and self._detail:
            names = {step.id: step.name for step in self.steps.all}
            nodes = list(detail_nodes(self._detail, names, clock.now_s(), self.glyphs))
            self.query_one("#steps-detail", TreeView).show(nodes)

    def on_resize(self) -> None:
        self._measure()
        self.lines.redraw()
        self.query_one("#steps-head").refresh()

    def tick(self) -> None:
        self._measure()
        self.lines.redraw()
        self.query_one("#steps-open").refresh()

    def _open_line(self, width: int) -> Line:
        if self.steps is None or self._run is None:
            return []
        last = self._run.last_event
        return self.steps.open_line(self.steps.now - to_seconds(last) if last else None)

    # What the person does.

    @on(LineList.Moved, "#steps-tree")
    def look(self) -> None:
        """Reads the step under the cursor."""
        self.post_message(self.Reread())

    @on(LineList.Chosen, "#steps-tree")
    def to_logs(self) -> None:
        """Shows what the step logged."""
        if self._wanted:
            self.post_message(self.Jump("logs", ("step", self._wanted)))

    def go_to(self, target: object) -> None:
        if self.steps and isinstance(target, str):
            self.lines.go_to(self.steps.path(target))

    def action_detail(self) -> None:
        self.toggle_class("with-detail")

    def action_next_failed(self, direction: int) -> None:
        if self.steps is None:
            return
        failed = [step.id for step in self.steps.all if step.status == "failed"]
        here = self._wanted
        order = [step.id for step in self.steps.all]
        at = order.index(here) if here in order else -1
        later = [id for id in failed if (order.index(id) - at) * direction > 0]
        if later:
            self.go_to(later[0] if direction > 0 else later[-1])
        else:
            self.notify("No failed step " + ("after" if direction > 0 else "before") + " this one", markup=False)


def read_detail(store: Store, step: Step) -> StepDetail:
    """A step's input, output and error, read from its own events."""
    input: Json = None
    output: Json = None
    fault: Fault | None = None
    problem = ""
    try:
        if step.has_input and step.started_seq:
            event = store.runs.event(step.run, step.started_seq)
            input = event.input if isinstance(event, StepStarted) else None
        if (step.has_output or step.error) and step.finished_seq:
            event = store.runs.event(step.run, step.finished_seq)
            output, fault = (event.output, event.error) if isinstance(event, StepFinished) else (None, None)
    except (Corrupt, NotFound) as error:
        problem = str(error)
    return StepDetail(step=step, input=input, output=output, fault=fault, problem=problem)
