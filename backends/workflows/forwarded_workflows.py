"""Repositories of versions that stand before another one: opened late, for reading only, or guarded."""

import builtins
import threading
from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, NoReturn

from ...core.errors import Conflict, ReadOnly
from ...core.forking import inherited, undivided
from ...core.repositories import WorkflowRepository
from ...core.workflows import Version, Workflow


class ForwardedWorkflows(WorkflowRepository):
    """Hands every call on to `real`; who stands before it overrides what is to be different."""

    @property
    @abstractmethod
    def real(self) -> WorkflowRepository:
        """Who answers."""

    def store(self, workflow: str, definition: str, **facts: Any) -> Version:
        return self.real.store(workflow, definition, **facts)

    def carry(self, version: Version) -> bool:
        return self.real.carry(version)

    def get(self, workflow: str, number: int) -> Version:
        return self.real.get(workflow, number)

    def altered(self, workflow: str, number: int) -> str:
        return self.real.altered(workflow, number)

    def get_latest(self, workflow: str) -> Version:
        return self.real.get_latest(workflow)

    def find(self, workflow: str, digest: str) -> Version | None:
        return self.real.find(workflow, digest)

    def list_all(self, *, deleted: bool = False) -> builtins.list[Workflow]:
        return self.real.list_all(deleted=deleted)

    def delete(self, workflow: str, number: int, **facts: Any) -> Version:
        return self.real.delete(workflow, number, **facts)

    def list(self, workflow: str, *, deleted: bool = False) -> builtins.list[Version]:
        return self.real.list(workflow, deleted=deleted)


class LazyWorkflows(ForwardedWorkflows):
    """Opened at its first use, so that an agent without versions pays nothing. Thread-safe."""

    def __init__(self, open: Callable[[], WorkflowRepository], *, in_files: bool = False) -> None:
        """`in_files`: whether versions are kept in files, which somebody may change by hand."""
        self._open, self._in_files = open, in_files
        self.in_child()
        inherited(self)

    def in_child(self) -> None:
        """Nothing is open: so a process begins."""
        self._opened: WorkflowRepository | None = None
        self._lock = threading.Lock()

    @property
    def real(self) -> WorkflowRepository:
        with undivided(), self._lock:
            self._opened = self._opened or self._open()
            return self._opened

    def altered(self, workflow: str, number: int) -> str:
        return super().altered(workflow, number) if self._in_files else ""


class ReadOnlyWorkflows(ForwardedWorkflows):
    """Another repository's versions, for reading. `refusal` makes the answer to every change."""

    def __init__(self, workflows: WorkflowRepository, refusal: Callable[[], ReadOnly]) -> None:
        self._workflows, self._refusal = workflows, refusal

    @property
    def real(self) -> WorkflowRepository:
        return self._workflows

    def store(self, workflow: str, definition: str, **facts: Any) -> NoReturn:
        raise self._refusal()

    def carry(self, version: Version) -> NoReturn:
        raise self._refusal()

    def delete(self, workflow: str, number: int, **facts: Any) -> NoReturn:
        raise self._refusal()


class GuardedWorkflows(ForwardedWorkflows):
    """Knows the runs, and deletes no version that they refer to unless forced. `runs_of` counts those of a version.

    Every change is made in a block of `passing`.
    """

    def __init__(
        self,
        workflows: WorkflowRepository,
        runs_of: Callable[[str, int], int],
        passing: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._workflows, self._runs_of, self._passing = workflows, runs_of, passing

    @property
    def real(self) -> WorkflowRepository:
        return self._workflows

    def store(self, workflow: str, definition: str, **facts: Any) -> Version:
        with self._passing():
            return super().store(workflow, definition, **facts)

    def delete(self, workflow: str, number: int, **facts: Any) -> Version:
        self.real.get(workflow, number)
        runs = 0 if facts.get("force") else self._runs_of(workflow, number)
        if runs:
            raise Conflict(
                f"{runs:,} {'run is' if runs == 1 else 'runs are'} of this version",
                where=f"{workflow}@{number}",
                advice="--force (force=True) deletes its text all the same, and keeps its place in the lineage",
            )
        with self._passing():
            return super().delete(workflow, number, **facts)
