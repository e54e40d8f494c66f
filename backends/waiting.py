"""How long a thread may wait for others: the same limit for every lock that it meets on its way."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from ..core.errors import Locked

_this_thread = threading.local()


class _Lock(Protocol):
    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool: ...

    def release(self) -> None: ...


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """In this block the thread waits no longer than that for others, all in all; then it meets Locked.

    What has been spent at work counts too: who is late anyway takes only what nobody else has.
    """
    before = _until()
    until = time.monotonic() + seconds
    _this_thread.until = until if before is None else min(until, before)
    try:
        yield
    finally:
        _this_thread.until = before


def limited(seconds: float) -> float:
    """These seconds, or the fewer that are left to this thread."""
    until = _until()
    return seconds if until is None else min(seconds, max(until - time.monotonic(), 0.0))


@contextmanager
def holding(lock: _Lock, where: object = "") -> Iterator[None]:
    """Holds a lock of this process's threads, for which a thread without a limit waits as long as it takes; Locked."""
    until = _until()
    if not lock.acquire(timeout=-1 if until is None else max(until - time.monotonic(), 0.0)):
        raise Locked("another thread is at it", where=where, advice="try again")
    try:
        yield
    finally:
        lock.release()


def _until() -> float | None:
    found: float | None = getattr(_this_thread, "until", None)
    return found
