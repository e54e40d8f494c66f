"""The steps tab: the steps in one of three layouts, and below them the step under the cursor, both sides of it."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from ...core import clock
from ...core.runs import Run
from ...core.store import Store
from ..facts import Lesson, last_moment, teach
from ..keys import bindings
from ..lines import Line
from ..messages import OpenRun
from ..steps.briefs import Briefs
from ..steps.detail import StepDetail, came_out, fact_nodes, read_detail, went_in
from ..steps.forest import Forest
from ..steps.open_steps import open_line
from ..steps.picture import Picture
from ..steps.rows import head_of, line_of
from .line_list import LineList, OneLine
from .step_moves import StepMoves
from .tree_view import TreeView

EMPTY = Lesson(
    "No steps yet",
    "A step is one piece of a run's work: a call, a tool, a phase. Steps nest, and may wait for each other.",
    'with run.step("plan", agent="planner") as step:\n    step.log("3 candidates")\n'
    'run.graph({"plan": [], "draft": ["plan"]})',
    "steps",
)

LIVE = frozenset({"running", "waiting", "pending"})
"""Statuses of runs for which time goes on."""

LOW = 18
"""Rows of a terminal below which the detail is shown only when it is asked for."""


BESIDE = 180
"""Cells from which on the detail stands beside the steps: below them both would be mostly empty."""

REST = 3.0
"""Times as long as one reading of all steps took passes before the next: most of the time is the keys'."""


class Found(NamedTuple):
    """What one reading brought."""

    picture: Picture | None
    """None: the steps are as they were."""
    detail: StepDetail | None
    behind: bool = False
    """Whether there are newer steps, which are read a little later."""
    briefs: dict[str, str] = {}
    """What steps in sight were given."""


class StepLines(TreeView):
    """The steps, drawn for the width that they have, whether a scroll bar takes a part of it or not."""

    def __init__(self, tab: "StepsTab") -> None:
        super().__init__(guides=True, id="steps-tree", classes="keeps-cursor")
        self._tab = tab

    def draw(self, index: int, width: int) -> Line:
        if self._tab.picture:
            self._tab.picture.width = self.across
        return super().draw(index, width)


