"""The gate of a store: every change goes through it, and it is shut while the store moves to another place.

A kernel lock (flock) on the store's own folder, shared for the moment of a change, exclusive for a move. It is
freed by its holder's death, and leaves no file behind. Loads no engine, for every run begins here.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ParamSpec, TypeVar

from ...core.annotations import Annotation
from ...core.errors import Conflict, Locked, StorageError
from ...core.events import Decision, RunStarted
from ...core.repositories import RecordingRepository, RunWriter
from ..journal.disk import storage_error

P = ParamSpec("P")
T = TypeVar("T")

_SHUTTING_S = 10.0
_PASSING_S = 1.0
"""How long a change waits at a shut gate: looking whether a store can be moved takes no longer."""


class Gate:
    """The gate of the store whose journals lie in `root`. Thread-safe."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.moved: Callable[[], str] = lambda: ""
        """Where the store is by now, if the configuration by which it was opened names another place; else empty."""

    def problem(self) -> str:
        """That the store was moved, as a clause; empty if it was not."""
        there = self.moved()
        return f"the store was moved to {there}: open it again" if there else ""

    @contextmanager
    def passing(self) -> Iterator[None]:
        """A block in which something is changed. Locked while the store is moved, Conflict once it was."""
        fd = self._open()
        try:
            if fd >= 0 and not _locked(fd, fcntl.LOCK_SH, _PASSING_S):
                advice = "try again when that is done; until then it can be read"
                raise Locked("the store is being moved to another place", where=self._root, advice=advice)
            there = self.moved()
            if there:
                raise Conflict("the store was moved", where=there, advice="open it again to go on there")
            yield
        finally:
            if fd >= 0:
                _let_go(fd)

    @contextmanager
    def shut(self) -> Iterator[None]:
        """A block in which nobody changes anything. Locked if somebody else moves the store, StorageError."""
        fd = self._open()
        if fd < 0:
            raise StorageError("its folder cannot be locked", where=self._root, advice="check its owner and mode")
        try:
            try:
                shut = _locked(fd, fcntl.LOCK_EX, _SHUTTING_S)
            except OSError as error:
                raise storage_error(error, self._root, "moving the store") from error
            if not shut:
                advice = "wait until that is done"
                raise Locked("somebody else moves or changes the store", where=self._root, advice=advice)
            yield
        finally:
            _let_go(fd)

    def _open(self) -> int:
        try:
            return os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return -1  # whoever writes there is told why that cannot be; nobody can have shut it


def _locked(fd: int, kind: int, patience_s: float) -> bool:
    """Whether the lock was to be had in so many seconds; shared it always is where there are no locks. OSError."""
    until = 0.0
    while True:
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            until = until or time.monotonic() + patience_s
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        except OSError:
            if kind == fcntl.LOCK_SH:
                return True
            raise


def _let_go(fd: int) -> None:
    try:
        with suppress(OSError):  # of a file system that has no locks
            fcntl.flock(fd, fcntl.LOCK_UN)  # not by closing alone: a child forked meanwhile has the folder open too
    finally:
        os.close(fd)


class GatedRecording(RecordingRepository):
    """Begins and takes up runs through the gate; what a run that is under way records is its own."""

    def __init__(self, recording: RecordingRepository, gate: Gate) -> None:
        self.real, self._gate = recording, gate

    def begin(self, started: RunStarted, *, durable: bool = False) -> RunWriter:
        with self._gate.passing():
            return self.real.begin(started, durable=durable)

    def resume(self, run: str, *, durable: bool = False) -> RunWriter:
        with self._gate.passing():
            return self.real.resume(run, durable=durable)

    def answer(self, run: str, approval: str) -> tuple[Decision, str, str] | None:
        return self.real.answer(run, approval)

    def measure(self, path: str) -> tuple[int | None, str]:
        return self.real.measure(path)


class GatedNotes:
    """Keeps annotations as another does, through the gate (see `sql.adding.Annotating`)."""

    def __init__(self, keep: Callable[[Annotation], None], gate: Gate) -> None:
        self._keep, self._gate = keep, gate

    def annotate(self, annotation: Annotation) -> None:
        """Keeps it."""
        with self._gate.passing():
            self._keep(annotation)


def gated(change: Callable[P, T], gate: Gate) -> Callable[P, T]:
    """The same change, through the gate."""

    def through(*args: P.args, **options: P.kwargs) -> T:
        with gate.passing():
            return change(*args, **options)

    return through
