"""What others add to runs, in `annotations.jsonl`: appended under a lock on this file, which is never deleted."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ...core.annotations import Annotation, Answered, AnyAnnotation, decode, encode
from ...core.clock import now
from ...core.errors import Corrupt
from ...core.events import FORMAT, Decision
from ...core.forking import undivided
from . import disk, lock
from .reader import Broken, LongLine, read_lines

_HEADER = b'{"type":"annotations","format":%d}' % FORMAT


class Read(NamedTuple):
    """One line of the annotations file."""

    offset: int
    length: int
    """Without its newline: the next line begins at `offset + length + 1`."""
    annotation: AnyAnnotation | Broken | None
    """None for lines that say nothing about a run: the header, and those of runs that are gone, which are blank."""


def append(path: Path, annotation: Annotation) -> None:
    """Adds an annotation; `t` is filled in when empty. Safe from any process at once.

    A line that a killed process left without its end is closed first, so that nothing is glued to it.
    StorageError, Locked, ReadOnly.
    """
    annotation.t = annotation.t or now()
    try:
        fd = disk.open_shared(path)
    except OSError as error:
        raise disk.storage_error(error, path, "opening the annotations") from error
    try:
        with lock.waiting(fd, path):
            size = os.fstat(fd).st_size
            start = _HEADER + b"\n" if size == 0 else b"" if os.pread(fd, 1, size - 1) == b"\n" else b"\n"
            disk.append_line(fd, start + encode(annotation) + b"\n", path)
    finally:
        os.close(fd)


def read(path: Path, offset: int = 0) -> Iterator[Read]:
    """The lines from an offset on, in order; nothing if there is no file. Broken lines come as `Broken`."""
    try:
        for place, line in read_lines(path, offset):
            yield Read(place, len(line), _annotation(line))
    except FileNotFoundError:
        return


def _annotation(line: "bytes | LongLine") -> AnyAnnotation | Broken | None:
    head = line.head if isinstance(line, LongLine) else line
    if not head or head.isspace() or head.startswith(b'{"type":"annotations"'):
        return None
    if isinstance(line, LongLine):
        return Broken(0, line.length, f"an annotation of {line.length} bytes is not read")
    try:
        annotation: AnyAnnotation = decode(line)
    except Corrupt as error:
        return Broken(0, len(line), str(error))
    return annotation


class Answers:
    """First answers to approvals. Thread-safe; asking costs a `stat` while nothing was added."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._first: dict[tuple[str, str], tuple[Decision, str, str]] = {}
        self._file = (0, 0)
        self._offset = 0
        self._lock = threading.Lock()

    def first(self, run: str, approval: str) -> tuple[Decision, str, str] | None:
        """`(decision, by, note)` of the first answer; None if there is none yet. OSError, but for a missing file."""
        with undivided(), self._lock:
            self._read_new()
            return self._first.get((run, approval))

    def _read_new(self) -> None:
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            return
        seen = (there.st_ino, there.st_size)
        if seen == self._file:
            return
        if there.st_ino != self._file[0] or there.st_size < self._offset:
            self._offset = 0
            self._first.clear()
        for line in read(self._path, self._offset):
            self._offset = line.offset + line.length + 1
            if isinstance(line.annotation, Answered):
                key = (line.annotation.run, line.annotation.approval)
                self._first.setdefault(key, (line.annotation.decision, line.annotation.by, line.annotation.note))
        self._file = seen
