"""`LogRepository` over several parts."""

import heapq
from collections.abc import Callable, Iterator
from itertools import groupby

from ...core.errors import NotFound
from ...core.events import Level
from ...core.logs import LogEntry, LogFilter
from ...core.query.query import EVERYTHING, Query
from ...core.repositories import LogRepository
from ...core.store import Reading
from .parts import Parts


class JoinedLogs(LogRepository):
    """Logs of the runs of all parts; a search merges what their indexes find."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

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
        def query(reading: Reading) -> list[LogEntry]:
            return reading.logs.query(run, filter, limit=limit, after=after, before=before, longest=longest)

        return self._parts.find(run, query)

    def counts(self, run: str) -> dict[Level, int]:
        return self._parts.find(run, lambda reading: reading.logs.counts(run))

    def scan(self, run: str, text: str, *, stop: Callable[[], bool] = lambda: False) -> Iterator[LogEntry]:
        return self._parts.find(run, lambda reading: reading.logs.scan(run, text, stop=stop))

    def search(
        self,
        text: str,
        query: Query = EVERYTHING,
        *,
        stop: Callable[[], bool] = lambda: False,
        searched: Callable[[], None] = lambda: None,
    ) -> Iterator[LogEntry]:
        def hits(reading: Reading) -> Iterator[tuple[str, LogEntry]]:
            return _dated(reading, reading.logs.search(text, query, stop=stop, searched=searched))

        # A part's next hit is looked for when its last one was given: what the whole costs is what the parts cost.
        for _, entry in heapq.merge(*self._parts.streams(hits), key=lambda hit: (hit[0], hit[1].run), reverse=True):
            yield entry


def _dated(reading: Reading, hits: Iterator[LogEntry]) -> Iterator[tuple[str, LogEntry]]:
    """Hits with the time at which their run was started."""
    for run, of_run in groupby(hits, key=lambda hit: hit.run):
        try:
            started = reading.runs.get(run).started or ""
        except NotFound:
            continue  # removed since it was found
        for hit in of_run:
            yield started, hit
