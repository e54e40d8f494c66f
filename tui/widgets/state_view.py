"""The states tab: what the run knew, when it learnt it, and what one can ask of that."""

from collections.abc import Callable, Hashable
from functools import partial
from typing import TypeVar

from textual import on
from textual.widgets import Input

from ...core.checkpoints import Checkpoint
from ...core.errors import FlightlogError
from ...core.store import Store
from .. import format
from ..hinting import hint
from ..keys import bindings
from ..lines import one_line
from ..loading import in_thread
from ..messages import OpenRun
from ..nodes import Node
from ..personal.person import key_for
from ..states.export import Exported, as_json, copied, export, member, part_as_json
from ..states.marks import Mark
from ..states.nodes import blame_node
from ..states.search import Hits, find
from ..states.snippets import branch_snippet
from .line_list import LineList
from .state_reader import StateReader
from .tree_view import TreeView

T = TypeVar("T")


class StateTab(StateReader):
    """The checkpoints of a run and their states."""

    PLACE = "states"
    BINDINGS = bindings("states")

    # From state to state.

    @on(LineList.Moved, "#state-graph")
    def look(self) -> None:
        """Reads the state at the checkpoint under the cursor."""
        if self.shown is None or self.here != self.shown.checkpoint.id:
            self.post_message(self.Reread(instead=bool(self.told)))

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

    def go_to(self, target: Hashable) -> None:
        found = self.graph.find(target)
        if found is not None:
            self.graph.move_to(found, center=True)

    def action_scrub(self, direction: int) -> None:
        """To the parent, or to the newest child; beside these to what was taken before or after."""
        typing = self.screen.focused
        if isinstance(typing, Input):
            typing.action_cursor_left() if direction < 0 else typing.action_cursor_right()
            return
        places = {one.id: n for n, one in enumerate(self.checkpoints)}
        here = self.here
        if here is None or here not in places:
            return
        one = self.checkpoints[places[here]]
        if direction < 0:
            near = places.get(one.parent or "", places[here] - 1)
        else:
            near = max((places[c.id] for c in self.checkpoints if c.parent == here), default=places[here] + 1)
        near = min(max(near, 0), len(self.checkpoints) - 1)
        self.graph.move_to(self.graph.find(self.checkpoints[near].id) or 0)

    def action_view(self) -> None:
        self.hits, self.everything = None, not self.everything
        self.show_state()

    def back(self) -> bool:
        if self.has_class("searching") or self.has_class("exporting"):
            self._close_input()
        elif self.snippet:
            self.snippet = ""
            self.show_state()
        elif self.hits:
            self.hits = None
            self.show_state()
        elif self.compared or (self.marked and self.run and self.marks.all[0].run == self.run.id):
            self.marks.clear()
            self._marks_changed()
        elif self.state.has_focus:
            self.graph.focus()
        else:
            return False
        return True

    # Two states.

    def action_mark(self) -> None:
        here = self.here
        if here is None or self.run is None or not self.checkpoints:
            return
        self.snippet = ""
        self.marks.toggle(Mark(here, self.run.id))
        self._marks_changed()

    def _marks_changed(self) -> None:
        two = self.compared
        if self.diff and two and (self.diff.a, self.diff.b) != (two[0].checkpoint, two[1].checkpoint):
            self.diff = None  # of two others
        self.told = []
        self.show_graph(self.here)
        self.show_state()
        self.post_message(self.Reread(instead=True))

    # Who wrote a key.

    def _key(self) -> str | None:
        """The key of the state under the cursor, where one is shown."""
        row, shown = self.state.current, self.shown
        if row is None or shown is None or self.compared or self.snippet:
            return None
        first = row.path.first
        key = first[1] if isinstance(first, tuple) and first[0] == "blame" else first
        return key if isinstance(key, str) and any(one.key == key for one in shown.keys) else None

    def action_blame(self) -> None:
        key, shown = self._key(), self.shown
        if key is None or shown is None:
            self.notify("put the cursor on a key of the state to see which step last wrote it", markup=False)
            return
        names, glyphs, checkpoint = self.names, self.glyphs, shown.checkpoint.id

        def ask(store: Store) -> tuple[Node, str | None]:
            blame = store.checkpoints.blame(checkpoint, key)
            return blame_node(blame, names, glyphs), blame.step

        def show(found: tuple[Node, str | None]) -> None:
            if self.shown and self.shown.checkpoint.id == checkpoint:
                self.blames[key] = found
                self.show_state()

        self._ask(ask, show)

    def action_to_step(self) -> None:
        """To the step that last wrote the key under the cursor, or that took the checkpoint."""
        shown, key = self.shown, self._key() if self.state.has_focus else None
        if shown is None:
            return
        if key is None:
            self._jump(shown.checkpoint.step)
        else:
            checkpoint, name = shown.checkpoint.id, key
            self._ask(lambda store: store.checkpoints.blame(checkpoint, name).step, self._jump)

    def _jump(self, step: str | None) -> None:
        if step:
            self.post_message(self.Jump("steps", step))
        else:
            self.notify("no step wrote it: the run itself did", markup=False)

    # A word in the state.

    def action_search(self) -> None:
        self._open_input("searching", "#state-word")

    @on(Input.Submitted, "#state-word")
    def search(self, message: Input.Submitted) -> None:
        """Looks the word up in the whole state, and goes to the first place."""
        self._close_input()
        self.hits = None
        if message.value.strip():
            self._find(message.value.strip(), 1)
        else:
            self.show_state()

    def action_next_match(self, direction: int) -> None:
        if self.hits and self.shown:
            if self.hits.checkpoint == self.shown.checkpoint.id:
                self._to_hit(self.hits, direction)
            else:
                self._find(self.hits.word, direction)
        else:
            hint(self, f"nothing was searched yet: {key_for(self, 'states.search')} does")

    def _find(self, word: str, direction: int) -> None:
        if self.shown is None:
            return
        checkpoint = self.shown.checkpoint.id

        def show(hits: Hits) -> None:
            if self.shown and self.shown.checkpoint.id == checkpoint:
                self.hits, self.at, self.snippet = hits, -1, ""
                self._to_hit(hits, direction)

        self._ask(lambda store: find(word, checkpoint, store.checkpoints.state(checkpoint)), show)

    def _to_hit(self, hits: Hits, direction: int) -> None:
        if not hits.paths:
            self.show_state()
            return
        self.at = hits.next(self.at, direction)
        path = hits.paths[self.at]
        key = str(path[0])
        self.values.keep({(hits.checkpoint, key): hits.state[key]})
        self.show_state()
        self.state.focus()
        if self.state.go_to(path):
            self._to_line(hits.word.casefold())

    def _to_line(self, word: str) -> None:
        """In a long text to the line that says it."""
        row = self.state.current
        if row is None or not row.node.text:
            return
        self.state.fold(row.path, True)
        begin = self.state.cursor + 1
        for place, one in enumerate(self.state.rows[begin:], begin):
            if one.path is not row.path:
                break
            if word in one.text.casefold():
                self.state.move_to(place, center=True)
                break

    # Out of the program.

    def action_branch(self) -> None:
        """Shows how a program goes on from here, or what was shown before."""
        run, shown = self.run, self.shown
        if self.snippet or run is None or shown is None:
            self.snippet = ""
            self.show_state()
            return
        checkpoint: Checkpoint = shown.checkpoint

        def show(snippet: str) -> None:
            self.snippet = snippet
            self.show_state()

        def ask(store: Store) -> str:
            return branch_snippet(run, checkpoint, store.name, store.checkpoints.foreign(checkpoint.id))

        self._ask(ask, show)

    def action_export(self) -> None:
        self._open_input("exporting", "#state-file")

    @on(Input.Submitted, "#state-file")
    def write(self, message: Input.Submitted) -> None:
        """Writes the state at the checkpoint under the cursor."""
        self._close_input()
        checkpoint, given = self.here, message.value.strip()
        message.input.value = ""
        if checkpoint is None:
            return

        def show(found: Exported) -> None:
            self.notify(f"{format.size(found.size_bytes)} written to {one_line(str(found.path))}", markup=False)

        self._ask(lambda store: export(store.checkpoints.stored(checkpoint), checkpoint, given), show)

    def action_copy(self) -> None:
        """Copies what is under the cursor: lines of a program, a value, or the whole state of a checkpoint."""
        if self.snippet:
            self._copied((self.snippet, "copied"))
            return
        checkpoint, key = self.here, self._key() if self.state.has_focus else None
        if checkpoint is None:
            return
        row = self.state.current
        steps = row.path.keys[1:] if row and key is not None and row.path.first == key else ()

        def ask(store: Store) -> tuple[str, str]:
            if key is None:
                return copied(as_json(store.checkpoints.stored(checkpoint)), "the state")
            value = member(store.checkpoints.value(checkpoint, key), steps)
            return copied(part_as_json(value), f"{'a value in ' if steps else ''}{one_line(key, 40)}")

        self._ask(ask, self._copied)

    def _copied(self, found: tuple[str, str]) -> None:
        text, told = found
        if text:
            self.app.copy_to_clipboard(text)
        self.notify(told, markup=False)

    # Asking.

    def _ask(self, job: Callable[[Store], T], then: Callable[[T], None]) -> None:
        """Asks the store in a thread; what keeps it from answering is told."""
        if self._store is None:
            return

        def show(found: T | FlightlogError) -> None:
            if isinstance(found, FlightlogError):
                self.notify(one_line(str(found)), severity="error", markup=False)
            elif self.is_attached:
                then(found)

        in_thread(self, partial(job, self._store), show)

    def _open_input(self, name: str, id: str) -> None:
        if not self.checkpoints:
            hint(self, "the run has no state yet")
            return
        self.add_class(name)
        self.query_one(id, Input).focus()

    def _close_input(self) -> None:
        self.remove_class("searching", "exporting")
        (self.state if self.hits or self.snippet else self.graph).focus()
