"""Modules that a thread loads in the background, and forks.

Python's import locks have no holder in a forked child: a module that another thread was just loading can never be
imported there, and whoever tries waits for ever. So a fork waits until what is being loaded is there.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 30.0
"""How long a fork waits; loading takes half a second on an idle machine, and on a busy one the first time many."""

_held = threading.RLock()
_waited = threading.local()


@contextmanager
def loading() -> Iterator[None]:
    """Around what a thread of our own imports for the first time; costs a microsecond once it is there."""
    with _held:
        yield


def _before_fork() -> None:
    _waited.got = _held.acquire(timeout=PATIENCE_S)


def _after_fork() -> None:
    if _waited.got:
        _held.release()


def _in_child() -> None:
    global _held
    _held = threading.RLock()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_in_child)
