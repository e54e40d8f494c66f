"""Where a run's recorded lines are: in its journal, or in its archive."""

import os
from stat import S_ISREG
from typing import NamedTuple

from ...core.events import RunFinished
from ..journal.disk import StrPath, open_read
from ..journal.event_heads import events_in
from ..journal.readable import Where
from ..journal.reader import Whole, decode_line, read_lines_back

_LONG = 1 << 16


class Journal(NamedTuple):
    """Where a run's recorded bytes lie; `name` is the path relative to the data directory, as shown."""

    run: str
    path: StrPath
    states: StrPath
    """Empty where `path` is that of an archive, which has the states too."""
    name: str
    archived: bool = False
    has_states: bool = True
    """False where its folder was listed and there was no `states`: then only a checkpoint is a reason to look."""


class Found(NamedTuple):
    """A run's files as they are now."""

    stat: os.stat_result
    """Of the journal's file, or the archive's."""
    lines: Where
    length: int
    """Bytes of the journal's lines."""
    size: int
    """Bytes of all files of the run."""


def find(journal: Journal) -> Found:
    """Looks at a run's files. OSError; what `Flz.open` raises of an archive."""
    stat = os.stat(journal.path, follow_symlinks=False)
    if not journal.archived:
        return Found(stat, journal.path, stat.st_size, stat.st_size + _size(journal.states))
    from ..archive.flz_reader import Flz  # most stores are read without an archive, and so without zstandard

    lines = Flz.open(journal.path, journal.run).member("journal")
    return Found(stat, lines, lines.size(), stat.st_size)


class Held(NamedTuple):
    """A journal's bytes, read at once, and its file as it was just before."""

    stat: os.stat_result
    data: bytes


def hold(journal: Journal, most: int) -> Held | None:
    """All bytes of a live journal, at what `find` alone costs; None if there are more. OSError."""
    fd = open_read(journal.path)
    try:
        stat = os.fstat(fd)
        if stat.st_size > most or not S_ISREG(stat.st_mode):
            return None
        data = os.read(fd, stat.st_size)
    finally:
        os.close(fd)
    return Held(stat, data) if len(data) == stat.st_size else None


def size_of_states(journal: Journal) -> int:
    """Bytes of the states of a live journal; 0 if it has none. OSError."""
    return _size(journal.states)


def newest_seq(lines: Where) -> int | None:
    """Number of the event in the newest line; None if that holds none. Costs that line. OSError, Corrupt."""
    for _, line in read_lines_back(lines):
        events = events_in(line)
        return events[-1][0].seq if events else None
    return None


def end_of_run(journal: StrPath) -> RunFinished | None:
    """How the run ended, if the newest line tells that and is not a long one. Costs a block. OSError."""
    for _, line in read_lines_back(journal, longest=_LONG):
        parts = decode_line(line)
        last = parts[-1].event if parts and isinstance(parts[-1], Whole) else None
        return last if isinstance(last, RunFinished) else None
    return None


def _size(path: StrPath) -> int:
    try:
        return os.stat(path, follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0
