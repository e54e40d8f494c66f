"""The artifacts tab: files that the run made."""

from collections.abc import Sequence
from typing import NamedTuple

from ...core.runs import Artifact, Run
from ...core.store import Store
from ..facts import teach
from ..nodes import Node
from ..part_nodes import artifact_nodes
from .page_tab import PageTab, step_names

EMPTY = teach(
    "No artifacts yet",
    "An artifact is a file that the run made. It stays where it is; its name, size and digest are kept.",
    'run.artifact("report.md")',
)


class Files(NamedTuple):
    """What was read."""

    artifacts: list[Artifact]
    names: dict[str, str]


class ArtifactTab(PageTab):
    """Files by name; unfolded, with path and digest in full."""

    def read(self, store: Store, run: Run) -> Files:
        artifacts = store.runs.artifacts(run.id)
        known = self.found.names if self.found else {}
        return Files(artifacts, step_names(store, run, known, [one.step for one in artifacts]))

    def nodes(self, run: Run, found: Files) -> Sequence[Node]:
        return artifact_nodes(found.artifacts, found.names) if found.artifacts else EMPTY
