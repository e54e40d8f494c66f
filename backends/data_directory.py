"""The data directory itself: whether it is still there, and still the one that was opened."""

import os
from pathlib import Path

from ..core.errors import StorageError


class Root:
    """A folder as it was when it was opened. A mount point whose disk went is not that folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._identity = _identity(path)

    def problem(self) -> str:
        """What keeps it from being seen, as a clause; empty if nothing."""
        try:
            there = _identity(self.path)
        except FileNotFoundError:
            return "the data directory is gone"
        except OSError as error:
            return f"the data directory cannot be reached: {error.strerror}"
        return "" if there == self._identity else "another folder lies where the data directory was"

    def check(self) -> None:
        """Raises StorageError if there is a problem, so that what is gone is never taken for empty."""
        problem = self.problem()
        if problem:
            raise StorageError(
                problem, where=self.path, advice="bring it back, or open another one; nothing is forgotten"
            )


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino
