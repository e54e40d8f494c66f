"""What all layouts of a run's steps share: the moment they are drawn for, the folds, and how a step is named."""

from collections.abc import Callable, Sequence
from typing import Literal

from ...core.runs import Step
from .. import format
from ..facts import stands
from ..glyphs import UNICODE, Glyphs
from ..graph import Lane
from ..lines import Line, one_line, status_ink
from ..logs.pattern import LogPattern
from ..trees.nodes import Node
from .briefs import Briefs
from .edges import drawn
from .forest import Forest
from .scale import Scale, Window

Layout = Literal["tree", "waterfall", "graph"]

LAYOUTS: tuple[Layout, ...] = ("tree", "waterfall", "graph")

MANY = 60
"""Steps from which on finished subtrees are folded by themselves, also when the run is over. As many may come into
sight because one of them failed: where more would, that is nothing special, and a count says it.
"""


BESIDE = 30
"""Characters of what a step was given that stand before its error."""


class Picture:
    """The steps of a run as they are drawn: lines for the moment `now` (Unix seconds) in a list `width` cells wide."""

    def __init__(self, forest: Forest, glyphs: Glyphs = UNICODE, *, live: bool = False, run: str = "running") -> None:
        """While `live`, finished subtrees are folded by themselves, but for those with errors; `run`: its status."""
        self.forest, self.glyphs, self.live, self.run = forest, glyphs, live, run
        self.now, self.width = 0.0, 80
        self.layout: Layout = "tree"
        self.window = Window()
        self.shift = 0
        """Lanes of the graph that are scrolled out on the left."""
        self.word = ""
        """The text that is searched for."""
        self.held: frozenset[str] = frozenset()
        """Steps that stay unfolded by themselves: those that the cursor's step lies in."""
        self.is_folded: Callable[[Sequence[str], bool], bool] = lambda path, open: not open
        """Whether a step is folded, given whether it would be open by itself."""
        self.briefs = Briefs()
        """What the steps were given."""
        failing = sum(len(forest.below.get(id, ())) for id in forest.failing)
        self._shows_failed = failing <= MANY
        self._lanes: dict[str, Lane] | None = None

    def look_as(self, other: "Picture") -> None:
        """Takes over how a person looks at it."""
        self.layout, self.window, self.shift = other.layout, other.window, other.shift
        self.held, self.word, self.briefs = other.held, other.word, other.briefs

    @property
    def lanes(self) -> dict[str, Lane]:
        """The graph: a lane a step, in its order. Made when it is first asked for."""
        if self._lanes is None:
            self._lanes = drawn(self.forest, self.glyphs)
        return self._lanes

    @property
    def scale(self) -> Scale:
        """The time scale as the person has set it."""
        last = max(self.forest.last, self.now) if self.forest.open else self.forest.last
        return self.window.scale(self.forest.first, last)

    def order(self) -> list[str]:
        """The steps as this layout lists them when all are unfolded."""
        return list(self.lanes) if self.layout == "graph" else self.forest.order

    def path(self, id: str) -> tuple[str, ...]:
        """The keys that lead to the step in this layout; empty if it is not there."""
        if self.layout == "graph":
            return (id,) if id in self.forest.by_id else ()
        return self.forest.path(id)

    # Nodes.

    def nodes(self, line: Callable[[Step, int], Line]) -> list[Node]:
        """The outermost lines of this layout, each drawn by `line` when it comes into sight."""
        if self.layout == "graph":
            by_id = self.forest.by_id
            return [Node(id, _drawing(line, by_id[id]), target=id) for id in self.lanes]
        return self._below(None, line)

    def _below(self, parent: str | None, line: Callable[[Step, int], Line]) -> list[Node]:
        return [self._node(step, line) for step in self.forest.below.get(parent, ())]

    def _node(self, step: Step, line: Callable[[Step, int], Line]) -> Node:
        inner = (lambda: self._below(step.id, line)) if step.id in self.forest.below else None
        return Node(step.id, _drawing(line, step), inner, self._opens(step.id), target=step.id)

    def _opens(self, id: str) -> bool:
        forest = self.forest
        if id in self.held or id in forest.lively or id in forest.alone:
            return True
        if self._shows_failed and id in forest.failing:
            return True
        return id in forest.unfinished if self.live else len(forest.all) <= MANY

    # What is said of a step.

    def stands(self, step: Step) -> str:
        """How it stands, for what was open when the run ended goes on no more."""
        return stands(step, self.run)

    def name(self, step: Step) -> Line:
        """Sign, name, attempt, what it was given, and the error or the agent."""
        line: Line = [
            (f"{self.glyphs.status(self.stands(step))} ", status_ink(self.stands(step))),
            (one_line(step.name, 80), "muted" if step.status in ("pending", "skipped") else "text"),
        ]
        if step.attempt > 1:
            line.append((f" #{step.attempt}", "warn"))
        if self._tells_agent(step) and not step.error:
            line.append((f"  {one_line(step.agent, 40)}", "muted"))
        if brief := self.briefs.of(step):
            line.append((f"  {one_line(brief, BESIDE) if step.error else brief}", "muted"))
        if step.error:
            line.append((f"  {one_line(step.error, 120)}", "bad"))
        # Searches of logs may be expressions; steps have plain text alone, for nothing may hold up the screen.
        return line if self.word.startswith("/") else LogPattern(self.word).lit(line)

    def _tells_agent(self, step: Step) -> bool:
        """Whether it is news who did it: there are several, and it is not who did what the step lies in."""
        above = self.forest.parents[step.id]
        outer = self.forest.by_id[above].agent if above is not None and self.layout != "graph" else ""
        return step.agent not in ("", step.name, outer) and len(self.forest.agents) > 1

    def inside(self, step: Step, *, short: bool = False) -> Line:
        """How much lies in a step that is folded; `short`: the number alone."""
        inner = self.forest.sums[step.id]
        if not inner.steps or self.layout == "graph" or not self.is_folded(self.path(step.id), self._opens(step.id)):
            return []
        line: Line = [(f"  {inner.steps:,}" if short else f"  {format.plural(inner.steps, 'step')}", "accent")]
        if inner.failed:
            line.append((f" {self.glyphs.failed}{inner.failed}", "bad"))
        return line

    def took(self, step: Step) -> str:
        """How long it took, or takes."""
        took = self.forest.took(step, self.now)
        return "" if took is None else format.duration(took)

    def cost(self, step: Step) -> str:
        """What the calls in it, and in all that lies in it, cost."""
        money = self.forest.sums[step.id].money
        return format.cost(money, self.glyphs) if money.provenance != "none" else ""


def _drawing(line: Callable[[Step, int], Line], step: Step) -> Callable[[int], Line]:
    return lambda width: line(step, width)
