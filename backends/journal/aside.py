"""What is no event and no record is set aside in a run's `.torn`, each part on a line of its own, and never dropped."""

import os
from collections.abc import Sequence
from pathlib import Path

from . import disk
from .reader import copy_span, read_span

Span = tuple[int, int]
"""Offset and length."""
_BLOCK = 1 << 20


def set_aside(path: Path, spans: Sequence[Span], torn: Path) -> None:
    """Adds these bytes of a file to what is set aside, and to the disk: all, or nothing.

    What it ends with already is not added again: somebody was killed between this and what comes after it. OSError,
    StorageError; Stopped in a big one.
    """
    fd = disk.open_shared(torn)
    try:
        before = os.fstat(fd).st_size
        if _ends_with(torn, before, path, spans):
            return
        try:
            for offset, length in spans:
                copy_span(path, offset, length, fd, torn)
                disk.append_line(fd, b"\n", torn)
            disk.sync(fd)
        except BaseException:
            os.ftruncate(fd, before)
            raise
    finally:
        os.close(fd)
    disk.sync_folder(torn.parent)


def _ends_with(torn: Path, size: int, path: Path, spans: Sequence[Span]) -> bool:
    at = size - sum(length + 1 for _, length in spans)
    if at < 0 or (at and read_span(torn, at - 1, 1) != b"\n"):
        return False
    for offset, length in spans:
        if not _same(torn, at, path, offset, length) or read_span(torn, at + length, 1) != b"\n":
            return False
        at += length + 1
    return True


def _same(one: Path, at: int, other: Path, offset: int, length: int) -> bool:
    blocks = ((done, min(_BLOCK, length - done)) for done in range(0, length, _BLOCK))
    return all(read_span(one, at + done, size) == read_span(other, offset + done, size) for done, size in blocks)
