"""Takes values out of a run's states file: it is written anew beside the old one, and renamed over it."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

from ...core.checkpoints import unneeded
from ...core.progress import gone
from ...core.upkeep import Dropped
from . import disk, lock
from .layout import JOURNAL_SUFFIX, STATES_SUFFIX
from .reader import copy_span, read_heads
from .states import HEAD_BYTES, RecordHead, dropped_record, head_of_record
from .written_anew import written_anew

_BESIDE = f"{STATES_SUFFIX}.new"


class _Line(NamedTuple):
    offset: int
    length: int
    head: RecordHead | None


def drop_values(
    path: Path, kept: Collection[Collection[str]], before: Callable[[Dropped], object] = lambda dropped: None
) -> Dropped:
    """Drops what no kept state needs (see `core.checkpoints.unneeded`). The caller holds the run's lock.

    `before` is called when all is ready and nothing is dropped yet; what it raises leaves it so.

    Lines that are damaged or of a newer format stay as they are. OSError, StorageError, or Stopped in a big part, with
    the file as it was.
    """
    lines, without, dropped = _look(path, kept)
    if without:
        _write_without(path, lines, without, lambda: before(dropped))
    return dropped


def droppable(path: Path, kept: Collection[Collection[str]]) -> Dropped:
    """What `drop_values` would drop. OSError, StorageError."""
    return _look(path, kept)[2]


def _look(path: Path, kept: Collection[Collection[str]]) -> tuple[list[_Line], set[str], Dropped]:
    try:
        lines = []
        for offset, length, head in read_heads(path, 0, HEAD_BYTES):
            gone(length + 1)
            lines.append(_Line(offset, length, head_of_record(head)))
    except FileNotFoundError:
        lines = []
    heads = [line.head for line in lines if line.head and line.head.kind != "dropped"]
    without = unneeded({head.digest: head.extends for head in heads}, kept)
    taken = sum(line.length for line in lines if line.head and line.head.digest in without)
    return lines, without, Dropped(values=len(without), size_bytes=taken)


def is_left_over(name: str) -> bool:
    """Whether a file of this name is what `drop_values` has begun to write."""
    return name.startswith(".") and name.endswith(_BESIDE)


def clear(beside: Path) -> None:
    """Takes away what somebody who was killed left of it; not if somebody has the run. OSError."""
    fd = disk.open_append(beside.with_name(beside.name[1 : -len(_BESIDE)] + JOURNAL_SUFFIX))
    try:
        if lock.take(fd):
            beside.unlink(missing_ok=True)
    finally:
        lock.close(fd)


def _write_without(path: Path, lines: list[_Line], without: set[str], before: Callable[[], object]) -> None:
    beside = path.with_name(f".{path.name.removesuffix(STATES_SUFFIX)}{_BESIDE}")
    with written_anew(path, beside, before) as fd:
        for offset, length, head in lines:
            if head and head.digest in without:
                gone(length + 1)
                disk.append_line(fd, dropped_record(head.digest) + b"\n", beside)
            else:
                copy_span(path, offset, length + 1, fd, beside)
