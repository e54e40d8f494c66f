"""The states tab: what the run knew, when it learnt it, and what one can ask of that."""

from collections.abc import Hashable

from textual import on
from textual.widgets import Input

from ..keys import bindings
from ..messages import OpenRun
from ..states.marks import Mark
from .line_list import LineList
from .state_export import StateExport


class StateTab(StateExport):
    """The checkpoints of a run and their states: from one to the next, and two beside each other."""

    PLACE = "states"
    BINDINGS = bindings("states")

    # From state to state.

    @on(LineList.Moved, "#state-graph")
    def look(self) -> None:
        """Reads the state at the checkpoint under the cursor."""
        if self.shown is None or self.here != self.shown.checkpoint.id:
            if self.asking.question and self.asking.question.passing:
                self.asking.stop()  # it was about the state that is left
            self.post_message(self.Reread(instead=bool(self.told)))

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

    def other_view(self) -> bool:
        """Whether all keys are shown."""
        return self.everything

    def action_view(self) -> None:
        self.hits, self.everything = None, not self.everything
        self.show_state()

    def back(self) -> bool:
        if self.has_class("searching") or self.has_class("exporting"):
            self._close_input()
        elif self.asking.stop():
            pass
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

    def other_mark(self) -> bool:
        """Whether the checkpoint under the cursor is marked."""
        return any(mark.checkpoint == self.here for mark in self.marks.all)

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
