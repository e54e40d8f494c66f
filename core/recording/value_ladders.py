"""By which earlier value of its key a new value is told, so that a run of states stays small and each is near.

A value that is told by the one before makes long ways to read; one that is told by the first makes
large records. So each value is a place on a ladder: the 1st to 15th after a whole one are told each by the
one before, the 16th by the whole one, the 32nd by the 16th, the 256th by the whole one again. A value is
then some 15 records for each power of 16 away from a whole one, and each change is written
once for each power.
"""

from collections import OrderedDict
from typing import NamedTuple

RUNG = 16
_LEVELS = 3
MOST_RECORDS = 48
"""So many records at most lie between a value and a whole one."""
WEIGHT = 1.5
"""So many times its own bytes are read for a value at most."""
_SMALLEST = 512  # bytes of a value that is worth being told by another
_LARGEST = 16 << 20  # bytes of a value that is worth being kept in memory
_KEPT = 48 << 20


class Rung(NamedTuple):
    """A stored value that others may be told by."""

    digest: str
    body: bytes
    records: int = 0
    """Between it and a whole value."""
    weight: int = 0
    """Bytes of all the records that it is read from."""


class Ladder:
    """The earlier values of one key that matter: the last one, and the last at each power of `RUNG`."""

    def __init__(self, first: Rung) -> None:
        self._rungs = [first] * _LEVELS
        self._place = 0

    @property
    def last(self) -> Rung:
        """The newest value."""
        return self._rungs[0]

    @property
    def size(self) -> int:
        """Bytes that it holds."""
        return sum({id(rung.body): len(rung.body) for rung in self._rungs}.values())

    def base(self) -> Rung | None:
        """By which the next value is to be told; None if it is to be whole."""
        level = _level(self._place + 1)
        rung = self._rungs[level] if level < _LEVELS else None
        return rung if rung and rung.records < MOST_RECORDS else None

    def climb(self, rung: Rung) -> None:
        """Takes the next value, which was told by `base`."""
        self._place += 1
        for level in range(_level(self._place) + 1):
            self._rungs[level] = rung


def _level(place: int) -> int:
    """How often `RUNG` divides a place."""
    level = 0
    while place % RUNG == 0:
        place //= RUNG
        level += 1
    return level


class Ladders:
    """The ladders of a run's keys, in bounded memory: those that were not used for longest go first."""

    def __init__(self) -> None:
        self._ladders: OrderedDict[str, Ladder] = OrderedDict()
        self._size = 0

    def get(self, key: str) -> Ladder | None:
        """The ladder of a key, if there is one."""
        return self._ladders.get(key)

    def begin(self, key: str, whole: Rung) -> None:
        """Begins the ladder of a key anew with a value; one that is small or huge is not worth it."""
        self._forget(key)
        if _SMALLEST <= len(whole.body) <= _LARGEST:
            self._keep(key, Ladder(whole))

    def climb(self, key: str, rung: Rung) -> None:
        """Takes the next value of a key, which was told by its ladder's base."""
        ladder = self._forget(key)
        assert ladder is not None
        ladder.climb(rung)
        self._keep(key, ladder)

    def _forget(self, key: str) -> Ladder | None:
        ladder = self._ladders.pop(key, None)
        self._size -= ladder.size if ladder else 0
        return ladder

    def _keep(self, key: str, ladder: Ladder) -> None:
        self._ladders[key] = ladder
        self._size += ladder.size
        while self._size > _KEPT:
            self._forget(next(iter(self._ladders)))
