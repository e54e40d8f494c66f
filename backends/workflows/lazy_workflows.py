"""A repository of versions that is opened at its first use, so that an agent without versions pays nothing."""

import builtins
import threading
from collections.abc import Callable, Sequence

from ...core.repositories import WorkflowRepository
from ...core.workflows import Version, Workflow


class LateWorkflows(WorkflowRepository):
    """Hands every call on. Thread-safe."""

    def __init__(self, open: Callable[[], WorkflowRepository]) -> None:
        self._open = open
        self._opened: WorkflowRepository | None = None
        self._lock = threading.Lock()

    def _real(self) -> WorkflowRepository:
        with self._lock:
            self._opened = self._opened or self._open()
            return self._opened

    def store(
        self,
        workflow: str,
        definition: str,
        *,
        parents: Sequence[int] | None = None,
        author: str = "",
        note: str = "",
        only_new: bool = False,
    ) -> Version:
        real = self._real()
        return real.store(workflow, definition, parents=parents, author=author, note=note, only_new=only_new)

    def get(self, workflow: str, number: int) -> Version:
        return self._real().get(workflow, number)

    def get_latest(self, workflow: str) -> Version:
        return self._real().get_latest(workflow)

    def find(self, workflow: str, digest: str) -> Version | None:
        return self._real().find(workflow, digest)

    def list(self, workflow: str) -> builtins.list[Version]:
        return self._real().list(workflow)

    def list_all(self) -> builtins.list[Workflow]:
        return self._real().list_all()

    def delete(self, workflow: str, number: int) -> None:
        self._real().delete(workflow, number)
