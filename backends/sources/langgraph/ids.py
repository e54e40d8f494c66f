"""What a LangGraph checkpoint id tells by itself, and our ids for its checkpoints.

The saver makes `uuid6(clock_seq=step)` (langgraph `checkpoint/base/id.py`, RFC 9562 section 5.6):
60 bits of 100-nanosecond ticks since 1582-10-15, then 14 bits of the step, which is -1 for a new
thread's input. Other savers may bring ids of their own: then time and step are unknown.
"""

from typing import NamedTuple
from uuid import UUID

from ....core import clock
from ..foreign_ids import foreign_ulid

_GREGORIAN = 0x01B21DD213814000  # ticks from 1582-10-15 to 1970-01-01
_LATEST_MS = 253_402_300_799_000  # the end of the year 9999, which our time text can still say


class Moment(NamedTuple):
    """Time (as our text) and superstep of a checkpoint; None where its id does not tell."""

    t: str | None
    step: int | None


def moment(checkpoint_id: str) -> Moment:
    """Time and step out of a checkpoint's id."""
    try:
        number = UUID(checkpoint_id).int
    except ValueError:
        return Moment(None, None)
    if (number >> 76) & 15 != 6:
        return Moment(None, None)
    ticks = ((number >> 80) << 12 | (number >> 64) & 0xFFF) - _GREGORIAN
    if not 0 <= ticks // 10_000 < _LATEST_MS:
        return Moment(None, None)
    step = (number >> 48) & 0x3FFF
    return Moment(clock.from_ns(ticks * 100), step - 0x4000 if step >= 0x2000 else step)


def checkpoint_id(path: str, thread_id: str, ns: str, foreign: str) -> str:
    """Our id of a checkpoint: its time, then a hash of database, thread, namespace and id."""
    return foreign_ulid(moment(foreign).t, path, thread_id, ns, foreign)
