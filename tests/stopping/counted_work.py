"""What is done with files and databases, counted step by step and byte by byte, and stopped at one of them."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from flightlog.core.progress import Progress

CALLS = ("open", "read", "pread", "write", "pwrite", "rename", "link", "unlink", "scandir", "fsync", "fdatasync")


class Work:
    """Counts what is done with files and databases; says to whoever works, at the so many-th step, to stop."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps = self.bytes = 0
        self._steps: int | None = None
        self._bytes: int | None = None
        self.progress = Progress()
        for name in CALLS:
            monkeypatch.setattr(os, name, self._counted(name, getattr(os, name)))

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted_call(*words: Any, **named: Any) -> Any:
            found = call(*words, **named)
            passed = len(found) if name in ("read", "pread") else found if name in ("write", "pwrite") else 0
            self.step(passed)
            return found

        return counted_call

    def statement(self, connection, cursor, statement, parameters, context, many) -> None:
        rows = parameters if many else [parameters]
        values = [value for row in rows for value in (row.values() if isinstance(row, dict) else row)]
        self.step(sum(len(value) for value in values if isinstance(value, bytes)))

    def step(self, passed: int) -> None:
        self.steps, self.bytes = self.steps + 1, self.bytes + passed
        reached = (self._steps and self.steps >= self._steps) or (self._bytes and self.bytes >= self._bytes)
        if reached and not self.progress.stopped:
            self.progress.stop()
            self.steps = self.bytes = 0

    def begin(self, steps: int | None = None, at_bytes: int | None = None) -> Progress:
        """From now on it is counted; asked to stop after so many steps, or bytes; never without."""
        self.steps = self.bytes = 0
        self.progress = Bytes(self)
        self._steps, self._bytes = steps, at_bytes
        return self.progress


class Bytes(Progress):
    """What is told of bytes is counted too: of those of a database nothing else is seen."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        self._work = work

    def go(self, size_bytes: int) -> None:
        super().go(size_bytes)
        self._work.step(size_bytes)
