"""The artifacts tab: files that the run made, opened in the person's own programs."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from textual import on
from textual.app import SuspendNotSupported

from ...core.errors import FlightlogError
from ...core.runs import Artifact, Run
from ...core.store import Store
from ..facts import Lesson, teach
from ..hinting import hint
from ..keys import bindings
from ..lines import one_line
from ..loading import in_thread
from ..parts.artifact_files import Opened, copyable, left_behind, show, to_edit, to_page
from ..parts.artifact_nodes import artifact_nodes
from ..trees.nodes import Node
from .line_list import LineList
from .page_tab import PageTab, step_names

EMPTY = Lesson(
    "No artifacts yet",
    "An artifact is a file that the run made. It stays where it is; its name, size and digest are kept.",
    'run.artifact("report.md")',
    "files",
)

NONE = "no file is under the cursor"


class Files(NamedTuple):
    """What was read."""

    artifacts: list[Artifact]
    names: dict[str, str]


class ArtifactTab(PageTab):
    """Files by name; unfolded, with path and digest in full."""

    PLACE = "artifacts"
    BINDINGS = bindings("artifacts")

    def read(self, store: Store, run: Run) -> Files:
        artifacts = store.runs.artifacts(run.id)
        known = self.found.names if self.found else {}
        return Files(artifacts, step_names(store, run, known, [one.step for one in artifacts]))

    def nodes(self, run: Run, found: Files) -> Sequence[Node]:
        return artifact_nodes(found.artifacts, found.names) if found.artifacts else teach(EMPTY, run)

    @property
    def current(self) -> Artifact | None:
        """The file under the cursor."""
        row = self.lines.current
        seq = row.path.first if row and self.found else None
        return next((one for one in self.found.artifacts if one.seq == seq), None) if self.found else None

    def when_artifact(self) -> bool:
        """Whether a file is under the cursor."""
        return self.current is not None

    # What the person does.

    @on(LineList.Chosen)
    def open_in_pager(self) -> None:
        """Shows the file in the pager."""
        row = self.lines.current
        if row and isinstance(row.node.target, tuple):
            self._open(to_page)

    def action_edit(self) -> None:
        self._open(to_edit)

    def action_copy_path(self) -> None:
        artifact = self.current
        if artifact is None:
            hint(self, NONE)
            return
        try:
            self.app.copy_to_clipboard(copyable(artifact))
        except FlightlogError as error:
            self._say(error)
        else:
            self.notify(f"copied: {one_line(artifact.path, 200)}", markup=False)

    def _open(self, prepare: Callable[[Artifact], Opened]) -> None:
        artifact = self.current
        if artifact is None:
            hint(self, NONE)
        else:
            in_thread(self, partial(prepare, artifact), self._hand_over)

    def _hand_over(self, opened: Opened | FlightlogError) -> None:
        """Hands the terminal to the person's program until he leaves it."""
        if isinstance(opened, FlightlogError):
            self._say(opened)
            return
        try:
            with self.app.suspend():
                show(opened)
        except SuspendNotSupported:
            self.notify("This terminal cannot be handed to another program", severity="warning", markup=False)
        except FlightlogError as error:
            self._say(error)
        self.app.refresh()
        in_thread(self, partial(left_behind, opened), partial(self._is_back, opened))

    def _is_back(self, opened: Opened, kept: str | FlightlogError) -> None:
        if isinstance(kept, str) and kept:
            self.notify(f"The file is as it was; what you changed is in {one_line(kept, 300)}", markup=False)
        elif opened.remark:
            self.notify(one_line(opened.remark, 300), severity="warning", markup=False)

    def _say(self, error: FlightlogError) -> None:
        self.notify(one_line(str(error), 400), severity="warning", markup=False)
