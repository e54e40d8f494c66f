"""What a store answers that was opened read-only: every change is refused, and says so."""

import builtins
from collections.abc import Callable, Sequence

from ..core.errors import ReadOnly
from ..core.events import Decision, RunStarted
from ..core.repositories import RecordingRepository, RunWriter, WorkflowRepository
from ..core.workflows import Version, Workflow


def opened_read_only(where: str) -> ReadOnly:
    """The answer to every change of a store that could be changed."""
    return ReadOnly("the store was opened read-only", where=where, advice="open it without --read-only")


class ReadOnlyRecording(RecordingRepository):
    """Records nothing. `refusal` makes the answer to who tries."""

    def __init__(self, refusal: Callable[[], ReadOnly]) -> None:
        self._refusal = refusal

    def begin(self, started: RunStarted, *, durable: bool = False) -> RunWriter:
        raise self._refusal()

    def resume(self, run: str, *, durable: bool = False) -> RunWriter:
        raise self._refusal()

    def answer(self, run: str, approval: str) -> tuple[Decision, str, str] | None:
        return None


class ReadOnlyWorkflows(WorkflowRepository):
    """Another repository's versions, for reading."""

    def __init__(self, workflows: WorkflowRepository, where: str) -> None:
        self._workflows, self._where = workflows, where

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
        raise opened_read_only(self._where)

    def delete(self, workflow: str, number: int) -> None:
        raise opened_read_only(self._where)

    def get(self, workflow: str, number: int) -> Version:
        return self._workflows.get(workflow, number)

    def get_latest(self, workflow: str) -> Version:
        return self._workflows.get_latest(workflow)

    def find(self, workflow: str, digest: str) -> Version | None:
        return self._workflows.find(workflow, digest)

    def list(self, workflow: str) -> builtins.list[Version]:
        return self._workflows.list(workflow)

    def list_all(self) -> builtins.list[Workflow]:
        return self._workflows.list_all()