class StepsTab(StepMoves):
    """Where the time went: nesting, retries, errors, what is open, what waits."""

    PLACE = "steps"
    BINDINGS = bindings("steps")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.run: Run | None = None
        self._seen: tuple[int, str] | None = None
        self._detail: StepDetail | None = None
        self._took = self._read_at = 0.0
        """Seconds that the last reading of all steps took, and when it ended."""
        self._behind = False
        self._asked: bool | None = None
        """Whether the person wants the detail; None while he has not said so."""
        self.briefs = Briefs(self.reread_soon)
        self._goal: str | None = None
        """Step that is to be brought into sight as soon as the steps are read."""

    def compose(self) -> ComposeResult:
        with Vertical(id="steps-main"):
            yield OneLine(self._head, id="steps-head")
            yield StepLines(self)
            yield OneLine(self._open_line, id="steps-open")
            words = "a name, agent, input or error; enter, then n and N"
            yield Input(placeholder=words, id="steps-search", compact=True)
        yield OneLine(lambda width: [(self.glyphs.rule * width, "faint")], id="steps-rule")
        with Vertical(id="steps-pane"):
            yield TreeView(id="steps-detail")
            with Horizontal(id="steps-sides"):
                yield TreeView(id="steps-input")
                yield TreeView(id="steps-output")

    # Reading.

    def read(self, store: Store, run: Run) -> Found:
        new = self._seen != (run.last_seq, run.status)
        picture, behind = None, new and not self._is_due(run)
        if new and not behind:
            began = time.monotonic()
            picture = self._picture(Forest(store.runs.steps(run.id)), run)
            self._seen = (run.last_seq, run.status)
            self._took, self._read_at = time.monotonic() - began, time.monotonic()
        shown = picture or self.picture
        by_id = shown.forest.by_id if shown else {}
        step = by_id.get(self._wanted or "") or (by_id[shown.order()[0]] if shown and by_id else None)
        briefs = self.briefs.read(store)
        if step is None or (self._detail and self._detail.step == step):
            return Found(picture, self._detail if step else None, behind, briefs)
        return Found(picture, read_detail(store, step), behind, briefs)

    def _is_due(self, run: Run) -> bool:
        """Whether all steps are read again: of very many not whenever the cursor moves; always when the run ends."""
        ended = self._seen is None or self._seen[1] != run.status
        return ended or time.monotonic() - self._read_at >= REST * self._took

    def _picture(self, forest: Forest, run: Run) -> Picture:
        """The new steps, with their lanes if they are in sight; made in the thread, for it costs all of them."""
        picture = Picture(forest, self.glyphs, live=run.status in LIVE, run=run.status)
        picture.briefs = self.briefs
        if self.picture and self.picture.layout == "graph":
            _ = picture.lanes
        return picture

    def show(self, run: Run, found: Found) -> None:
        self.run, self._detail, self._behind = run, found.detail, found.behind
        self.briefs.add(found.briefs)
        if found.picture is not None:
            if self.picture:
                found.picture.look_as(self.picture)  # as the person has it now, not when the reading began
            self.picture = found.picture
            self.picture.is_folded = self._is_folded
            self.set_class(not self.picture.forest.all, "empty")
        self._measure()
        if found.picture is not None:
            self.show_steps()
            self.go_to(self._goal)
        elif found.briefs:
            self.lines.redraw()
        if found.briefs:
            self.more_is_known()
        self.set_class(bool(self._open_line(80)), "open")
        self._show_detail()
        for line in self.query(OneLine):
            line.refresh()

    def show_steps(self) -> None:
        picture = self.picture
        if picture is None or not picture.forest.all:
            self.lines.show(teach(EMPTY, self.run))
        else:
            self.lines.show(picture.nodes(lambda step, width: line_of(picture, step, width)))

    def _is_folded(self, keys: Sequence[str], open: bool) -> bool:
        return not self.lines.folds.is_open(self.lines.folds.find(keys), open)

    def _measure(self) -> None:
        self.set_class(self.size.width >= BESIDE, "beside")
        self.set_class(self.app.size.height >= LOW if self._asked is None else self._asked, "with-detail")
        if self.picture and self.run:
            self.picture.now = last_moment(self.run, clock.now_s())
            self.picture.width = self.lines.across or self.picture.width

    def _show_detail(self) -> None:
        if not self.picture or not self._detail:
            return
        facts = self.query_one("#steps-detail", TreeView)
        stands = self.picture.stands(self._detail.step)
        sides = {"input": went_in(self._detail), "output": came_out(self._detail, stands)}
        facts.show(list(fact_nodes(self._detail, self.picture)))
        for name, nodes in sides.items():
            self.query_one(f"#steps-{name}", TreeView).show(nodes)
            self.set_class(not nodes, f"no-{name}")
        facts.styles.height = facts.count() if any(sides.values()) else "1fr"

    def on_resize(self) -> None:
        self._measure()
        self.lines.redraw()
        self.query_one("#steps-head").refresh()
        self._show_detail()

    def tick(self) -> None:
        if self._behind:
            self.post_message(self.Reread())
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
    def lead_on(self) -> None:
        """Opens the run that the step began; else shows what it logged, or in a run without a log what lies in it."""
        step = self.picture.forest.by_id.get(self._wanted or "") if self.picture else None
        if step is not None and step.began_run is not None:
            self.post_message(OpenRun(step.began_run))
        elif self.run and not self.run.logs:
            self.lines.action_fold()
        elif self._wanted:
            self.post_message(self.Jump("logs", ("step", self._wanted)))

    def go_to(self, target: object) -> None:
        if not self.picture:
            self._goal = target if isinstance(target, str) else None
        if not self.picture or not isinstance(target, str) or target not in self.picture.forest.by_id:
            return
        self._goal = None
        path = self.picture.path(target)
        self.picture.held = frozenset(self.picture.forest.path(target)[:-1])
        self.show_steps()
        place = self.lines.find(*path)
        if place is None:
            self.lines.go_to(path)  # below something that the person has folded
        else:
            self.lines.move_to(place, center=True)
        self._lane_into_sight(target)

    def other_detail(self) -> bool:
        """Whether it is shown."""
        return self.has_class("with-detail")

    def action_detail(self) -> None:
        self._asked = not self.has_class("with-detail")
        self._measure()
        if not self._asked:
            self.lines.focus()

    def back(self) -> bool:
        if self.picture and (self.picture.word or self.has_class("searching")):
            self.picture.word = ""
            self.remove_class("searching")
            self._look_again()
        elif not self.query("#steps-pane TreeView:focus"):
            return False
        self.lines.focus()
        return True
