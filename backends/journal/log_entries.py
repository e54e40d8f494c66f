"""Log entries of recorded lines, and the newest ones of a journal."""

from itertools import islice

import msgspec

from ...core.errors import Corrupt, NotSupported
from ...core.events import Logged, StepStarted, decode
from ...core.glance import LogEnd
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


def newest_entries(journal: Where, run: str, limit: int) -> LogEnd:
    """The last `limit` entries of a journal in their order, as far back as it is plainly sound, and their steps' names.

    Costs the bytes back to these, and a block, at most those of `LOOKED_AT` lines. OSError.
    """
    found: list[LogEntry] = []
    names: dict[str, str] = {}
    unnamed: set[str] = set()
    before: int | None = None
    for _, line in islice(read_lines_back(journal, longest=LONG), LOOKED_AT):
        if isinstance(line, LongLine):
            break
        head = head_of(line)
        full = len(found) == limit
        if head is None or (full and not unnamed) or (before is not None and head.seq >= before):
            break
        before = head.seq
        if head.type == "log" and not full:
            entry = entry_of(run, line)
            if entry is None:
                break
            found.append(entry)
            unnamed |= {entry.step} - names.keys() if entry.step else set()
        elif head.type == "step.started" and (step := _begun(line)) is not None:
            names[step.step] = step.name
            unnamed.discard(step.step)
    return LogEnd(found[::-1], names if any(entry.step for entry in found) else {})


def _begun(line: bytes) -> StepStarted | None:
    """The step that began; None if the line is damaged."""
    try:
        event = decode(line)
    except (Corrupt, NotSupported):
        return None
    return event if isinstance(event, StepStarted) else None
