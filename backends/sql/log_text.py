"""Log text, which no table holds: read from the recorded bytes, in blocks, while anybody still wants it."""

from collections.abc import Callable, Iterator

from ...core.errors import Corrupt, NotFound, NotSupported
from ...core.events import Logged, decode
from ...core.logs import LogEntry
from ...core.query.query import Query
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
    return LogEntry(
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


def entries(bodies: Bodies, run: str, *, stop: Callable[[], bool] = lambda: False) -> Iterator[LogEntry]:
    """All log entries of a run in order; none of a run that went away meanwhile. `stop` is asked between blocks."""
    after = 0
    while not stop():
        try:
            lines = bodies.lines(run, after=after, limit=_BLOCK, types=LOGS)
        except NotFound:
            return
        for _, line in lines:
            entry = entry_of(run, line)
            if entry is not None:
                yield entry
        if len(lines) < _BLOCK:
            return
        after = lines[-1][0]


def accepts(bodies: Bodies, query: Query) -> Callable[[str], bool] | None:
    """Whether a run's log says what a query asks of log text; None if it asks nothing of it."""
    asked = [(wanted, [text.casefold() for text in texts]) for wanted, texts in query.log_terms()]
    if not asked:
        return None

    def says(run: str) -> bool:
        missing = [texts for wanted, texts in asked if wanted]
        unwanted = [texts for wanted, texts in asked if not wanted]
        for entry in entries(bodies, run):
            message = entry.message.casefold()
            if any(text in message for texts in unwanted for text in texts):
                return False
            missing = [texts for texts in missing if not any(text in message for text in texts)]
            if not missing and not unwanted:
                return True
        return not missing

    return says
