"""`LogRepository`: entries are read from the recorded bytes, from where somebody looks, block by block."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext

from sqlalchemy import select

from ...core.errors import ReadOnly, no_run
from ...core.events import LEVELS, Level
from ...core.log_words import Wanted, wanted
from ...core.logs import LogEntry, LogFilter
from ...core.pages import Sort
from ...core.query.query import EVERYTHING, Query, made
from ...core.repositories import LogRepository, RunRepository
from ...core.unsearched import pass_over
from ..journal.log_entries import entry_of
from .bodies import Bodies, Excerpt
from .database import Database
from .log_search import Begun, LogSearch
from .log_terms import LogTerms
from .log_text import LOGS
from .run_queries import check_present
from .tables import runs

_LARGEST = 4000  # lines in one block
_FIRST_PAGE, _PAGE = 10, 100  # runs

_counts = select(runs.c.logs, runs.c.debugs, runs.c.warnings, runs.c.errors)


class SqlLogs(LogRepository):
    """Log entries through `Bodies`; the unfiltered end of a log costs what it shows."""

    def __init__(self, database: Database, bodies: Bodies, refresh: Callable[[], None], runs: RunRepository) -> None:
        self._database, self._bodies, self._refresh, self._runs = database, bodies, refresh, runs
        self._search = LogSearch(database, bodies)
        self._terms = LogTerms(database, self._search)

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
        self._refresh()
        with self._database.read() as connection:
            check_present(connection, run)
        nearest = Excerpt(after or 0, before, limit, newest=after is None, types=LOGS, longest=longest)
        found = self._accepted(run, filter, nearest)
        return found[::-1] if nearest.newest else found

    def _accepted(self, run: str, filter: LogFilter, wanted: Excerpt) -> list[LogEntry]:
        """The nearest entries that the filter accepts, nearest first: blocks grow while it accepts few."""
        found: list[LogEntry] = []
        block = wanted._replace(level=LEVELS.index(filter.level) + 1)
        while len(found) < wanted.limit:
            lines = self._bodies.lines(run, block)
            for _, line in reversed(lines) if wanted.newest else lines:
                entry = entry_of(run, line)
                if entry is not None and filter.accepts(entry):
                    found.append(entry)
            if len(lines) < block.limit:
                break
            block = block._replace(limit=min(max(2 * block.limit, 64), _LARGEST))
            block = block._replace(before=lines[0][0]) if wanted.newest else block._replace(after=lines[-1][0])
        return found[: wanted.limit]

    def counts(self, run: str) -> dict[Level, int]:
        self._refresh()
        with self._database.read() as connection:
            row = connection.execute(_counts.where(runs.c.id == run)).first()
        if row is None:
            raise no_run(run)
        infos = row.logs - row.debugs - row.warnings - row.errors
        return {"DEBUG": row.debugs, "INFO": infos, "WARNING": row.warnings, "ERROR": row.errors}

    def scan(self, run: str, text: str, *, stop: Callable[[], bool] = lambda: False) -> Iterator[LogEntry]:
        self._refresh()
        with self._database.read() as connection:
            check_present(connection, run)
        ((_, hits),) = self._search.found([run], wanted(text), stop=stop)
        return hits

    def _begun(self, asked: Wanted, query: Query, stop: Callable[[], bool]) -> Begun | None:
        """The beginning of a search by the index of words; None if that does not have everything."""
        # One read for all first questions, for to begin and end it costs as much as to ask; but not where logs are
        # read to know which runs match, which may take long.
        with nullcontext() if query.log_terms() else self._database.read():
            if not self._search.catch_up(stop):
                return None
            known, accepts = self._terms.prepared(query)
            return self._search.begun(asked, known, accepts, stop)

    def search(
        self,
        text: str,
        query: Query = EVERYTHING,
        *,
        stop: Callable[[], bool] = lambda: False,
        searched: Callable[[], None] = lambda: None,
    ) -> Iterator[LogEntry]:
        asked, query = wanted(text), made(query)
        self._refresh()
        begun = self._begun(asked, query, stop) if asked.phrases else None
        if begun is not None:
            yield from self._search.hits(begun, asked, stop, searched)
            return
        cursor, page_size = None, _FIRST_PAGE
        while not stop():
            page = self._runs.query(query, Sort(), limit=page_size, after=cursor)
            for run, hits in self._search.found([run.id for run in page.items], asked, stop):
                try:
                    yield from hits
                except ReadOnly as error:
                    pass_over(run, error)
                if stop():
                    return
                searched()
            cursor, page_size = page.next, min(2 * page_size, _PAGE)
            if cursor is None:
                return
