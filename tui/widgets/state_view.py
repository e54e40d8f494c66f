"""The states tab: the graph of checkpoints, and the state at the one under the cursor."""

from typing import NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ...core.checkpoints import Checkpoint, StateDiff
from ...core.errors import NotFound
from ...core.events import Json
from ...core.repositories import CheckpointRepository
from ...core.runs import Run
from ...core.store import Store
from .. import format
from ..facts import teach
from ..keys import bindings
from ..lines import Line, between, one_line
from ..loading import in_thread
from ..messages import OpenRun
from ..nodes import Node
from ..state_nodes import Shown, Values, blame_node, checkpoint_nodes, diff_nodes, origin_node, state_nodes
from .line_list import LineList, OneLine
from .run_tab import RunTab
from .tree_view import TreeView

EMPTY = teach(
    "No checkpoints yet",
    "A checkpoint is a snapshot of a run's state: a map of keys to values.\n"
    "A value is stored once, however many checkpoints hold it.",
    'run.checkpoint({"messages": [...], "plan": {...}})',
)

AT_ONCE = 4_000
"""Bytes of a value that is read without being asked for, and how many of these."""
AT_ONCE_KEYS = 60


class Found(NamedTuple):
    """What one reading brought."""

    checkpoints: list[Checkpoint] | None
    """None: as they were."""
    names: dict[str, str]
    shown: Shown | None
    values: dict[tuple[str, str], Json]
    diff: StateDiff | None
    origin: Node | None
    """Where the run started, if that was at another run's checkpoint."""


