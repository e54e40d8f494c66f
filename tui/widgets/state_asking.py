"""What can be asked of a state: who wrote a key, and whatever else the store has to be asked for."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from textual.widgets import Input

from ...core.store import Store
from ..hinting import hint
from ..lines import Line
from ..states.asking import Asking, Question
from ..states.blame import blame_node
from ..trees.nodes import Node
from .state_reader import StateReader

T = TypeVar("T")


class StateAsking(StateReader):
    """A question at a time: how far it is stands in the title of the state, and who goes elsewhere stops it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.asking = Asking(self, self._show_title)

    def ask(
        self,
        doing: str,
        job: Callable[[Store], T],
        then: Callable[[T], None],
        *,
        passing: bool = True,
        stopped: str = "",
    ) -> None:
        """Asks the store in a thread; see `Question`."""
        if self._store is not None:
            self.asking.ask(Question(doing, partial(job, self._store), then, passing, stopped))

    def on_hide(self) -> None:
        """Another tab is looked at."""
        self.asking.stop()

    def on_unmount(self) -> None:
        self.asking.stop()

    def _asked(self) -> Line:
        return self.asking.line()

    def _key(self) -> str | None:
        """The key of the state under the cursor, where one is shown."""
        row, shown = self.state.current, self.shown
        if row is None or shown is None or self.compared or self.snippet:
            return None
        first = row.path.first
        key = first[1] if isinstance(first, tuple) and first[0] == "blame" else first
        return key if isinstance(key, str) and key in shown.here else None

    def action_blame(self) -> None:
        key, shown = self._key(), self.shown
        if key is None or shown is None:
            self.notify("put the cursor on a key of the state to see which step last wrote it", markup=False)
            return
        names, glyphs, checkpoint = self.names, self.glyphs, shown.checkpoint.id

        def blamed(store: Store) -> tuple[Node, str | None]:
            blame = store.checkpoints.blame(checkpoint, key)
            return blame_node(blame, names, glyphs), blame.step

        def show(found: tuple[Node, str | None]) -> None:
            if self.shown and self.shown.checkpoint.id == checkpoint:
                self.blames[key] = found
                self.show_state()
                # Wherever in a long value one was, the answer is in sight.
                self.state.move_to(self.state.find(found[0].key) or 0)

        self.ask("looking for who wrote it", blamed, show)

    def action_to_step(self) -> None:
        """To the step that last wrote the key under the cursor, or that took the checkpoint."""
        shown, key = self.shown, self._key() if self.state.has_focus else None
        if shown is None:
            return
        if key is None:
            self._jump(shown.checkpoint.step)
        else:
            checkpoint, name = shown.checkpoint.id, key

            def writer(store: Store) -> str | None:
                return store.checkpoints.blame(checkpoint, name).step

            self.ask("looking for who wrote it", writer, self._jump)

    def _jump(self, step: str | None) -> None:
        if step:
            self.post_message(self.Jump("steps", step))
        else:
            self.notify("no step wrote it: the run itself did", markup=False)

    # What is typed.

    def _open_input(self, name: str, id: str) -> None:
        if not self.checkpoints:
            hint(self, "the run has no state yet")
            return
        self.add_class(name)
        self.query_one(id, Input).focus()

    def _close_input(self) -> None:
        self.remove_class("searching", "exporting")
        (self.state if self.hits or self.snippet else self.graph).focus()
