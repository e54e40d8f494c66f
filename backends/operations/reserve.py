"""Room that is kept for the hour when the disk is full: then things can still be removed, and recorded as removed."""

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from ...core.errors import StorageError
from ..journal import disk

T = TypeVar("T")

_BYTES = 1 << 20
_PORTION = 1 << 15
"""What is given up at once: a few dozen lines of the record. The rest stays out of the reach of other programs."""
_SHARE = 16
"""Not more than such a part of what is free is kept."""
_FULL = {errno.ENOSPC, errno.EDQUOT}


class Reserve:
    """A file of no content. For one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fill(self) -> None:
        """Makes it as large as it should be, where there is room. What fails is no fault: then there is none."""
        with suppress(OSError, StorageError):
            disk.make_folder(self._path.parent)
            fd = disk.open_shared(self._path)
            try:
                size = os.fstat(fd).st_size
                room = os.fstatvfs(fd)
                wanted = min(_BYTES, (size + room.f_bavail * room.f_frsize) // _SHARE // _PORTION * _PORTION)
                if size < wanted:
                    # Of random bytes, for a file system that packs them would keep no room for zeros.
                    os.write(fd, os.urandom(wanted - size))
            finally:
                os.close(fd)

    def within(self, work: Callable[[], T]) -> T:
        """Does it; while there is no room for it, a part of the reserve is given up and it is done again."""
        while True:
            try:
                return work()
            except (OSError, StorageError) as error:
                if not is_full(error) or not self._give():
                    raise

    def _give(self) -> bool:
        try:
            fd = disk.open_append(self._path)
        except OSError:
            return False
        try:
            size = os.fstat(fd).st_size
            if size:
                os.ftruncate(fd, max(size - _PORTION, 0))
                os.fsync(fd)  # some file systems free nothing before
            return size > 0
        except OSError:
            return False
        finally:
            os.close(fd)


def is_full(error: BaseException) -> bool:
    """Whether something failed because there is no room."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return isinstance(error, StorageError) and error.what.startswith(("no room", "the disk is full"))
