"""Workflow versions, carried as they were saved, tombstones too."""

from ...core.errors import StorageError
from ...core.progress import heard
from ...core.repositories import WorkflowRepository
from ...core.workflows import Workflow


class VersionCarrier:
    """Carries versions into another repository. A look costs a list of workflows while there are no new ones."""

    def __init__(self, source: WorkflowRepository, target: WorkflowRepository) -> None:
        self._source, self._target = source, target
        self._done: dict[str, Workflow | None] = {}
        self.problems: list[str] = []
        """What of the last look could not be carried."""

    @property
    def problem(self) -> str:
        """The first of the problems; empty if there are none."""
        return self.problems[0] if self.problems else ""

    def carry(self) -> int:
        """Carries the versions and tombstones that are not there yet and returns how many that were. StorageError."""
        if not self._done:
            self._done = dict.fromkeys((workflow.id for workflow in self._target.list_all()), None)
            self._done[""] = None  # no workflow's id: looked at once
        here: dict[str, Workflow | None] = {workflow.id: workflow for workflow in self._source.list_all(deleted=True)}
        # That nothing is listed is no reason to remove anything.
        news = [id for id in here.keys() | self._done.keys() if id and (here.get(id) or _GONE) != self._done.get(id)]
        self.problems = []
        count = 0
        for id in sorted(news):
            try:
                count += self._carry(id)
                self._done[id] = here.get(id) or _GONE
            except StorageError as error:
                self.problems.append(f"versions of {id}: {error}")
        return count

    def _carry(self, workflow: str) -> int:
        there = {version.number: version for version in self._target.list(workflow, deleted=True)}
        count = 0
        for version in heard(self._source.list(workflow, deleted=True)):
            known = there.get(version.number)
            if known is None or known.digest != version.digest or (version.deleted and not known.deleted):
                whole = version if version.deleted else self._source.get(workflow, version.number)
                count += self._target.carry(whole)
        return count


_GONE = Workflow(id="", versions=0, latest=None)
