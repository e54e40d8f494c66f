"""Takes values out of a run's states file: it is written anew beside the old one, and renamed over it."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from ...core.checkpoints import unneeded
from ...core.upkeep import Dropped
from . import disk
from .reader import read_heads, read_span
from .states import HEAD_BYTES, RecordHead, dropped_record, head_of_record

_PART = 1 << 20


class _Line(NamedTuple):
    offset: int
    length: int
    head: RecordHead | None


def drop_values(path: Path, kept: Collection[Collection[str]]) -> Dropped:
    """Drops what no kept state needs (see `core.checkpoints.unneeded`). The caller holds the run's lock.

    Lines that are damaged or of a newer format stay as they are. OSError, StorageError with the file as it was.
    """
    try:
        found = read_heads(path, 0, HEAD_BYTES)
        lines = [_Line(offset, length, head_of_record(head)) for offset, length, head in found]
    except FileNotFoundError:
        return Dropped(values=0, size_bytes=0)
    heads = [line.head for line in lines if line.head and line.head.kind != "dropped"]
    gone = unneeded({head.digest: head.extends for head in heads}, kept)
    if gone:
        _write_without(path, lines, gone)
    taken = sum(line.length for line in lines if line.head and line.head.digest in gone)
    return Dropped(values=len(gone), size_bytes=taken)


def _write_without(path: Path, lines: list[_Line], gone: set[str]) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)  # left by one who was killed
    fd = disk.open_new(beside)
    try:
        for offset, length, head in lines:
            if head and head.digest in gone:
                disk.append_line(fd, dropped_record(head.digest) + b"\n", beside)
            else:
                _copy(path, offset, length + 1, fd, beside)
        disk.sync(fd)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)
    os.rename(beside, path)
    disk.sync_folder(path.parent)


def _copy(path: Path, offset: int, length: int, fd: int, beside: Path) -> None:
    while length:
        part = read_span(path, offset, min(length, _PART))
        disk.append_line(fd, part, beside)
        offset, length = offset + len(part), length - len(part)
