"""Room that is kept for the hour when the disk is full: then things can still be removed, and recorded as removed.

Whatever removes needs room itself. A database writes what it changes to its log first; where runs lie in files, it is
the index that does so, and the record and the folder of an operation grow a little. What that takes grows with the
database, and so does the reserve.
"""

import errno
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from ...core.errors import Full, StorageError
from ..journal import disk

log = logging.getLogger("flightlog")

T = TypeVar("T")

LEAST, STEP, MOST = 384 << 10, 1 << 20, 64 << 20
"""Bytes. To put a run of a hundred states into the trash, or to take it back, writes 210 kB to the log of a store in
SQLite and 190 kB to that of an index, and the map of a log takes 32 kB; a step of a purge takes up to `STEP`
(`sql.trash.PURGED_BYTES`), or less where there is no room for that."""
_OF_SMALL, _OF_GREAT = 8, 32
"""Such a part of a database is kept up to `STEP`, and beyond."""
_PORTION = 32 << 10
"""What is given up at once at least; the rest stays out of the reach of other programs."""
_AT_ONCE = 4
"""A part of so many of what is there is given up at once."""
_OF_FREE = 16
"""Not more than such a part of what is free is kept."""
_FULL = {errno.ENOSPC, errno.EDQUOT}
_told: set[Path] = set()
"""Reserves that are being given up, of which this process has said so."""


class Reserve:
    """A file of no content, kept for a database. Any process may fill it, and any may give it up."""

    def __init__(self, path: Path, database: Path) -> None:
        self.path, self._database = path, database

    def fill(self) -> None:
        """Makes it as large as it should be, where there is room; by `STEP` at most, which takes some milliseconds.

        What fails is no fault: then less is kept, or nothing.
        """
        with suppress(OSError, StorageError):
            disk.make_folder(self.path.parent)
            fd = disk.open_shared(self.path)
            try:
                size, meant = os.fstat(fd).st_size, self._meant()
                room = os.fstatvfs(fd)
                wanted = min(meant, (size + room.f_bavail * room.f_frsize) // _OF_FREE // _PORTION * _PORTION)
                if size < wanted:
                    # Of random bytes, for a file system that packs them would keep no room for zeros.
                    os.write(fd, os.urandom(min(wanted - size, STEP)))
                    _told.discard(self.path)
                elif size > 2 * meant:
                    os.ftruncate(fd, meant)
            finally:
                os.close(fd)

    def within(self, work: Callable[[], T]) -> T:
        """Does it; while there is no room for it, a part of the reserve is given up and it is done again."""
        while True:
            try:
                return work()
            except (OSError, StorageError) as error:
                if not is_full(error) or not self.give_up():
                    raise

    def give_up(self) -> bool:
        """Gives a part of its room to whoever needs it, and in the end all; False if there was none to give."""
        try:
            fd = disk.open_append(self.path)
        except OSError:
            return False
        try:
            size = os.fstat(fd).st_size
            if size:
                os.ftruncate(fd, max(size - max(size // _AT_ONCE, _PORTION), 0))
                os.fsync(fd)  # some file systems free nothing before
                self._tell()
            return size > 0
        except OSError:
            return False
        finally:
            os.close(fd)

    def _tell(self) -> None:
        """Says it of the first part, and again once there was room to keep some."""
        if self.path not in _told:
            _told.add(self.path)
            log.warning("the disk is full: room that was kept for removing runs is given up (%s)", self.path)

    def _meant(self) -> int:
        size = self._database.stat().st_size if self._database.exists() else 0
        return min(max(LEAST, min(size // _OF_SMALL, STEP), size // _OF_GREAT) // _PORTION * _PORTION, MOST)


def of_database(path: Path) -> Reserve:
    """That of an SQLite file: `<database>.reserve`."""
    return Reserve(path.with_name(path.name + ".reserve"), path)


def of_index(index: Path) -> Reserve:
    """That of a data directory, beside its index."""
    return Reserve(index.with_name("reserve"), index)


def is_full(error: BaseException) -> bool:
    """Whether something failed because there is no room."""
    return isinstance(error, Full) or (isinstance(error, OSError) and error.errno in _FULL)
