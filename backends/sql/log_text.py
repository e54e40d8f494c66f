"""Log text, which no table holds: read from the recorded bytes, in blocks, while anybody still wants it."""

from collections.abc import Callable, Iterator

import msgspec

from ...core.errors import Corrupt, NotFound, NotSupported
from ...core.events import Logged, decode
from ...core.logs import CutEntry, LogEntry
from ..journal.long_lines import size_told
from .bodies import Bodies

LOGS = frozenset({"log"})
_BLOCK = 1000


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


def entries(
    bodies: Bodies, run: str, *, after: int = 0, stop: Callable[[], bool] = lambda: False
) -> Iterator[LogEntry]:
    """The log entries of a run in order; none of a run that went away meanwhile, and of one whose archive is damaged
    (which is named) those before that. `stop` is asked between blocks.
    """
    while not stop():
        try:
            lines = bodies.lines(run, after=after, limit=_BLOCK, types=LOGS)
        except (NotFound, Corrupt):
            return
        for _, line in lines:
            entry = entry_of(run, line)
            if entry is not None:
                yield entry
        if len(lines) < _BLOCK:
            return
        after = lines[-1][0]
