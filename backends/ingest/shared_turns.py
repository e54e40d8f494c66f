"""Work that many threads ask for and one does: who waited is served by a turn that began after they asked."""

import threading
from collections.abc import Callable

from .. import waiting


class Turns:
    """Runs a piece of work for all who ask at about the same time. Thread-safe.

    When `take` returns, the work was done from beginning to end after `take` was called, by
    this thread or by another; what it raises is raised to the thread that did it.
    """

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._lock = threading.RLock()
        self._begun = 0
        self._ended = 0
        self._busy = False

    def take(self) -> None:
        """Returns after one whole turn of the work; at once if asked by the work itself. Locked: see `waiting`."""
        seen = self._begun
        with waiting.holding(self._lock):
            if self._busy or self._ended > seen:
                return
            self._begun += 1
            turn = self._begun
            self._busy = True
            try:
                self._work()
            finally:
                self._busy = False
            self._ended = turn
