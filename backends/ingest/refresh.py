"""Bringing a store up to date before it is read: must succeed once, and then may fail for a while."""

import logging
import os
import time
from collections.abc import Callable
from threading import Event, Lock, Thread

from ...core.errors import Corrupt, FlightlogError, Locked, StorageError
from ...core.hurry import is_hurried
from ...core.progress import go_on
from .. import waiting
from ..data_directory import Root
from ..sql.database import Closed, opened_before_fork
from .shared_turns import Turns

log = logging.getLogger("flightlog")

_RETRY_S = 5.0
_MOMENT_S = 0.03
"""So long waits for others who is in a hurry,"""
_REST_S = 0.25
"""and then not again so soon: those who write bring in themselves what they record."""
_LOOK_S = 0.1
"""So often who waits looks whether he is still wanted."""


class Refresh:
    """Calls `work` for all who read at about the same time. Thread-safe.

    A directory that is gone, or damage, is raised. A database that cannot be written for the moment
    (locked, disk full) is raised too, unless something was read before: then what is known can be
    read on, `problem` says that it is old, and the next try comes after some seconds.

    Who is in a hurry (`core.hurry`) waits a moment for others who write, and then reads what is known: that is
    a problem only if nobody has written anything after some seconds. Nor does he wait until long journals are read
    to their end that nobody has read before: that goes on in a thread of its own.
    """

    def __init__(
        self,
        root: Root,
        work: Callable[[], None],
        own: Callable[[], object] = lambda: None,
        changes: Callable[[], int] = lambda: 0,
        begun: Event | None = None,
    ) -> None:
        """`own` brings in what this store itself recorded, for which everybody waits; `changes` differs when others
        have brought in something; `begun` is set by `work` when something can be told of all there is. Where it is
        not given, everybody waits for the whole work.
        """
        self._root, self._turns, self._own, self._changes = root, Turns(work), own, changes
        self._begun, self._starting = begun, Lock()
        self._first: Thread | None = None
        self._process = os.getpid()
        self._succeeded = False
        self._retry_at = self._rest_until = 0.0
        self._behind_since: tuple[int, float] | None = None
        self.problem = ""
        """Why the store cannot be brought up to date at the moment; empty if it can."""

    def __call__(self) -> None:
        """Returns when all that was recorded before the call can be read; to who hurries, soon."""
        self._check()
        if self.problem and time.monotonic() < self._retry_at:
            return
        try:
            if is_hurried() and (self._succeeded or self._has_begun()):
                self._glance()
            else:
                self._whole()
        except (Corrupt, Closed):
            raise
        except StorageError as error:
            self._root.check()
            if not self._succeeded:
                raise
            self._say(str(error))

    def insist(self) -> None:
        """As a call, but what keeps the store from being brought up to date is raised, whatever is known of it."""
        self._check()
        self._whole()

    @property
    def ended(self) -> bool:
        """Whether nothing is read any more that somebody in a hurry did not wait for."""
        return self._first is None or not self._first.is_alive()

    def close(self) -> None:
        """Waits for the thread that reads on, if there is one; who stops its work is another."""
        if self._first is not None and self._process == os.getpid():
            self._first.join()

    def _has_begun(self) -> bool:
        """Lets a thread do the first turn and waits until something can be told of all there is. False if nothing can,
        and whoever asks is to find out why.
        """
        if self._begun is None:
            return False
        with self._starting:
            if self._first is None:
                self._first = Thread(target=self._read_on, args=(self._begun,), daemon=True, name="flightlog-read-on")
                self._first.start()
        while not self._begun.wait(_LOOK_S):
            go_on()
        return self._succeeded or not self.ended

    def _read_on(self, begun: Event) -> None:
        try:
            self._whole()
        except FlightlogError:
            pass  # who reads next finds out
        finally:
            begun.set()

    def _check(self) -> None:
        # Here, for who took its turns in the parent would be waited for in a child without an end.
        if os.getpid() != self._process:
            raise opened_before_fork(str(self._root.path))
        self._root.check()

    def _whole(self) -> None:
        self._turns.take()
        self._succeeded, self.problem, self._behind_since = True, "", None

    def _glance(self) -> None:
        """All that is new, unless others are writing just now; and in any case what is our own."""
        now = time.monotonic()
        try:
            if now >= self._rest_until:
                with waiting.at_most(_MOMENT_S):
                    self._whole()
                return
        except Locked as error:
            self._rest_until = time.monotonic() + _REST_S
            changes = self._changes()
            if self._behind_since is None or self._behind_since[0] != changes:
                self._behind_since, self.problem = (changes, now), ""
            elif now - self._behind_since[1] > _RETRY_S:
                self._say(str(error))
        self._own()

    def _say(self, problem: str) -> None:
        if problem != self.problem:
            log.warning("the store cannot be brought up to date: %s", problem)
        self.problem, self._retry_at = problem, time.monotonic() + _RETRY_S
