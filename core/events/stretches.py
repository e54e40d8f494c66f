"""Many log entries as one thing: what tables tell of them, which is how many there are of each level and step."""

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

from .kinds import Logged
from .parts import Event, Level

_seq, _level_and_step = attrgetter("seq"), attrgetter("level", "step")
_LOG = {Logged}


class LogStretch(NamedTuple):
    """Log entries, each with the number after the one before: they are applied all or not at all."""

    first: int
    """Number of the first one."""
    seq: int
    """Number of the last one."""
    t: str
    """The last time that one of them tells."""
    counts: dict[tuple[Level, str | None], int]
    """How many there are of each level and step."""


def stretch_of(events: Sequence[Event]) -> LogStretch | None:
    """These events, if they are such entries and nothing else: a tenth of what a look at each of them costs."""
    if set(map(type, events)) != _LOG:
        return None
    first, last = events[0].seq, events[-1].seq
    if list(map(_seq, events)) != list(range(first, first + len(events))):
        return None
    t = next((event.t for event in reversed(events) if event.t), "")
    return LogStretch(first, last, t, Counter(map(_level_and_step, events)))
