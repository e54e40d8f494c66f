"""`LogRepository` over several parts."""

from collections.abc import Callable, Iterator

from ...core.events import Level
from ...core.logs import LogEntry, LogFilter
from ...core.query.query import Query
from ...core.repositories import LogRepository
from ..sql.log_repository import search_runs
from .joined_runs import JoinedRuns
from .parts import Parts


class JoinedLogs(LogRepository):
    """Logs of the runs of all parts; a search goes through the runs in the order of the whole list."""

    def __init__(self, parts: Parts, runs: JoinedRuns) -> None:
        self._parts, self._runs = parts, runs

    def query(
        self,
        run: str,
        filter: LogFilter = LogFilter(),
        *,
        limit: int = 200,
        after: int | None = None,
        before: int | None = None,
    ) -> list[LogEntry]:
        return self._parts.find(
            run, lambda reading: reading.logs.query(run, filter, limit=limit, after=after, before=before)
        )

    def counts(self, run: str) -> dict[Level, int]:
        return self._parts.find(run, lambda reading: reading.logs.counts(run))

    def scan(self, run: str, text: str, *, stop: Callable[[], bool] = lambda: False) -> Iterator[LogEntry]:
        # Asked for its counts first, for a scan of a run that is not there finds nothing.
        logs = self._parts.find(run, lambda reading: (reading.logs.counts(run), reading.logs)[1])
        return logs.scan(run, text, stop=stop)

    def search(
        self,
        text: str,
        query: Query,
        *,
        stop: Callable[[], bool] = lambda: False,
        searched: Callable[[], None] = lambda: None,
    ) -> Iterator[LogEntry]:
        return search_runs(self._runs, self, text, query, stop=stop, searched=searched)
