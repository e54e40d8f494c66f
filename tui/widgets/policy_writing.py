"""Writing a retention policy: what its file says, what is written here, and how the one becomes the other."""

from abc import abstractmethod
from functools import partial

from textual import on
from textual.containers import Container
from textual.message import Message

from ...core.errors import FlightlogError
from ...core.retention.policy_file import PolicyFile, Written
from ...core.store import Store
from ..hinting import may_change
from ..lines import one_line
from ..loading import Loader, ask_in_thread, in_thread
from ..messages import Trouble
from ..program.command_log import log_of
from .policy_editor import EXAMPLE, PolicyEditor


class PolicyWriting(Container):
    """Holds an editor of the policy; what is written in it gives way to the file only where nothing is lost by that."""

    class Saved(Message):
        """The policy was written into its file."""

    def __init__(self, store: Store, file: PolicyFile, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.store, self.file = store, file
        self.written = Written()
        """What the file said when it was read or written last."""
        self.saved = ""
        """The text that stands for that in the editor."""
        self.stale = False
        """Whether the file says something else by now."""
        self.filer: Loader[Written] = Loader(self, lambda: self.file.read, self._filed)

    @abstractmethod
    def tell(self) -> None:
        """How the policy stands has changed."""

    @abstractmethod
    def plan_now(self) -> None:
        """Another text may be written here: the plan is made of it."""

    @property
    def editor(self) -> PolicyEditor:
        """Where the policy is written."""
        return self.query_one(PolicyEditor)

    @property
    def changed(self) -> bool:
        """Whether what is written is not what was saved."""
        return self.editor.text != self.saved

    def when_changed(self) -> bool:
        """Whether what is written is not what was saved."""
        return self.changed

    def _filed(self, found: Written) -> None:
        """The file was read: what is written here gives way only where nothing would be lost."""
        first = not self.written.file
        if first or (found.stamp != self.written.stamp and not self.changed):
            self._take(found)
            if first:
                self.editor.history.clear()
        self.stale = found.stamp != self.written.stamp
        self.tell()
        self.plan_now()

    def _take(self, found: Written) -> None:
        self.written, self.stale = found, False
        self.saved = found.text or EXAMPLE
        self.editor.put(self.saved)

    @on(PolicyEditor.Saving)
    def action_save(self) -> None:
        if not may_change(self, self.store):
            return
        text = self.editor.text
        in_thread(self, partial(self.file.write, text, self.written), partial(self._saved, text))

    def _saved(self, text: str, found: Written | FlightlogError) -> None:
        if isinstance(found, FlightlogError):
            self.post_message(Trouble(found))
            self.filer.request()
            return
        self.written, self.saved, self.stale = found, text, False
        told = f"the policy is saved in {one_line(found.file, 200)}"
        log_of(self).add(("retain", "--write", text), told)
        self.app.notify(told, markup=False)
        self.post_message(self.Saved())
        self.tell()

    @on(PolicyEditor.Reverting)
    def action_revert(self) -> None:
        def found(written: Written) -> None:
            self._take(written)
            self.tell()

        ask_in_thread(self, self.file.read, found)
