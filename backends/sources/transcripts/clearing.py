"""Which transcripts their programs are going to remove by themselves, and when."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ....core.clock import from_seconds
from ....core.upkeep import Removal
from . import tables
from .formats import Clearing, Format
from .index import TranscriptIndex


class _Going(NamedTuple):
    at: float
    size: int


def removals(index: TranscriptIndex, run: str | None, within_s: float) -> list[Removal]:
    """See `UpkeepRepository.removals`: of what is in the index, by how old the files are now."""
    index.refresh()
    with index.database.read() as connection:
        paths = set(tables.names(connection)) if run is None else set(tables.paths_of(connection, [run]))
    until = time.time() + within_s
    found = []
    for one, clearing in _clearings(index):
        going = [file for path in paths if (file := _going(index, one, clearing, path))]
        going = [file for file in going if run is not None or file.at <= until]
        if going:
            first, size = from_seconds(min(file.at for file in going)), sum(file.size for file in going)
            found.append(Removal(by=one.title, rule=clearing.rule, first=first, runs=len(going), size_bytes=size))
    return found


def _clearings(index: TranscriptIndex) -> Iterator[tuple[Format, Clearing]]:
    for one in index.folder.formats:
        clearing = one.clearing(index.path)
        if clearing is not None:
            yield one, clearing


def _going(index: TranscriptIndex, of: Format, clearing: Clearing, path: str) -> _Going | None:
    seen = index.folder.seen
    own = seen.get(path)
    if own is None or index.folder.format_of(path) is not of:
        return None
    leading = seen.get(str(of.goes_with(Path(path))), own)
    return _Going(leading.mtime_ns / 1e9 + clearing.after_s, own.size)
