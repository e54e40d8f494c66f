"""Room that is kept beside a database, so that runs can be removed on a disk that is full.

SQLite needs room to make room: what a deletion changes goes to its log first. The reserve is given up when the
disk is full, and made again once there is plenty.
"""

import logging
import os
from pathlib import Path

log = logging.getLogger("flightlog")

LEAST, MOST, SHARE = 1 << 20, 64 << 20, 32
"""Its bytes: one in so many of the database's, within these. To put a run into the trash writes what was derived of
it to the log, and a step of a purge about `sql.trash.PURGED_BYTES`; then the log is used again."""

_PLENTY = 32
"""It is made while there are so many times its bytes free."""
_END = 64 << 10


class Reserve:
    """The file `<database>.reserve`. Any process may make it, and any may give it up."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self.path = database.with_name(database.name + ".reserve")

    def make(self) -> None:
        """Makes it whole if the disk has plenty; what hinders that hinders nothing else."""
        try:
            size = min(max(self._database.stat().st_size // SHARE, LEAST), MOST)
            if self.path.exists() and self.path.stat().st_size >= LEAST:
                return
            disk = os.statvfs(self.path.parent)
            if disk.f_bavail * disk.f_frsize < _PLENTY * size:
                return
            fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(fd, 0, size)
            else:
                os.write(fd, bytes(size))
        except OSError as error:
            log.info("no room is kept for removing runs from a full disk: %s", error)
            self.path.unlink(missing_ok=True)
        finally:
            os.close(fd)

    def give_up(self) -> bool:
        """Gives half of its room to whoever needs it, and in the end all; False if there was none to give."""
        try:
            size = self.path.stat().st_size
            if size <= _END:
                self.path.unlink()
            else:
                os.truncate(self.path, size // 2)
        except OSError:
            return False
        log.warning("the disk is full: room that was kept for removing runs is given up (%s)", self.path)
        return True
