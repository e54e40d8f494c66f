"""Finding an event by its number in a journal that nobody has read yet: a few looks, whatever its length."""

from contextlib import closing
from itertools import islice

from .event_heads import head_of
from .readable import Where, opened
from .reader import read_heads

_NEAR = 1 << 20
"""Bytes that are read on from a place: to be nearer is worth no look."""
_HEAD = 128


def places_of(where: Where, seq: int, low: int) -> tuple[int, int | None]:
    """Offsets of two lines: from the first one on the event of this number is found, before the other one lie all
    lower events; None instead of the end.

    `low`: of a line that is not behind it. It is taken for granted that numbers grow from line to line, as those of
    a writer do; costs some ten reads of a block, and one of a line that is longer. OSError.
    """
    with opened(where) as file:
        high = file.size()
    above = None
    while high - low > _NEAR:
        middle = (low + high) // 2
        offset, number = _first_behind(where, middle) or (high, 0)
        if offset >= high:
            high = middle  # no other line begins between them
        elif number <= seq:
            low = offset
        else:
            high, above = middle, offset
    return low, above


def _first_behind(where: Where, place: int) -> tuple[int, int] | None:
    """Offset and number of the first whole line that begins behind a place, of those that tell one."""
    with closing(read_heads(where, place, _HEAD)) as lines:
        for offset, _, head in islice(lines, 1, None):
            if found := head_of(head):
                return offset, found.seq
    return None
