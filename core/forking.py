"""What a thread must not be in the middle of when its process forks.

In a forked child the locks that other threads held have no holder: a module that one was just loading can never be
imported there, a database in which one was writing is being written for ever, and SQLite's own locks are never given
back. So a fork waits until no thread is inside anything of the kind, and what the child must not even inherit is put
away before it.
"""

import logging  # noqa: F401 - its own hooks come first, so that a fork takes its lock after those who log were waited for
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

PATIENCE_S = 30.0
"""How long a fork waits; loading takes half a second on an idle machine, and on a busy one the first time many."""
_COURTESY_S = 1.0
"""How long who comes lets a fork go first: longer than what is done inside, or threads that come and go by turns leave
no moment in which nobody is inside. Not for ever, for somebody inside may wait for what he has."""
HOLDING_S = 0.05
"""And how long who surely has something that others wait for."""

_to_put_away: list[Callable[[], None]] = []


def before_fork(put_away: Callable[[], None]) -> None:
    """Has this called in the parent before each fork, while nobody else is inside (so not where one waited in vain)."""
    _to_put_away.append(put_away)


class Inherited(Protocol):
    """What a forked child has from its parent, and cannot use as it is: locks that nobody gives back, threads that
    are not there, connections that are the parent's.
    """

    def in_child(self) -> None:
        """Begins anew in a forked child. Called before anything else runs there, so by its only thread."""
        ...


_inherited: "weakref.WeakSet[Inherited]" = weakref.WeakSet()
_never_freed: list[dict[str, Any]] = []
"""What they had in the parent: somebody there may have been in the middle of it, and it is not the child's to close."""


def inherited(one: Inherited) -> None:
    """Has its `in_child` called in each forked child, for as long as it lives. What it had by then is never freed."""
    _inherited.add(one)


class _Gate:
    """How many threads are inside; it is held shut for the moment of a fork."""

    def __init__(self, inside: int = 0) -> None:
        self.changed = threading.Condition()
        self.inside, self.waiting = inside, 0


class _Mine(threading.local):
    depth = 0
    """How deep this thread is inside."""


_gate, _mine = _Gate(), _Mine()


@contextmanager
def undivided(courtesy_s: float = _COURTESY_S) -> Iterator[None]:
    """Around what a fork must not come into; costs two microseconds. Any number of threads may be inside at once."""
    if not _mine.depth:
        with _gate.changed:
            if _gate.waiting:
                _gate.changed.wait_for(lambda: not _gate.waiting, courtesy_s)
            _gate.inside += 1
    _mine.depth += 1
    try:
        yield
    finally:
        _mine.depth -= 1
        if not _mine.depth:
            with _gate.changed:
                _gate.inside -= 1
                _gate.changed.notify_all()


def is_wanted() -> bool:
    """Whether a fork waits: who is inside for long should come to an end."""
    return _gate.waiting > 0


def _before_fork() -> None:
    own = 1 if _mine.depth else 0
    _gate.changed.acquire()  # until the fork is done, so that nobody comes in meanwhile
    _gate.waiting += 1
    if _gate.changed.wait_for(lambda: _gate.inside == own, PATIENCE_S):
        for put_away in _to_put_away:
            put_away()


def _after_fork() -> None:
    _gate.waiting -= 1
    _gate.changed.notify_all()
    _gate.changed.release()


def _in_child() -> None:
    global _gate
    _gate = _Gate(1 if _mine.depth else 0)
    for one in list(_inherited):
        _never_freed.append(dict(vars(one)))
        one.in_child()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)
