"""A state out of the program: as a file, on the clipboard, or as lines of a program that goes on from it."""

from textual import on
from textual.widgets import Input

from ...core.checkpoints import Checkpoint
from ...core.store import Store
from .. import format
from ..lines import one_line
from ..states.export import Exported, as_json, copied, export, free_place, member, part_as_json, too_much
from ..states.snippets import branch_snippet
from .state_search import StateSearch


class StateExport(StateSearch):
    """Writes states, copies them, and shows how to go on from one."""

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

        def snippet(store: Store) -> str:
            return branch_snippet(run, checkpoint, store.name, store.checkpoints.foreign(checkpoint.id))

        self.ask("reading", snippet, show)

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

        def written(store: Store) -> Exported:
            free_place(checkpoint, given)  # before anything is read
            return export(store.checkpoints.stored(checkpoint), checkpoint, given)

        def show(found: Exported) -> None:
            self.app.notify(f"{format.size(found.size_bytes)} written to {one_line(str(found.path))}", markup=False)

        self.ask("exporting", written, show, passing=False, stopped="stopped: no file was written")

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

        def read(store: Store) -> tuple[str, str]:
            if key is None:
                size = store.checkpoints.get(checkpoint).size_bytes
                return too_much(size, "the state") or copied(as_json(store.checkpoints.stored(checkpoint)), "the state")
            value = member(store.checkpoints.value(checkpoint, key), steps)
            return copied(part_as_json(value), f"{'a value in ' if steps else ''}{one_line(key, 40)}")

        self.ask("copying", read, self._copied, passing=False)

    def _copied(self, found: tuple[str, str]) -> None:
        text, told = found
        if text:
            self.app.copy_to_clipboard(text)
        self.notify(told, markup=False)
