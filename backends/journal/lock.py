"""The kernel's lock on a file: freed by its holder's death, never stolen, asked without being taken.

Linux: open file description locks (fcntl(2), F_OFD_SETLK and F_OFD_GETLK), which belong to the
descriptor and not to the process, so that two writers in one process exclude each other too, and
closing another descriptor of the file frees nothing. Elsewhere: flock(2), which has no way of
asking; there `is_held` takes a shared lock for a moment.

Both belong to what `open` returned, which a fork shares: a child must close its copy, or the lock
outlives its writer.
"""

import fcntl
import os
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import Locked
from .disk import open_read, storage_error

OFD = sys.platform == "linux" and hasattr(fcntl, "F_OFD_SETLK")

# struct flock of Linux: type, whence, start, length (0: to the end), pid (must be 0 for these locks).
_FLOCK = "hhqqi4x"
_WHOLE = (os.SEEK_SET, 0, 0, 0)

_taken_by: dict[int, int] = {}
"""Open file → the process that took its lock: a forked child has both, and the lock is not its own."""


def take(fd: int) -> bool:
    """Takes the exclusive lock of an open file; False if somebody has it. Freed by closing the descriptor."""
    try:
        if OFD:
            fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, fcntl.F_WRLCK, *_WHOLE))
        else:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    _taken_by[fd] = os.getpid()
    return True


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock, which tells a live writer from a dead one. OSError if there is no file."""
    fd = open_read(path)
    try:
        if OFD:
            asked = fcntl.fcntl(fd, fcntl.F_OFD_GETLK, struct.pack(_FLOCK, fcntl.F_WRLCK, *_WHOLE))
            return bool(struct.unpack(_FLOCK, asked)[0] != fcntl.F_UNLCK)
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
    finally:
        os.close(fd)


@contextmanager
def waiting(fd: int, path: Path, seconds: float = 5.0) -> Iterator[None]:
    """Holds the lock of a shared file for a short while; Locked if it does not come free in time."""
    until, pause = time.monotonic() + seconds, 0.001
    while not _taken(fd, path):
        if time.monotonic() > until:
            raise Locked(f"somebody has held the lock for {seconds:g} s", where=path, advice="try again")
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
    try:
        yield
    finally:
        release(fd)


def _taken(fd: int, path: Path) -> bool:
    try:
        return take(fd)
    except OSError as error:
        raise storage_error(error, path, "writing a shared file") from error


def close(fd: int) -> None:
    """Closes a file, and frees its lock if it is this process that took it.

    Not by closing alone: a child that was forked meanwhile, be it one that is about to begin another program, has
    the file open too. Nor by such a child.
    """
    try:
        if _taken_by.pop(fd, 0) == os.getpid():
            release(fd)
    finally:
        os.close(fd)


def release(fd: int) -> None:
    """Frees the lock of an open file."""
    if OFD:
        fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, fcntl.F_UNLCK, *_WHOLE))
    else:
        fcntl.flock(fd, fcntl.LOCK_UN)
