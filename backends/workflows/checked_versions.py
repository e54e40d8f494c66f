"""Versions that are not as they were saved, among what is wrong with a store."""

from collections.abc import Callable, Iterator

from ...core.errors import StorageError
from ...core.repositories import UpkeepRepository, WorkflowRepository
from ...core.upkeep import Finding
from ...core.version_history import history
from ..upkeep.forwarded_upkeep import ForwardedUpkeep


class CheckedVersions(ForwardedUpkeep):
    """Another's upkeep, which looks at the versions too. They cost a look each, and no look at the runs."""

    def __init__(self, first: UpkeepRepository, workflows: WorkflowRepository) -> None:
        super().__init__(lambda: first)
        self._workflows = workflows

    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        yield from super().check(stop=stop)
        try:
            for workflow in self._workflows.list_all(deleted=True):
                if stop():
                    return
                yield from self._of(workflow.id)
        except StorageError as error:
            yield Finding(severity="error", kind="unreadable", what=error.what, where=error.where, advice=error.advice)

    def _of(self, workflow: str) -> Iterator[Finding]:
        kept = self._workflows.list(workflow, deleted=True)
        for version in kept:
            if version.damaged:
                yield Finding(
                    severity="error",
                    kind="damaged-version",
                    what=version.damaged,
                    where=f"{workflow}@{version.number}",
                    advice="put back its text from a copy, or save what is there as a new version",
                )
        for trouble in history(kept, ()).troubles:
            yield Finding(
                severity="warning",
                kind="odd-lineage",
                what=trouble,
                where=workflow,
                advice=f"`flightlog versions {workflow}` shows it",
            )
