"""The one lock of a database's writers: a kernel lock on a file beside it that is never deleted.

The kernel lets go of it when its holder dies, and nobody steals it from one that is merely slow.
"""

import fcntl
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...core.errors import Locked
from ...core.forking import inherited
from ..journal import disk

WAIT_S = 5.0
_POLL_S = 0.005
"""Longest pause between two tries."""


class WriteLock:
    """An exclusive `flock`, taken for one transaction or checkpoint at a time. Thread-safe.

    The holder's pid lies in the file, for the message of those who wait in vain, and for nothing else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._threads = threading.Lock()
        self._released = 0.0
        self._courtesy = 0.0
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise disk.storage_error(error, path, "opening the database's lock") from error
        inherited(self)

    def in_child(self) -> None:
        """Lets go of its copy: what the parent takes by its own would be held by the child after the parent's death."""
        self.close()

    @contextmanager
    def held(self, wait: float = WAIT_S) -> Iterator[None]:
        """Holds it; Locked if it cannot be had within `wait` seconds."""
        until = time.monotonic() + wait
        if not self._threads.acquire(timeout=wait):
            raise self._locked(wait)
        try:
            self._take(until, wait)
            begun = time.monotonic()
            try:
                yield
            finally:
                if self._fd >= 0:  # which it is not in a child that was forked here: the lock is the parent's
                    fcntl.flock(self._fd, fcntl.LOCK_UN)
                self._released = time.monotonic()
                # Who writes much lets those in who poll: a transaction of a fifth of a second
                # is followed by a gap in which everybody has tried once.
                self._courtesy = min((self._released - begun) / 20, 2 * _POLL_S)
        finally:
            self._threads.release()

    def _take(self, until: float, wait: float) -> None:
        pause = self._released + self._courtesy - time.monotonic()
        if pause > _POLL_S / 16:
            time.sleep(pause)
        pause = _POLL_S / 16
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise self._locked(wait) from None
            except OSError as error:
                raise disk.storage_error(error, self.path, "writing the database") from error
            time.sleep(pause * random.uniform(0.5, 1))
            pause = min(pause * 2, _POLL_S)
        with suppress(OSError):  # a full disk: only the message is poorer for it
            os.pwrite(self._fd, b"%10d\n" % os.getpid(), 0)

    def _locked(self, wait: float) -> Locked:
        holder = os.pread(self._fd, 11, 0).strip().decode("ascii", "replace")
        who = f"process {holder}" if holder else "another process"
        return Locked(
            f"{who} has been writing the database for {wait:g} s",
            where=self.path,
            advice="wait for it to finish, or end it, and try again",
        )

    def close(self) -> None:
        """Closes the file (which stays). May be called twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class Use:
    """Held by everybody who has a disposable database open (`flock` on `<database>.use`, shared).

    Who holds it alone may take the file away.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._fd = os.open(f"{path}.use", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise disk.storage_error(error, Path(f"{path}.use"), "opening the index") from error
        fcntl.flock(self._fd, fcntl.LOCK_SH)
        inherited(self)

    def in_child(self) -> None:
        """Lets go of its copy: a child uses what it opens itself."""
        self._close_copy()

    def alone(self) -> bool:
        """Makes it exclusive; False if somebody else holds it."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Lets go of it. May be called twice."""
        if self._fd >= 0:
            fcntl.flock(self._fd, fcntl.LOCK_UN)  # not by closing alone: a child forked meanwhile has the file open too
            self._close_copy()

    def _close_copy(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


@contextmanager
def shared(path: Path, wait: float = WAIT_S) -> Iterator[None]:
    """Holds the writers' lock off without being one (a reader in a place it cannot write); Locked after `wait` seconds.

    Where there is no such lock, no writer of ours ever was; one that may not be read is passed over.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        yield
        return
    until = time.monotonic() + wait
    try:
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise Locked("another process is writing the database", where=path, advice="try again") from None
                time.sleep(_POLL_S)
            except OSError:
                break  # the file system has no locks, and so no writer of ours
        yield
    finally:
        os.close(fd)
