"""Bringing a store up to date before it is read: must succeed once, and then may fail for a while."""

import logging
import time
from collections.abc import Callable

from ...core.errors import Corrupt, StorageError
from ..data_directory import Root
from ..sql.database import Closed
from .shared_turns import Turns

log = logging.getLogger("flightlog")

_RETRY_S = 5.0


class Refresh:
    """Calls `work` for all who read at about the same time. Thread-safe.

    A directory that is gone, or damage, is raised. A database that cannot be written for the moment
    (locked, disk full) is raised too, unless something was read before: then what is known can be
    read on, `problem` says that it is old, and the next try comes after some seconds.
    """

    def __init__(self, root: Root, work: Callable[[], None]) -> None:
        self._root, self._turns = root, Turns(work)
        self._succeeded = False
        self._retry_at = 0.0
        self.problem = ""
        """Why the store cannot be brought up to date at the moment; empty if it can."""

    def __call__(self) -> None:
        """Returns when all that was recorded before the call can be read."""
        self._root.check()
        if self.problem and time.monotonic() < self._retry_at:
            return
        try:
            self._turns.take()
        except (Corrupt, Closed):
            raise
        except StorageError as error:
            self._root.check()
            if not self._succeeded:
                raise
            self._say(str(error))
            return
        self._succeeded, self.problem = True, ""

    def insist(self) -> None:
        """As a call, but what keeps the store from being brought up to date is raised, whatever is known of it."""
        self._root.check()
        self._turns.take()
        self._succeeded, self.problem = True, ""

    def _say(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("the store cannot be brought up to date: %s", problem)
        self.problem, self._retry_at = problem, time.monotonic() + _RETRY_S
