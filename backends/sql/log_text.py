"""Log text, which no table holds: read from the recorded bytes, in blocks, while anybody still wants it."""

from collections.abc import Callable, Iterator

from ...core.errors import Corrupt, NotFound
from ...core.logs import LogEntry
from ..journal.log_entries import entry_of
from .bodies import Bodies, Excerpt

LOGS = frozenset({"log"})
_BLOCK = 1000


def entries(
    bodies: Bodies, run: str, *, after: int = 0, stop: Callable[[], bool] = lambda: False
) -> Iterator[LogEntry]:
    """The log entries of a run in order; none of a run that went away meanwhile, and of one whose archive is damaged
    (which is named) those before that. `stop` is asked between blocks.
    """
    while not stop():
        try:
            lines = bodies.lines(run, Excerpt(after=after, limit=_BLOCK, types=LOGS))
        except (NotFound, Corrupt):
            return
        for _, line in lines:
            entry = entry_of(run, line)
            if entry is not None:
                yield entry
        if len(lines) < _BLOCK:
            return
        after = lines[-1][0]
