"""How far a long piece of work has come: said by who works, looked at by who shows it, who may also stop it."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import NamedTuple, TypeVar

from .errors import Stopped

T = TypeVar("T")

COPYING = "copying"
"""The work of copying a database before its upgrade, in bytes."""
LOOKING = "looking at what is there"
"""The work of bringing a store up to date, of which nobody knows beforehand how long it takes."""
BIG = 8 << 20
"""Bytes of a part from which its own progress is worth being told."""
_AT_ONCE, _BYTES_AT_ONCE = 1000, 4 << 20


class Part(NamedTuple):
    """How much is done of the one part that is at hand, in bytes."""

    done: int
    total: int


class Standing(NamedTuple):
    """Where a piece of work stands."""

    done: int
    total: int
    seconds: float
    """Since it began."""
    what: str = ""
    """The work, where there is more than one kind: `carrying`; or `bytes`, where it is these that are counted."""
    part: Part | None = None
    """Of the part that is at hand, if it is a big one."""

    @property
    def reached(self) -> float:
        """How many parts are done, with what is done of the one that is at hand."""
        return self.done + (self.part.done / self.part.total if self.part else 0.0)

    @property
    def left(self) -> float | None:
        """Seconds that are left if it goes on as it went; None before anything is done."""
        return self.seconds / self.reached * max(self.total - self.reached, 0.0) if self.reached else None


class Progress:
    """One thread works and says so; any may look. Nothing waits for anything."""

    def __init__(self) -> None:
        self._at: tuple[int, int, float, str] | None = None  # replaced as one object, so that no half of it is seen
        self._part: tuple[int, int, int] | None = None
        self.stopped = False
        """Whether somebody asked that it be stopped."""
        self.counting = False
        """Whether `counted` tells of it."""

    def stop(self) -> None:
        """Asks whoever works to stop: he does where nothing is half-done, and raises Stopped. For any thread."""
        self.stopped = True

    def go_on(self) -> None:
        """To be called by who works, where nothing is half-done: Stopped if somebody asked for that."""
        if self.stopped:
            raise Stopped("it was stopped")

    def begin(self, total: int, what: str = "") -> None:
        """A piece of work begins that has so many parts."""
        self._at = (0, total, time.monotonic(), what)

    def call(self, what: str) -> None:
        """It is at another kind of work by now, of which nobody knows how long it takes."""
        if self._at is not None:
            self._at = (*self._at[:3], what)

    def expect(self, total: int) -> None:
        """It has so many parts by now."""
        if self._at is not None:
            self._at = (self._at[0], total, *self._at[2:])

    def reach(self, done: int) -> None:
        """So many parts of it are done."""
        if self._at is not None:
            self._at = (done, *self._at[1:])

    def step(self) -> None:
        """One more is done."""
        if self._at is not None:
            self._at = (self._at[0] + 1, *self._at[1:])

    def begin_part(self, size_bytes: int, passes: int) -> None:
        """The part at hand has so many bytes, each of which is gone through so often. A small one is not told of."""
        self._part = (0, size_bytes, passes) if size_bytes >= BIG else None

    def go(self, size_bytes: int) -> None:
        """So many bytes of it were gone through, once."""
        if (at := self._part) is not None:
            self._part = (at[0] + size_bytes, *at[1:])

    def end_part(self) -> None:
        """It is over, however it ended."""
        self._part = None

    @property
    def part(self) -> Part | None:
        """Where the part at hand stands; None if none is that is worth telling."""
        at = self._part
        return None if at is None else Part(min(at[0] // at[2], at[1]), at[1])

    def end(self) -> None:
        """It is over, however it ended."""
        self._at = self._part = None

    def look(self) -> Standing | None:
        """Where it stands; None if nothing is under way."""
        at = self._at
        return None if at is None else Standing(at[0], at[1], time.monotonic() - at[2], at[3], self.part)


_told: ContextVar[Progress | None] = ContextVar("told", default=None)


@contextmanager
def telling(progress: Progress) -> Iterator[None]:
    """What this thread works at meanwhile says there how far it is, and stops where it is asked to there."""
    token = _told.set(progress)
    try:
        yield
    finally:
        _told.reset(token)


@contextmanager
def unstopped() -> Iterator[None]:
    """What must come to its end tells nobody how far it is, and is not stopped."""
    token = _told.set(None)
    try:
        yield
    finally:
        _told.reset(token)


def told() -> Progress | None:
    """To whom this thread tells how far it is; None where nobody wants to know."""
    return _told.get()


def go_on() -> None:
    """To be called where nothing is half-done: Stopped if somebody asked for that."""
    if (progress := _told.get()) is not None:
        progress.go_on()


def heard(things: Iterable[T]) -> Iterator[T]:
    """The same things; Stopped between two of them, if somebody asked for that."""
    for thing in things:
        go_on()
        yield thing


def counted(things: Iterable[T], total: int, what: str = "") -> Iterator[T]:
    """The same things, of which it is told how many were taken; Stopped between two of them.

    While others are counted, these are not told of.
    """
    progress = _told.get()
    if progress is None or progress.counting:
        for thing in things:
            go_on()
            yield thing
        return
    progress.begin(total, what)
    progress.counting = True
    try:
        for number, thing in enumerate(things, 1):
            go_on()
            yield thing
            progress.reach(number)
    finally:
        progress.counting = False
        progress.end()


@contextmanager
def one_part(size_bytes: int, passes: int) -> Iterator[None]:
    """Works at one part, of which `gone` says how much is done; nothing where nobody wants to be told.

    Within such a part another one is none of its own.
    """
    progress = _told.get()
    if progress is None or progress.part is not None:
        yield
        return
    progress.begin_part(size_bytes, passes)
    try:
        yield
    finally:
        progress.end_part()


@contextmanager
def to_its_end(size_bytes: int, passes: int) -> Iterator[None]:
    """Works at one part that may not be left half-way: a big one is told of, and Stopped may be raised anywhere in it;
    a small one comes to its end, whoever asks that it be stopped.
    """
    with one_part(size_bytes, passes):
        progress = _told.get()
        with nullcontext() if progress is None or progress.part is not None else unstopped():
            yield


def gone(size_bytes: int) -> None:
    """So many bytes of the part at hand were gone through. Stopped in a big one, if somebody asked for that."""
    if (progress := _told.get()) is not None:
        progress.go(size_bytes)
        if progress.part is not None:
            progress.go_on()


def portions(things: Iterable[T], size: Callable[[T], int]) -> Iterator[list[T]]:
    """Some at a time, whose bytes are told of, each with its newline. Stopped in a big part, if so asked."""
    some, taken = list[T](), 0
    for thing in things:
        some.append(thing)
        taken += size(thing) + 1
        gone(size(thing) + 1)
        if len(some) == _AT_ONCE or taken >= _BYTES_AT_ONCE:
            yield some
            some, taken = [], 0
    if some:
        yield some
