"""What a look at the folders of a data directory finds."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ...core.runs import Damage
from ..file_sizes import bytes_below
from ..ingest.finding import Journal

# A folder that changed less long ago is listed again next time: two changes may bear the same time.
_SETTLED_NS = 100_000_000
UNSETTLED = 0
"""The time of a folder that is to be listed again, whatever its own."""


class Seen(NamedTuple):
    """A folder as it was when it was listed."""

    mtime_ns: int
    others: int
    """Bytes of what lies in it and is no run's."""


class Listing(NamedTuple):
    """What one look found: journals with news, runs that are gone, and the folders as they were."""

    news: dict[str, Journal]
    gone: list[str]
    folders: dict[str, Seen | None]
    """By path; None for one that is gone."""
    damage: list[Damage]
    closed: list[str]
    """Paths of folders that may not be looked into; what is known of them stays."""

    def may_read(self, folder: Path, path: str) -> bool:
        """Whether a folder may be looked into; noted if not. Costs a system call."""
        if os.access(folder, os.R_OK | os.X_OK):
            return True
        self.closed.append(path)
        return False

    def note(self, path: str, seen: Seen, known: Seen | None) -> None:
        """Notes a folder that was listed, if it is another than was known."""
        if time.time_ns() - seen.mtime_ns < _SETTLED_NS:
            seen = seen._replace(mtime_ns=UNSETTLED)
        if seen != known:
            self.folders[path] = seen


def bytes_in(folder: Path, names: Iterable[str]) -> int:
    """Bytes of what lies in a folder under these names."""
    return sum(bytes_below(folder / name) for name in names)
