"""Notices of change."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from ..feed import Changes, Watch


class FeedRepository(ABC):
    """Notices of change. Hints wake the caller; what changed is always asked."""

    @abstractmethod
    def cursor(self) -> int:
        """The cursor of the present: `changes(cursor())` names only what comes later."""

    @abstractmethod
    def changes(self, since: int, *, limit: int = 5000) -> Changes:
        """What was added, changed or removed after `since`; may over-report, never under-reports."""

    @abstractmethod
    def watch(self, on_change: Callable[[], None]) -> Watch:
        """Calls `on_change` (from a thread of its own, quickly to return) after something may have changed.

        A notice follows within 0.1 s where the system gives notices, else within a few seconds.
        """
