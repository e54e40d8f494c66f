"""What a purge removes beside a run's own files: its lines in the annotations, and what an index still holds of it."""

import os
import re
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from pathlib import Path

from ....core.annotations import Pinned
from ...journal import annotations, disk, lock
from ...journal.reader import LongLine, read_lines
from ...sql import log_words
from ...sql.database import BY_HAND_S, Database

_OF = re.compile(rb'"run"\s*:\s*"([0-9a-z]{26})"')


class Notes:
    """What was pinned since the index was brought up to date. Costs a `stat` while nothing was noted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset, self._size = 0, 0
        self._pinned: dict[str, bool] = {}
        self._lines: dict[str, list[bytes]] | None = None

    def begin(self) -> None:
        """Before the index is brought up to date: what is noted from now on counts. OSError."""
        self._pinned, self._lines = {}, None
        try:
            self._offset = self._size = os.stat(self._path).st_size
        except FileNotFoundError:
            self._offset = self._size = 0

    def begin_anew(self) -> None:
        """Everything counts: the index could not be brought up to date."""
        self._offset = self._size = 0

    def pinned(self, run: str, known: bool) -> bool:
        """Whether a run is pinned now; `known` is what the index says. OSError."""
        try:
            size = os.stat(self._path).st_size
        except FileNotFoundError:
            return known
        if size != self._size:
            for line in annotations.read(self._path, self._offset):
                self._offset = line.offset + line.length + 1
                if isinstance(line.annotation, Pinned):
                    self._pinned[line.annotation.run] = line.annotation.pinned
            self._size = size
        return self._pinned.get(run, known)

    def lines(self, run: str) -> Sequence[bytes]:
        """The lines about a run when they were first asked for, which is when they are read, all of them. OSError."""
        if self._lines is None:
            self._lines = {}
            with suppress(FileNotFoundError):  # nobody has added anything to any run
                for _, line in read_lines(self._path):
                    named = None if isinstance(line, LongLine) else _OF.search(line)
                    if named and not isinstance(line, LongLine):
                        self._lines.setdefault(named[1].decode(), []).append(line)
        return self._lines.get(run, ())


def blank(path: Path, runs: Collection[str]) -> None:
    """Writes blanks over the lines of these runs. OSError, StorageError, Locked.

    In place: it needs no room, no other line moves, and nobody who appends or has read up to somewhere is in the way.
    The beginning of a line, which names the run, goes last, so that one who was killed can be followed.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        with lock.waiting(fd, path):
            for offset, line in read_lines(path):
                head = line.head if isinstance(line, LongLine) else line
                named = _OF.search(head)
                if named and named[1].decode() in runs:
                    _overwrite(fd, offset, named.end(), len(line))
            disk.sync(fd)
    finally:
        os.close(fd)


def _overwrite(fd: int, offset: int, head: int, length: int) -> None:
    for begin, end in ((head, length), (0, head)):
        at = begin
        while at < end:
            at += os.pwrite(fd, b" " * min(end - at, 1 << 20), offset + at)


def scrub(database: Database, refresh: Callable[[], None]) -> None:
    """Leaves nothing of runs that are gone in the tables of an index. StorageError."""
    refresh()
    with database.write(BY_HAND_S) as connection:
        log_words.scrub(connection)
