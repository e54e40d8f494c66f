"""Log entries."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator

from ..events import Level
from ..logs import LogEntry, LogFilter
from ..query.query import EVERYTHING, Query


class LogRepository(ABC):
    """Log entries, read from the newest end: a page costs what it shows, whatever the run's size."""

    @abstractmethod
    def query(
        self,
        run: str,
        filter: LogFilter = LogFilter(),
        *,
        limit: int = 200,
        after: int | None = None,
        before: int | None = None,
        longest: int | None = None,
    ) -> list[LogEntry]:
        """Entries in order of seq: the last `limit`, or those after (before) a seq that are nearest to it.

        What was recorded in more than `longest` bytes may come as a `CutEntry`, of which only the beginning
        was read: a page costs no more than `limit` times that. The filter looks at what was read.
        """

    @abstractmethod
    def counts(self, run: str) -> dict[Level, int]:
        """Entries by level, from counters."""

    @abstractmethod
    def scan(self, run: str, text: str, *, stop: Callable[[], bool] = lambda: False) -> Iterator[LogEntry]:
        """Entries of one run whose message has the words of a text, in order; ends soon after `stop()`."""

    @abstractmethod
    def search(
        self,
        text: str,
        query: Query = EVERYTHING,
        *,
        stop: Callable[[], bool] = lambda: False,
        searched: Callable[[], None] = lambda: None,
    ) -> Iterator[LogEntry]:
        """Entries whose message has the words of a text (`log_words.wanted`), of the matching runs, newest run first.

        It yields as it finds, and ends soon after `stop()` becomes true. It calls `searched` after each
        run that it went through; runs that the words rule out are none of these.
        """
