"""The lock of all operations on the runs of a database file: the kernel's, on a file beside it that always stays."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import Locked
from ..journal import disk


class OperationsLock:
    """Excludes other processes and other threads of this one. Thread-safe; `path` None is a database in memory."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._alone = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds it; Locked at once if somebody has it. ReadOnly, StorageError."""
        if self._path is None:
            with self._in_memory():
                yield
            return
        fd = self._open(self._path)
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Locked("another process has the lock of operations", where=self._path) from None
            except OSError as error:
                raise disk.storage_error(error, self._path, "an operation") from error
            holder = os.getpid()
            try:
                yield
            finally:
                if os.getpid() == holder:
                    fcntl.flock(fd, fcntl.LOCK_UN)  # not by closing alone: a forked child has the file open too
        finally:
            os.close(fd)

    @contextmanager
    def _in_memory(self) -> Iterator[None]:
        if not self._alone.acquire(blocking=False):
            raise Locked("another thread has the lock of operations", where=":memory:")
        try:
            yield
        finally:
            self._alone.release()

    def _open(self, path: Path) -> int:
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise disk.storage_error(error, path, "opening the lock of operations") from error
