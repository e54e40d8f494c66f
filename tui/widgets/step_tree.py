"""The steps tab: the steps in one of three layouts, and below them the step under the cursor, both sides of it."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ...core import clock
from ...core.clock import to_seconds
from ...core.runs import Run
from ...core.store import Store
from ..facts import teach, until
from ..keys import bindings
from ..lines import Line
from ..loading import in_thread
from ..nodes import Node, Path
from ..steps.detail import StepDetail, came_out, fact_nodes, read_detail, went_in
from ..steps.forest import Forest
from ..steps.open_steps import open_line
from ..steps.picture import LAYOUTS, Layout, Picture
from ..steps.rows import bar_cells, head_of, lane_cells, line_of
from .line_list import LineList, OneLine
from .run_tab import RunTab
from .tree_view import TreeView

EMPTY = teach(
    "No steps yet",
    "A step is one piece of a run's work: a call, a tool, a phase. Steps nest, and may wait for each other.",
    'with run.step("plan", agent="planner") as step:\n    step.log("3 candidates")\n'
    'run.graph({"plan": [], "draft": ["plan"]})',
)

LIVE = frozenset({"running", "waiting", "pending"})
"""Statuses of runs for which time goes on."""

LOW = 18
"""Rows of a terminal below which the detail is shown only when it is asked for."""

LANES = 4
"""Lanes that the graph is scrolled by."""


class Found(NamedTuple):
    """What one reading brought."""

    picture: Picture | None
    """None: the steps are as they were."""
    detail: StepDetail | None


class StepLines(TreeView):
    """The steps, drawn for the width that they have, whether a scroll bar takes a part of it or not."""

    def __init__(self, tab: "StepsTab") -> None:
        super().__init__(guides=True, id="steps-tree", classes="keeps-cursor")
        self._tab = tab

    def draw(self, index: int, width: int) -> Line:
        if self._tab.picture:
            self._tab.picture.width = self.across
        return super().draw(index, width)


class StepsTab(RunTab):
    """Where the time went: nesting, retries, errors, what is open, what waits."""

    PLACE = "steps"
    BINDINGS = bindings("steps")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.picture: Picture | None = None
        self.run: Run | None = None
        self._seen: tuple[int, str] | None = None
        self._detail: StepDetail | None = None
        self._asked: bool | None = None
        """Whether the person wants the detail; None while he has not said so."""
        self._goal: str | None = None
        """Step that is to be brought into sight as soon as the steps are read."""

    def compose(self) -> ComposeResult:
        yield OneLine(self._head, id="steps-head")
        yield StepLines(self)
        yield OneLine(self._open_line, id="steps-open")
        yield OneLine(lambda width: [(self.glyphs.rule * width, "faint")], id="steps-rule")
        with Vertical(id="steps-pane"):
            yield TreeView(id="steps-detail")
            with Horizontal(id="steps-sides"):
                yield TreeView(id="steps-input")
                yield TreeView(id="steps-output")

    @property
    def lines(self) -> TreeView:
        """The steps."""
        return self.query_one("#steps-tree", TreeView)

    # Reading.

    def read(self, store: Store, run: Run) -> Found:
        new = self._seen != (run.last_seq, run.status)
        picture = None
        if new:
            picture = self._picture(Forest(store.runs.steps(run.id)), run)
            self._seen = (run.last_seq, run.status)
        shown = picture or self.picture
        by_id = shown.forest.by_id if shown else {}
        step = by_id.get(self._wanted or "") or (by_id[shown.order()[0]] if shown and by_id else None)
        if step is None or (self._detail and self._detail.step == step):
            return Found(picture, self._detail if step else None)
        return Found(picture, read_detail(store, step))

    def _picture(self, forest: Forest, run: Run) -> Picture:
        """The new steps, looked at as the old ones were; made in the thread, for it costs all of them."""
        picture, old = Picture(forest, self.glyphs, live=run.status in LIVE), self.picture
        if old:
            picture.layout, picture.window, picture.shift, picture.held = old.layout, old.window, old.shift, old.held
        if picture.layout == "graph":
            _ = picture.lanes
        return picture

    @property
    def _wanted(self) -> str | None:
        row = self.lines.current
        return row.node.target if row else None

    def show(self, run: Run, found: Found) -> None:
        self.run, self._detail = run, found.detail
        if found.picture is not None:
            self.picture = found.picture
            self.picture.is_folded = self._is_folded
            self.set_class(not self.picture.forest.all, "empty")
        self._measure()
        if found.picture is not None:
            self.lines.show(self._made())
            self.go_to(self._goal)
        self.set_class(bool(self._open_line(80)), "open")
        self._show_detail()
        for line in self.query(OneLine):
            line.refresh()

    def _made(self) -> Sequence[Node]:
        picture = self.picture
        if picture is None or not picture.forest.all:
            return EMPTY
        return picture.nodes(lambda step, width: line_of(picture, step, width))

    def _is_folded(self, path: Path, open: bool) -> bool:
        return not self.lines.folds.get(path, open)

    def _measure(self) -> None:
        self.set_class(self.app.size.height >= LOW if self._asked is None else self._asked, "with-detail")
        if self.picture and self.run:
            self.picture.now, self.picture.width = _now(self.run), self.lines.across or self.picture.width

    def _show_detail(self) -> None:
        if not self.picture or not self._detail:
            return
        facts = self.query_one("#steps-detail", TreeView)
        sides = {"input": went_in(self._detail), "output": came_out(self._detail)}
        facts.show(list(fact_nodes(self._detail, self.picture)))
        for name, nodes in sides.items():
            self.query_one(f"#steps-{name}", TreeView).show(nodes)
            self.set_class(not nodes, f"no-{name}")
        facts.styles.height = facts.count() if any(sides.values()) else "1fr"

    def on_resize(self) -> None:
        self._measure()
        self.lines.redraw()
        self.query_one("#steps-head").refresh()

    def tick(self) -> None:
        self._measure()
        self.lines.redraw()
        self.query_one("#steps-open").refresh()
        if self.picture and self.picture.window.part is None:
            self.query_one("#steps-head").refresh()
        if self._detail and self._detail.step.status == "running":
            self._show_detail()

    def _head(self, width: int) -> Line:
        if self.picture is None:
            return []
        self.picture.width = self.lines.across or width
        return head_of(self.picture, self.picture.width)

    def _open_line(self, width: int) -> Line:
        if self.picture is None or self.run is None:
            return []
        return open_line(self.picture.forest, self.run, self.picture.now, width)

    # What the person does.

    @on(LineList.Moved, "#steps-tree")
    def look(self) -> None:
        """Reads the step under the cursor."""
        here = self._wanted
        if self.picture and here:
            self.picture.held = frozenset(self.picture.forest.path(here)[:-1])
            self._lane_into_sight(here)
        self.post_message(self.Reread())

    @on(LineList.Chosen, "#steps-tree")
    def to_logs(self) -> None:
        """Shows what the step logged."""
        if self._wanted:
            self.post_message(self.Jump("logs", ("step", self._wanted)))

    def go_to(self, target: object) -> None:
        if not self.picture:
            self._goal = target if isinstance(target, str) else None
        if not self.picture or not isinstance(target, str) or target not in self.picture.forest.by_id:
            return
        self._goal = None
        path = self.picture.path(target)
        self.picture.held = frozenset(self.picture.forest.path(target)[:-1])
        self.lines.show(self._made())
        place = self.lines.find_key((path, 0))
        if place is None:
            self.lines.go_to(path)  # below something that the person has folded
        else:
            self.lines.move_to(place, center=True)
        self._lane_into_sight(target)

    def action_detail(self) -> None:
        self._asked = not self.has_class("with-detail")
        self._measure()
        if not self._asked:
            self.lines.focus()

    def back(self) -> bool:
        if self.lines.has_focus or not self.query("#steps-pane TreeView:focus"):
            return False
        self.lines.focus()
        return True

    def action_next_failed(self, direction: int) -> None:
        if self.picture is None:
            return
        by_id, order = self.picture.forest.by_id, self.picture.order()
        at = order.index(self._wanted) if self._wanted in by_id else -1
        rest = order[at + 1 :] if direction > 0 else order[: max(at, 0)][::-1]
        later = next((id for id in rest if by_id[id].status == "failed"), None)
        if later:
            self.go_to(later)
        else:
            self.notify("No failed step " + ("after" if direction > 0 else "before") + " this one", markup=False)

    def action_next_open(self) -> None:
        open = [step.id for step in self.picture.forest.stuck()] if self.picture else []
        if open:
            self.go_to(open[(open.index(self._wanted) + 1) % len(open)] if self._wanted in open else open[0])
        else:
            self.notify("No step is open", markup=False)

    # Layouts.

    def action_layout(self) -> None:
        picture = self.picture
        if picture is None:
            return
        following = LAYOUTS[(LAYOUTS.index(picture.layout) + 1) % len(LAYOUTS)]
        if following == "graph":
            in_thread(self, lambda: len(picture.lanes), lambda lanes: self._lay_out("graph"))  # it costs all steps once
        else:
            self._lay_out(following)

    def _lay_out(self, layout: Layout) -> None:
        if self.picture is None:
            return
        here = self._wanted
        self.picture.layout = layout
        self.lines.guides = layout != "graph"
        self.lines.show(self._made())
        if here:
            self.go_to(here)
        self._look_again()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        layout = self.picture.layout if self.picture else "tree"
        if action in ("zoom", "fit", "whole"):
            return layout == "waterfall"
        return layout != "tree" if action == "pan" else True

    def action_zoom(self, factor: float) -> None:
        if self.picture:
            scale, forest = self.picture.scale, self.picture.forest
            middle = (scale.begin + scale.end) / 2
            self.picture.window.zoom(scale, factor, forest.starts.get(self._wanted or "", middle))
            self._look_again()

    def action_fit(self) -> None:
        step = self.picture.forest.by_id.get(self._wanted or "") if self.picture else None
        if self.picture and step:
            end = self.picture.forest.end(step, self.picture.now)
            if end is not None:
                self.picture.window.fit(self.picture.scale, self.picture.forest.starts[step.id], end)
                self._look_again()

    def action_whole(self) -> None:
        if self.picture:
            self.picture.window.part = None
            self._look_again()

    def action_pan(self, direction: int) -> None:
        if self.picture and self.picture.layout == "waterfall":
            self.picture.window.pan(self.picture.scale, direction * max(0.25, 2 / bar_cells(self.picture.width)))
        elif self.picture:
            self._shift(self.picture.shift + direction * LANES)
        self._look_again()

    def _lane_into_sight(self, id: str) -> None:
        """Scrolls the graph sideways until the node of a step can be seen."""
        if self.picture and self.picture.layout == "graph" and id in self.picture.lanes:
            lane, room = self.picture.lanes[id].lane, lane_cells(self.picture) // 2
            if not self.picture.shift <= lane < self.picture.shift + room:
                self._shift(lane - room // 2)

    def _shift(self, to: int) -> None:
        if self.picture:
            drawn = next((len(lane.text) // 2 for lane in self.picture.lanes.values()), 0)
            self.picture.shift = max(0, min(to, drawn - lane_cells(self.picture) // 2))
            self._look_again()

    def _look_again(self) -> None:
        self.lines.redraw()
        self.query_one("#steps-head").refresh()


def _now(run: Run) -> float:
    """The moment that steps are drawn for: a run that is dead or over has none later than its last."""
    if run.status in LIVE:
        return clock.now_s()
    try:
        return to_seconds(until(run, clock.now_s()))
    except ValueError:
        return clock.now_s()
