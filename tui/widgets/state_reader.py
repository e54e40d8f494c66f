"""How the states tab reads and shows: the graph of checkpoints, and the state at the one under the cursor."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from ...core.checkpoints import Checkpoint, StateDiff
from ...core.errors import NotFound
from ...core.events import Json
from ...core.repositories import CheckpointRepository
from ...core.runs import Run
from ...core.store import Store
from .. import format
from ..facts import Lesson, teach
from ..lines import Line, between, one_line
from ..states.change_nodes import diff_nodes
from ..states.graph_nodes import checkpoint_head, checkpoint_nodes, origin_node
from ..states.key_nodes import Kept, state_nodes
from ..states.marks import Mark, StateMarks, marks_of
from ..states.reading import Graph, compared, grown, look, short_values, values_or_why
from ..states.search import Hits
from ..states.shown import Shown, Values
from ..states.snippets import snippet_nodes
from ..trees.nodes import Node
from .line_list import OneLine
from .run_tab import RunTab
from .tree_view import TreeView

EMPTY = Lesson(
    "No checkpoints yet",
    "A checkpoint is a snapshot of a run's state: a map of keys to values.\n"
    "A value is stored once, however many checkpoints hold it.",
    'run.checkpoint({"messages": [...], "plan": {...}})',
    "checkpoints",
)

NARROW = 60
"""Cells below which the state stands below its checkpoints: beside them its keys have no room."""

FILE = "a new file or a folder; nothing writes it into the working folder"


class Found(NamedTuple):
    """What one reading brought."""

    seen: int
    """Up to which event the run was looked through for checkpoints."""
    graph: Graph
    shown: Shown | None
    values: dict[tuple[str, str], Json]
    diff: StateDiff | None
    differing: Sequence[Node]
    """The same as it is shown."""
    origin: Node | None
    """Where the run started, if that was at another run's checkpoint."""


