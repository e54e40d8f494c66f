"""Journals made whole again: what is no event is set aside in the run's `.torn`, and never dropped.

The caller of `mend_tail` holds the run's lock; `set_damage_aside` takes it.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ...core.errors import Conflict, Corrupt, NotSupported
from ...core.events import decode
from ...core.progress import gone, to_its_end
from . import disk, lock
from .aside import set_aside
from .reader import Broken, LongLine, Whole, copy_span, decode_line, read_lines, torn_tail
from .states_writer import set_aside_tail
from .written_anew import written_anew

_BESIDE = ".mending"


def is_half_mended(name: str) -> bool:
    """Whether a file of this name is what `set_damage_aside` has begun to write."""
    return name.startswith(".") and name.endswith(_BESIDE)


def mend_tail(fd: int, path: Path, torn: Path) -> int:
    """Ends a journal at a whole line; returns how many bytes were set aside. OSError, StorageError."""
    tail = torn_tail(path)
    if tail is None:
        return 0
    try:
        decode(tail[1])
    except Corrupt:
        return set_aside_tail(fd, path, torn)
    except NotSupported:
        pass  # an event of a newer format is one, too
    # It is whole and lacks only its newline.
    disk.append_line(fd, b"\n", path)
    return 0


def set_damage_aside(path: Path, torn: Path) -> int:
    """Takes what is no event out of a journal that nobody writes; returns how many bytes were set aside.

    The events stay byte for byte, each on a line of its own; lines of a newer format, and those too long to be
    held, stay as they are. The journal is replaced by a rename once what is set aside is on the disk: killed before,
    it is as it was, and done again nothing is set aside twice. Conflict if somebody has the run; OSError, StorageError,
    or Stopped in a big one, with the journal as it was.
    """
    fd = disk.open_append(path)
    try:
        if not lock.take(fd):
            raise Conflict("somebody has the run at the moment", where=path, advice="try again")
        with to_its_end(os.fstat(fd).st_size, 2):  # looked through, and written anew
            aside = mend_tail(fd, path, torn)
            if damaged := [span for offset, line in read_lines(path) for span in _damage(offset, line)]:
                _write_without(path, before=lambda: set_aside(path, damaged, torn))
            return aside + sum(length for _, length in damaged)
    finally:
        lock.close(fd)


def _damage(offset: int, line: bytes | LongLine) -> Iterator[tuple[int, int]]:
    """Offset and length of each part of a line that is no event."""
    gone(len(line) + 1)
    if isinstance(line, LongLine):
        return
    for part in decode_line(line):
        if isinstance(part, Broken) and not part.newer:
            yield offset + part.offset, part.length


def _write_without(path: Path, before: Callable[[], None]) -> None:
    beside = path.with_name(f".{path.name}{_BESIDE}")
    with written_anew(path, beside, before) as fd:
        for offset, line in read_lines(path):
            if isinstance(line, LongLine):
                copy_span(path, offset, line.length + 1, fd, beside)
                continue
            gone(len(line) + 1)
            for part in decode_line(line):
                if isinstance(part, Whole) or part.newer:
                    disk.append_line(fd, line[part.offset : part.offset + part.length] + b"\n", beside)
