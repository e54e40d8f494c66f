"""Log entries of recorded lines, and the newest ones of a journal."""

from itertools import islice

import msgspec

from ...core.errors import Corrupt, NotSupported
from ...core.events import Logged, decode
from ...core.logs import CutEntry, LogEntry
from .event_heads import head_of
from .long_lines import size_told
from .readable import Where
from .reader import LongLine, read_lines_back

LOOKED_AT = 2000
"""Lines that are looked at for the newest entries: a run may write much else."""
LONG = 1 << 20
"""Bytes of a line that is not read for a glance."""


def entry_of(run: str, line: bytes) -> LogEntry | None:
    """The log entry of a line; None if it is damaged (which `damage` names) or something else."""
    try:
        event = decode(line)
    except (Corrupt, NotSupported):
        return None
    if not isinstance(event, Logged):
        return None
    entry = LogEntry(
        run=run,
        seq=event.seq,
        t=event.t,
        level=event.level,
        message=event.message,
        kind=event.kind,
        step=event.step,
        request_id=event.request_id,
        details=event.details,
    )
    size = size_told(line)
    return entry if size is None else CutEntry(**msgspec.structs.asdict(entry), size=size)


def newest_entries(journal: Where, run: str, limit: int) -> list[LogEntry]:
    """The last `limit` entries of a journal in their order, as far back as it is plainly sound.

    Costs their bytes and a block, at most those of `LOOKED_AT` lines. OSError.
    """
    found: list[LogEntry] = []
    before: int | None = None
    for _, line in islice(read_lines_back(journal, longest=LONG), LOOKED_AT):
        if isinstance(line, LongLine):
            break
        head = head_of(line)
        if head is None or len(found) == limit or (before is not None and head.seq >= before):
            break
        before = head.seq
        if head.type == "log":
            entry = entry_of(run, line)
            if entry is None:
                break
            found.append(entry)
    return found[::-1]