class StateReader(RunTab):
    """The parts of the tab, and what is in them."""

    DROPPED = True

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.checkpoints: list[Checkpoint] = []
        self.branches: list[Run] = []
        self.names: dict[str, str] = {}
        self.shown: Shown | None = None
        self.values = Values(self.reread_soon)
        self.everything = False
        self._kept: Kept = {}
        self.marks = StateMarks()
        self.run: Run | None = None
        self.hits: Hits | None = None
        self.at = -1
        """The number of the hit that was gone to."""
        self.snippet = ""
        """Lines of a program that goes on from here, while they are shown."""
        self.diff: StateDiff | None = None
        self.differing: Sequence[Node] = ()
        """What differs, as it is shown."""
        self.told: Line = []
        """How far a reading that takes long is."""
        self.origin: Node | None = None
        self.blames: dict[str, tuple[Node, str | None]] = {}
        """Of keys that were asked for: who last wrote them, and the step."""
        self._seen = -1
        self._drawn: list[str] = []
        """The marks that the graph shows."""
        self._store: Store | None = None

    def compose(self) -> ComposeResult:
        yield Input(placeholder="search the keys and values of this state", id="state-word", compact=True)
        yield Input(placeholder=FILE, id="state-file", compact=True)
        with Horizontal():
            with Vertical(id="state-list"):
                yield OneLine(self._list_head, id="state-list-head")
                yield TreeView(id="state-graph", classes="keeps-cursor")
            with Vertical(id="state-side"):
                yield OneLine(self._title, id="state-title")
                yield TreeView(id="state-tree")

    def on_resize(self) -> None:
        self.set_class(self.size.width < NARROW, "narrow")

    @property
    def graph(self) -> TreeView:
        """The checkpoints."""
        return self.query_one("#state-graph", TreeView)

    @property
    def state(self) -> TreeView:
        """The state."""
        return self.query_one("#state-tree", TreeView)

    @property
    def marked(self) -> list[str]:
        """The checkpoints that are marked, of this run or others."""
        return self.marks.checkpoints

    @property
    def compared(self) -> tuple[Mark, Mark] | None:
        """The two that are compared here."""
        return self.marks.compared(self.run.id) if self.run else None

    @property
    def here(self) -> str | None:
        """The checkpoint under the cursor, or at which the run under it started."""
        row = self.graph.current
        target = row.node.target if row else None
        if isinstance(target, tuple):
            return next((run.from_checkpoint for run in self.branches if run.id == target[1]), None)
        return target

    def when_checkpoints(self) -> bool:
        """Whether there are any."""
        return bool(self.checkpoints)

    # Reading.

    def read(self, store: Store, run: Run) -> Found:
        self._store, self.run, self.marks = store, run, marks_of(store)
        graph = Graph(self.checkpoints, self.branches, self.names)
        if self._seen != run.last_seq:
            graph = grown(graph, store, run)
        here, known = self.here, graph.checkpoints
        # Who looks at the newest checkpoint goes on to what comes after it.
        at_end = not self.checkpoints or here == self.checkpoints[-1].id
        if known and (here is None or at_end):
            here = known[-1].id
        one = next((one for one in reversed(known) if one.id == here), None)
        diff, differing = self.diff, self.differing
        if (two := self.compared) and (diff is None or (diff.a, diff.b) != (two[0].checkpoint, two[1].checkpoint)):
            diff = compared(store.checkpoints, *two)
            differing = diff_nodes(diff) if diff else ()
        shown = self.shown if self.shown and self.shown.checkpoint == one else look(store.checkpoints, one)
        origin = self.origin or self._origin(store.checkpoints, run)
        values = self._read_values(store.checkpoints, shown)
        return Found(run.last_seq, graph, shown, values, diff, differing, origin)

    def _origin(self, repository: CheckpointRepository, run: Run) -> Node | None:
        if not run.from_checkpoint:
            return None
        try:
            found = repository.get(run.from_checkpoint)
        except NotFound:
            found = None
        return origin_node(run.from_checkpoint, found, self.glyphs)

    def _read_values(self, repository: CheckpointRepository, shown: Shown | None) -> dict[tuple[str, str], Json]:
        wished = list(self.values.wished)
        if shown:
            # What was wished for of a state that is left is wanted no more.
            near = (shown.checkpoint.id, shown.checkpoint.parent)
            wished = [place for place in wished if place[0] in near]
            wished += [place for place in short_values(shown) if self.values.get(*place) is None]
        return values_or_why(repository, wished)

    def show(self, run: Run, found: Found) -> None:
        before, first = (self.checkpoints, self.branches), self._seen < 0
        self.checkpoints, self.branches, self.names = found.graph
        self.diff, self.differing, self.origin = found.diff, found.differing, found.origin
        self._seen, self.told = found.seen, []
        if first or before != (self.checkpoints, self.branches):
            self.set_class(not self.checkpoints, "empty")
            self.show_graph(found.shown.checkpoint.id if found.shown else None)
        elif self._drawn != self.marked:  # on the screen of another run
            self.show_graph(self.here)
        another = found.shown is not self.shown
        if another:
            self.blames, self.snippet, self._kept = {}, "", {}
            self.values.wished.clear()  # what comes into sight now wishes anew
        self.shown = found.shown
        self.values.keep(found.values)
        self.show_state()
        if another and not self._at_a_key():
            self.state.move_to(0)  # what changed stands first

    def _at_a_key(self) -> bool:
        row = self.state.current
        return row is not None and isinstance(row.path.first, str) and row.path.first != "same"

    def show_graph(self, here: str | None = None) -> None:
        """Draws the checkpoints, with the cursor on one of them."""
        self._drawn = self.marked
        nodes = checkpoint_nodes(self.checkpoints, self.names, self.marked, self.glyphs, self.branches)
        if self.origin and nodes:
            nodes.insert(0, self.origin)
        self.graph.show(nodes or teach(EMPTY, self.run))
        found = self.graph.find(here) if here and here != self.here else None
        if found is not None:
            self.graph.move_to(found)

    def show_state(self) -> None:
        """Draws what stands beside the graph: a state, two that are compared, or how to go on from one."""
        if self.snippet:
            self.state.show(snippet_nodes(self.snippet))
        elif self.compared:
            self.state.show(self.differing if self.diff else self._wait())
        elif self.shown:
            plain = self.hits is not None
            everything = plain or self.everything or self.shown.checkpoint.parent is None
            blames = {key: node for key, (node, _) in self.blames.items()}
            look = partial(state_nodes, self.shown, self.values, blames, kept=self._kept)
            self.state.show(look(everything=everything, plain=plain))
        elif self.told:
            self.state.show(self._wait())
        self._show_title()

    def _show_title(self) -> None:
        for title in self.query("#state-title"):  # which is gone where the run was left
            title.refresh()

    def _asked(self) -> Line:
        """How far a question is that takes long; empty if none does."""
        return []

    def wait_for(self, told: Line) -> None:
        self.told = told
        if (self.compared and not self.diff) or not self.shown:
            self.show_state()

    def _wait(self) -> list[Node]:
        return [Node("wait", self.told)] if self.told else []

    def _list_head(self, width: int) -> Line:
        # Over the lines, from which the scroll bar takes its cell.
        return checkpoint_head(self.graph.across if self.graph.size.width else width)

    def _title(self, width: int) -> Line:
        if asked := self._asked():
            return between(asked, [("  esc", "accent"), (" stops", "muted")], width)
        if self.snippet:
            return [("branch from here", "title"), ("  y copies it, esc leaves", "faint")]
        if two := self.compared:
            line = [*self._named(two[0]), (f" {self.glyphs.arrow} ", "faint"), *self._named(two[1])]
            return between(line, [("  x takes a mark off, esc both", "faint")] if width >= 60 else [], width)
        if self.shown is None:
            return []
        one = self.shown.checkpoint
        left: Line = [(format.short_id(one_line(one.id, 40), self.glyphs), "title")]
        step = self.names.get(one.step, one.step) if one.step else ""
        left += [(f"  {one_line(text, 40)}", ink) for text, ink in ((one.label, "strong"), (step, "text")) if text]
        # Of another program's state its keys are counted when it is read, and not before.
        end: Line = [(f"{format.plural(len(self.shown.here), 'key')}", "muted")]
        end.append((f"  {format.size(one.size_bytes)}", "muted"))
        return between(left, self._found() or self._marked() or end, width)

    def _named(self, mark: Mark) -> Line:
        name: Line = [(format.short_id(one_line(mark.checkpoint, 40), self.glyphs), "title")]
        other = self.run is not None and mark.run != self.run.id
        return [*name, (f" of run {format.short_id(mark.run, self.glyphs)}", "warn")] if other else name

    def _found(self) -> Line:
        if self.hits is None:
            return []
        count = f"{self.at + 1:,} of {len(self.hits.paths):,}" if self.hits.paths else "nowhere"
        return [(f"  {one_line(self.hits.word, 20)} ", "accent"), (count, "muted" if self.hits.paths else "warn")]

    def _marked(self) -> Line:
        if len(self.marks.all) != 1 or self.run is None or self.marks.all[0].run == self.run.id:
            return []
        return [("  x compares with ", "faint"), *self._named(self.marks.all[0])]
