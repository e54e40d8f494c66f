"""Blocking calls off the event loop: one at a time, and the newest wish remembered."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from textual.dom import DOMNode
from textual.message_pump import MessagePump

from ..core.errors import FlightlogError
from ..core.hurry import hurried
from ..core.progress import Progress, telling
from .messages import Trouble

T = TypeVar("T")

LONGEST = 10.0
"""Seconds that a loader rests at most, however long one load took."""

LATE = 0.003
"""Seconds by which a busy event loop begins a load late, for which the next one makes up: else all would be rarer."""

FRAME = 1 / 31
"""Seconds between two loads of what is live: nobody sees more than 30 changes a second.

A little less than the watch of a store rests between two calls: else, where one load began late, all that follow would.
"""


SLOW = 0.3
"""Seconds after which what is under way is told."""
TOLD_EVERY = 0.2
"""Seconds between two looks at how far it is."""


def in_thread(owner: MessagePump, job: Callable[[], T], then: Callable[[T | FlightlogError], Any]) -> None:
    """Runs `job` in a thread of its own and hands its result, or its FlightlogError, to `then` on the event loop.

    Any other exception is a bug and ends the program there. The thread is a daemon: a
    program that is quit does not wait for an answer that nobody wants any more.
    """

    def work() -> None:
        try:
            result: T | FlightlogError = job()
        except FlightlogError as error:
            result = error
        except Exception as error:  # noqa: BLE001 - raised again on the event loop, which ends the program
            owner.call_later(raised, error)
            return
        owner.call_later(then, result)

    threading.Thread(target=work, daemon=True, name="flightlog-load").start()


def ask_in_thread(owner: MessagePump, job: Callable[[], T], then: Callable[[T], Any]) -> None:
    """As `in_thread`; a FlightlogError is told to the person, and `then` only hears of results."""

    def done(found: T | FlightlogError) -> None:
        if isinstance(found, FlightlogError):
            owner.post_message(Trouble(found))
        else:
            then(found)

    in_thread(owner, job, done)


def _hurried(job: Callable[[], T], progress: Progress) -> Callable[[], T]:
    """What is loaded is loaded again at the next change: nobody waits for those who write."""

    def work() -> T:
        with hurried(), telling(progress):
            return job()

    return work


def raised(error: Exception) -> None:
    """Raises a mistake of ours on the event loop, which ends the program and tells of it."""
    raise error


class Loader(Generic[T]):
    """Repeats one blocking load as often as it is asked for, but never two at once.

    `request()` starts it, or remembers that it must run again after the one under way: a store
    that changes all the time is read all the time, and no answer is thrown away half-way.
    `prepare` runs on the event loop when a load begins and returns the call to make in
    the thread, or None if there is nothing to load; `then` takes the result on the event loop.
    What is loaded for nobody any more is dropped: it stops where it says how far it is (`core.progress`).
    """

    def __init__(
        self,
        owner: MessagePump,
        prepare: Callable[[], Callable[[], T] | None],
        then: Callable[[T], Any],
        *,
        every: float = 0.0,
        rest: float = 0.0,
        tell: Callable[[], Any] | None = None,
    ) -> None:
        """`every`: seconds between the beginnings of two loads at least; `rest`: so many times as long as one took;
        `tell` shows, while a load takes long, how far it is.
        """
        self._owner, self._prepare, self._then, self._tell = owner, prepare, then, tell
        self._every, self._rest, self._took = every, rest, 0.0
        self._busy = self._dirty = self._at_once = False
        self._waiting: asyncio.TimerHandle | None = None
        self._telling: asyncio.TimerHandle | None = None
        self._last, self._began = -every, 0.0
        self.progress = Progress()
        """Of the load under way, or of the last one."""
        self.loads = 0
        """How often the store was asked."""

    @property
    def busy(self) -> bool:
        """Whether a load is under way or about to be."""
        return self._busy or self._waiting is not None

    @property
    def took(self) -> float:
        """Seconds that the last load took; 0 before there was one."""
        return self._took

    @property
    def seconds(self) -> float:
        """Since the load under way began; 0 where none is."""
        return time.monotonic() - self._began if self._busy else 0.0

    def drop(self) -> None:
        """What is loaded is wanted no more: it stops, and nothing comes of it. Call it on the event loop."""
        self.progress.stop()
        self._dirty = False
        self._done_waiting()

    def request(self, *, at_once: bool = False) -> None:
        """Loads now, or once more after the load under way. Call it on the event loop.

        `at_once` does not wait until the next load is due: a person wants to see something else.
        """
        if self._busy:
            self._dirty, self._at_once = True, self._at_once or at_once
        elif at_once or self._waiting is None:
            pause = max(self._every, min(self._rest * self._took, LONGEST))
            wait = self._last + pause - time.monotonic()
            if wait > 0 and not at_once:
                # Not by a timer of Textual's: a short one that is late on a busy machine never fires.
                self._waiting = asyncio.get_running_loop().call_later(wait, self._owner.call_later, self._is_due)
            else:
                self._begin()

    def _is_due(self) -> None:
        if self._waiting is not None:
            self._begin()

    def _begin(self) -> None:
        self._done_waiting()
        job = self._prepare()
        if job is None:
            return
        now, due = time.monotonic(), self._last + self._every
        self._last = due if due <= now < due + LATE else now
        self._began = now
        self._busy, self._dirty = True, False
        self.loads += 1
        self.progress = Progress()
        self.progress.begin(0)
        self._tell_after(SLOW)
        in_thread(self._owner, _hurried(job, self.progress), self._finish)

    def _done_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _tell_after(self, seconds: float) -> None:
        if self._tell is not None:
            self._telling = asyncio.get_running_loop().call_later(seconds, self._owner.call_later, self._tell_now)

    def _tell_now(self) -> None:
        if self._telling is not None and self._tell is not None:
            self._tell()
            self._tell_after(TOLD_EVERY)

    def _finish(self, result: T | FlightlogError) -> None:
        self._busy, self._took = False, time.monotonic() - self._began
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        if self.progress.stopped:
            pass  # nobody wants it any more
        elif isinstance(result, FlightlogError):
            self._owner.post_message(Trouble(result))
        else:
            self._then(result)
            if isinstance(self._owner, DOMNode):
                self._owner.refresh_bindings()  # other keys have an effect now, perhaps
        if self._dirty:
            at_once, self._dirty, self._at_once = self._at_once, False, False
            self.request(at_once=at_once)
