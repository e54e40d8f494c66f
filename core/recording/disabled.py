"""What `FLIGHTLOG_DISABLED` turns recording into: every call works, and nothing is kept of it."""

import builtins
import os
from collections.abc import Iterator
from typing import Any, NoReturn

from ..errors import NotFound
from ..events import AnyEvent, Decision, Event, RunStarted
from ..repositories import RecordingRepository, WorkflowRepository
from ..workflows import Version, Workflow, digest_of


def is_disabled() -> bool:
    """Whether `FLIGHTLOG_DISABLED` says that nothing is recorded."""
    return os.environ.get("FLIGHTLOG_DISABLED", "") not in ("", "0")


class NullWriter:
    """Records nothing."""

    last_seq = 0

    def __init__(self, run: str) -> None:
        self.run = run

    def append(self, event: Event) -> int:
        """Forgets the event."""
        return 0

    def put_value(self, value: bytes, *, key: str = "", opaque: bool = False) -> str:
        """Forgets the value."""
        return ""

    def history(self, types: frozenset[str]) -> Iterator[AnyEvent]:
        """There is none."""
        return iter(())

    def close(self) -> None:
        """Nothing to close."""


class NullRecording(RecordingRepository):
    """Begins and takes up any run, and keeps none."""

    def begin(self, started: RunStarted, *, durable: bool = False) -> NullWriter:
        return NullWriter(started.run)

    def resume(self, run: str, *, durable: bool = False) -> NullWriter:
        return NullWriter(run)

    def answer(self, run: str, approval: str) -> tuple[Decision, str, str] | None:
        return None


class NullWorkflows(WorkflowRepository):
    """No versions: one that is stored is returned as the first of its workflow, and forgotten."""

    def store(self, workflow: str, definition: str, *, author: str = "", note: str = "", **facts: Any) -> Version:
        digest = digest_of(definition)
        return Version(workflow=workflow, number=1, digest=digest, author=author, note=note, definition=definition)

    def carry(self, version: Version) -> bool:
        return False

    def get(self, workflow: str, number: int) -> Version:
        raise self._nothing(workflow)

    def get_latest(self, workflow: str) -> Version:
        raise self._nothing(workflow)

    def find(self, workflow: str, digest: str) -> Version | None:
        return None

    def list_all(self, *, deleted: bool = False) -> builtins.list[Workflow]:
        return []

    def delete(self, workflow: str, number: int, **facts: Any) -> NoReturn:
        raise self._nothing(workflow)

    def list(self, workflow: str, *, deleted: bool = False) -> builtins.list[Version]:
        return []

    def _nothing(self, workflow: str) -> NotFound:
        advice = "take FLIGHTLOG_DISABLED out of the environment"
        return NotFound(f"no version of workflow {workflow[:60]!r} while recording is disabled", advice=advice)