class StateTab(RunTab):
    """What the run knew, and when it learnt it."""

    PLACE = "states"
    BINDINGS = bindings("states")

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.checkpoints: list[Checkpoint] = []
        self.names: dict[str, str] = {}
        self.shown: Shown | None = None
        self.values = Values()
        self.everything = False
        self.marked: list[str] = []
        self.diff: StateDiff | None = None
        self.origin: Node | None = None
        self._blames: dict[str, Node] = {}
        self._seen = -1
        self._store: Store | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield TreeView(id="state-graph", classes="keeps-cursor")
            with Vertical(id="state-side"):
                yield OneLine(self._title, id="state-title")
                yield TreeView(id="state-tree")

    @property
    def graph(self) -> TreeView:
        """The checkpoints."""
        return self.query_one("#state-graph", TreeView)

    @property
    def state(self) -> TreeView:
        """The state."""
        return self.query_one("#state-tree", TreeView)

    @property
    def _here(self) -> str | None:
        row = self.graph.current
        return row.node.target if row and isinstance(row.node.target, str) else None

    # Reading.

    def read(self, store: Store, run: Run) -> Found:
        self._store = store
        checkpoints, names = None, self.names
        if self._seen != run.last_seq:
            checkpoints, self._seen = store.checkpoints.list(run.id), run.last_seq
            if any(one.step and one.step not in names for one in checkpoints):
                names = {step.id: step.name for step in store.runs.steps(run.id)}
        known = self.checkpoints if checkpoints is None else checkpoints
        here = self._here
        # Who looks at the newest checkpoint goes on to what comes after it.
        at_end = not self.checkpoints or here == self.checkpoints[-1].id
        if known and (here is None or (at_end and checkpoints)):
            here = known[-1].id
        one = next((one for one in known if one.id == here), None)
        diff = self.diff
        if len(self.marked) == 2 and (diff is None or [diff.a, diff.b] != self.marked):
            diff = store.checkpoints.diff(*self.marked)
        shown = self.shown if self.shown and self.shown.checkpoint == one else _look(store.checkpoints, one)
        origin = self.origin or self._origin(store.checkpoints, run)
        return Found(checkpoints, names, shown, self._read_values(store.checkpoints, shown), diff, origin)

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
            wished += [place for place in _small(shown) if self.values.get(*place) is None]
        return {place: _value_or_why(repository, *place) for place in dict.fromkeys(wished)}

    def show(self, run: Run, found: Found) -> None:
        self.names, self.diff, self.origin = found.names, found.diff, found.origin
        if found.checkpoints is not None:
            self.checkpoints = found.checkpoints
            self.set_class(not self.checkpoints, "empty")
            self._show_graph(found.shown.checkpoint.id if found.shown else None)
        if found.shown is not self.shown:
            self._blames = {}
        self.shown = found.shown
        self.values.keep(found.values)
        self._show_state()

    def _show_graph(self, here: str | None = None) -> None:
        nodes = checkpoint_nodes(self.checkpoints, self.names, self.marked, self.glyphs)
        if self.origin and nodes:
            nodes.insert(0, self.origin)
        self.graph.show(nodes or EMPTY)
        found = self.graph.find_key(((here,), 0)) if here else None
        if found is not None:
            self.graph.move_to(found)

    def _show_state(self) -> None:
        if len(self.marked) == 2:
            self.state.show(diff_nodes(self.diff) if self.diff else [])
        elif self.shown:
            everything = self.everything or self.shown.checkpoint.parent is None
            self.state.show(state_nodes(self.shown, self.values, self._blames, everything=everything))
            if self.values.wished:
                self.post_message(self.Reread())
        self.query_one("#state-title").refresh()

    def _title(self, width: int) -> Line:
        if len(self.marked) == 2:
            a, b = (format.short_id(one_line(id, 40), self.glyphs) for id in self.marked)
            line: Line = [(f"{a} {self.glyphs.arrow} {b}", "title"), ("  x takes a mark off, esc both", "faint")]
            return line
        if self.shown is None:
            return []
        one = self.shown.checkpoint
        left: Line = [(format.short_id(one_line(one.id, 40), self.glyphs), "title")]
        step = self.names.get(one.step, one.step) if one.step else ""
        left += [(f"  {one_line(text, 40)}", ink) for text, ink in ((one.label, "strong"), (step, "text")) if text]
        end: Line = [(f"{format.plural(one.keys, 'key')}", "muted"), (f"  {format.size(one.size_bytes)}", "muted")]
        return between(left, end, width)

    # What the person does.

    @on(LineList.Moved, "#state-graph")
    def look(self) -> None:
        """Reads the state at the checkpoint under the cursor."""
        if self.shown is None or self._here != self.shown.checkpoint.id:
            self.post_message(self.Reread())

    @on(LineList.Moved, "#state-tree")
    def unfolded(self) -> None:
        """Reads what was unfolded."""
        if self.values.wished:
            self.post_message(self.Reread())

    @on(TreeView.Folded, "#state-tree")
    def folded(self) -> None:
        """Reads what was unfolded."""
        self.unfolded()

    @on(LineList.Chosen, "#state-graph")
    def into_state(self) -> None:
        """Goes over to the state, or to the run that this one branched off."""
        row = self.graph.current
        if row and isinstance(row.node.target, tuple):
            self.post_message(OpenRun(row.node.target[1]))
        else:
            self.state.focus()

    @on(LineList.Chosen, "#state-tree")
    def follow(self) -> None:
        """Goes to the checkpoint that last wrote a key."""
        row = self.state.current
        if row and isinstance(row.node.target, tuple):
            self.go_to(row.node.target[1])

    def go_to(self, target: object) -> None:
        found = self.graph.find_key(((target,), 0))
        if found is not None:
            self.graph.move_to(found, center=True)

    def action_scrub(self, direction: int) -> None:
        """To the parent, or to the newest child; beside these to what was taken before or after."""
        places = {one.id: n for n, one in enumerate(self.checkpoints)}
        here = self._here
        if here is None or here not in places:
            return
        one = self.checkpoints[places[here]]
        if direction < 0:
            near = places.get(one.parent or "", places[here] - 1)
        else:
            near = max((places[c.id] for c in self.checkpoints if c.parent == here), default=places[here] + 1)
        near = min(max(near, 0), len(self.checkpoints) - 1)
        self.graph.move_to(self.graph.find_key(((self.checkpoints[near].id,), 0)) or 0)

    def action_view(self) -> None:
        self.everything = not self.everything
        self._show_state()

    def action_mark(self) -> None:
        here = self._here
        if here is None or not self.checkpoints:
            return
        if here in self.marked:
            self.marked.remove(here)
        else:
            self.marked = [*self.marked[-1:], here]
        self._marks_changed()

    def _marks_changed(self) -> None:
        self._show_graph(self._here)
        self._show_state()
        self.post_message(self.Reread())

    def back(self) -> bool:
        if self.marked:
            self.marked = []
            self._marks_changed()
        elif self.state.has_focus:
            self.graph.focus()
        else:
            return False
        return True

    def action_blame(self) -> None:
        row, shown, store = self.state.current, self.shown, self._store
        if row is None or shown is None or store is None or len(self.marked) == 2:
            return
        key = row.path[0]
        if not isinstance(key, str) or not any(one.key == key for one in shown.keys):
            return
        names, glyphs, checkpoint = self.names, self.glyphs, shown.checkpoint.id

        def show(found: Node | Exception) -> None:
            if isinstance(found, Node):
                self._blames[key] = found
                self._show_state()
            else:
                self.notify(one_line(str(found)), severity="error", markup=False)

        in_thread(self, lambda: blame_node(store.checkpoints.blame(checkpoint, key), names, glyphs), show)


def _value_or_why(repository: CheckpointRepository, checkpoint: str, key: str) -> Json:
    """A value, or why it is not there: one that was dropped hides none of the others."""
    try:
        return repository.value(checkpoint, key)
    except NotFound as error:
        return f"… {error.what}"


def _look(repository: CheckpointRepository, one: Checkpoint | None) -> Shown | None:
    """A state's keys and what became of them; values are read only where nothing else can tell."""
    if one is None:
        return None
    keys = tuple(repository.keys(one.id))
    before = tuple(repository.keys(one.parent)) if one.parent else ()
    if one.changed is not None:
        changed = frozenset(one.changed)
    elif one.parent:
        changed = frozenset(change.key for change in repository.diff(one.parent, one.id).changes)
    else:
        changed = frozenset(key.key for key in keys)
    return Shown(one, keys, before, changed)


def _small(shown: Shown) -> list[tuple[str, str]]:
    """Values that are shown without being unfolded."""
    here, parent = shown.checkpoint.id, shown.checkpoint.parent
    places = [(here, key.key) for key in shown.keys if key.size_bytes <= AT_ONCE and key.opaque is None]
    if parent:
        places += [
            (parent, key.key)
            for key in shown.before
            if key.key in shown.changed and key.size_bytes <= AT_ONCE and key.opaque is None
        ]
    return sorted(places, key=lambda place: place[1] not in shown.changed)[:AT_ONCE_KEYS]
