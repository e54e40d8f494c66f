"""Bringing a store up to date before it is read: must succeed once, and then may fail for a while."""

import logging
import os
import time
from collections.abc import Callable

from ...core.errors import Corrupt, Full, Locked, StorageError
from ...core.hurry import is_hurried
from .. import waiting
from ..data_directory import Root
from ..sql.database import Closed, opened_before_fork
from .reading_on import ReadingOn
from .shared_turns import Turns

log = logging.getLogger("flightlog")

_RETRY_S = 5.0
_MOMENT_S = 0.03
"""So long waits for others who is in a hurry,"""
_REST_S = 0.25
"""and then not again so soon: those who write bring in themselves what they record."""


class Refresh:
    """Calls `work` for all who read at about the same time. Thread-safe.

    A directory that is gone, or damage, is raised. A database that cannot be written for the moment
    (locked, disk full) is raised too, unless something was read before, or a full disk is why and something is known:
    then that can be read on, `problem` says that it is old, and the next try comes after some seconds.

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
        behind: ReadingOn | None = None,
        known: Callable[[], bool] = lambda: False,
    ) -> None:
        """`own` brings in what this store itself recorded, for which everybody waits; `changes` differs when others
        have brought in something; `behind` does the first work for who hurries, and is told by it when there is
        something to be seen of all there is. Where it is not given, everybody waits for the whole work. `known` tells
        whether anything was brought in by others before.
        """
        self._root, self._turns, self._own, self._changes = root, Turns(work), own, changes
        self._behind, self._known = behind, known
        self._process = os.getpid()
        self._succeeded = False
        self._retry_at = self._rest_until = 0.0
        self._put_off = 0
        self._behind_since: tuple[int, float] | None = None
        self.problem = ""
        """Why the store cannot be brought up to date at the moment; empty if it can."""

    def __call__(self) -> None:
        """Returns when all that was recorded before the call can be read; to who hurries, soon."""
        self._check()
        if self.problem and time.monotonic() < self._retry_at:
            return
        try:
            if is_hurried() and (self._succeeded or self._behind is not None):
                self._first_of_it()
                self._glance()
            else:
                self._whole()
        except (Corrupt, Closed):
            raise
        except StorageError as error:
            self._root.check()
            if not self._succeeded and not (isinstance(error, Full) and self._known()):
                raise
            self._say(str(error))

    def insist(self) -> None:
        """As a call, but what keeps the store from being brought up to date is raised, whatever is known of it."""
        self._check()
        self._whole()

    @property
    def version(self) -> int:
        """A greater number where who was in a hurry, and did without what is new, does well to ask again."""
        resting = time.monotonic() < self._rest_until
        return self._put_off - resting + (self._behind.portions if self._behind is not None else 0)

    def close(self) -> None:
        """Waits for the thread that reads on, if there is one; who stops its work is another."""
        if self._behind is not None and self._process == os.getpid():
            self._behind.close()

    def _first_of_it(self) -> None:
        """Waits until something can be told of all there is."""
        if self._behind is not None and not self._succeeded:
            self._behind.begin(self._all_at_once)
            self._behind.wait()

    def _all_at_once(self) -> bool:
        self._whole()
        return False

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
            self._put_off += 1
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
