"""Whose turn it is to ship a spool, among all processes of a machine.

A courtesy, which spares fifty agents to wait for each other in the database: there, everybody is safe without it.
It is the kernel's lock on the folder itself: it leaves nothing behind, and is freed by its holder's death.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Self


class Turn:
    """A turn, asked for in a block and given back at its end. Used by one thread.

    Where a folder cannot be locked (some network file systems), everybody has one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fd = -1

    def __enter__(self) -> Self:
        try:
            self._fd = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            self._fd = -1  # what is to be read in it will say why
        return self

    def take(self) -> bool:
        """Whether it is ours now; never waits."""
        if self._fd < 0:
            return True
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def give(self) -> None:
        """Gives it back, if we have it: it is the next one's."""
        if self._fd >= 0:
            # Not by closing alone: a child that was forked meanwhile has the folder open too.
            with suppress(OSError):
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def __exit__(self, *_: object) -> None:
        self.give()
        if self._fd >= 0:
            os.close(self._fd)
