"""`MetricsRepository` over the query tables: what the finished runs of a workflow come to."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import reduce
from operator import add
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from ...core.clock import now
from ...core.errors import Corrupt, NotSupported
from ...core.metrics import NEWEST, Ended, Pattern, Reported, merged, observed
from ...core.numbers.durations import merged_spreads, nearest_rank, percentile
from ...core.query.query import EVERYTHING, Query
from ...core.repositories import MetricsRepository
from ...core.workflows import Outcome
from . import outcome_queries as ask
from .claims import PATTERNS, claim
from .database import BY_HAND_S, Database
from .tables import patterns
from .writes import upsert

_evidence = msgspec.json.Decoder(tuple[str, ...])
_p = patterns.c
_PATTERN = (_p.workflow, _p.name, _p.description, _p.count, _p.first_seen, _p.last_seen, _p.evidence)


class SqlMetrics(MetricsRepository):
    """Summaries are kept sums, and percentiles are read from an index; `kept` opens what has the patterns."""

    def __init__(
        self, database: Database, refresh: Callable[[], None], kept: Callable[[], Database] | None = None
    ) -> None:
        self._database, self._refresh, self._kept = database, refresh, kept
        self.passing: Callable[[], AbstractContextManager[None]] = nullcontext
        """In a block of this a pattern is recorded."""
        self.settled: Callable[[Query], Query] = lambda within: within
        """Makes of a query one for the same runs of which the tables know all: what log text says included."""

    def summary(self, workflow: str, version: int | None = None, within: Query = EVERYTHING) -> Outcome:
        within = self.settled(within)
        self._refresh()
        with self._database.read() as connection:
            each = ask.by_version(connection, workflow, version, within)
            spread = ask.spread(connection, workflow, version, within)
            total = reduce(add, each, Outcome(workflow=workflow, version=version, runs=0))
            return _timed(connection, total, [one.version for one in each], spread, within)

    def outcomes(self, workflow: str, within: Query = EVERYTHING) -> list[Outcome]:
        within = self.settled(within)
        self._refresh()
        with self._database.read() as connection:
            each = ask.by_version(connection, workflow, None, within)
            spread = ask.spread(connection, workflow, None, within)
            return [_timed(connection, one, [one.version], spread, within) for one in each]

    def trends(
        self, workflow: str, version: int | None = None, within: Query = EVERYTHING, *, days: int = 30
    ) -> list[Outcome]:
        within = self.settled(within)
        self._refresh()
        with self._database.read() as connection:
            each = ask.by_day(connection, workflow, version, within, max(days, 1))[::-1]
            took = ask.durations_by_day(connection, workflow, version, within, [one.day for one in each])
        return [
            msgspec.structs.replace(
                one, p50_s=nearest_rank(took[one.day], 0.5), p95_s=nearest_rank(took[one.day], 0.95)
            )
            for one in each
        ]

    @property
    def database(self) -> Database:
        """The one whose runs are summed."""
        return self._database

    def spread(self, workflow: str, version: int | None = None, within: Query = EVERYTHING) -> dict[int, int]:
        within = self.settled(within)
        self._refresh()
        with self._database.read() as connection:
            return merged_spreads(ask.spread(connection, workflow, version, within).values())

    def durations(
        self, workflow: str, version: int | None = None, within: Query = EVERYTHING, *, span: int
    ) -> list[float]:
        within = self.settled(within)
        self._refresh()
        with self._database.read() as connection:
            if version is not None:
                return ask.durations(connection, workflow, [version], within, span)
            known = ask.spread(connection, workflow, None, EVERYTHING)
            versions = [None if one == -1 else one for one, spread in known.items() if span in spread]
            return ask.durations(connection, workflow, versions, within, span)

    def newest(
        self, workflow: str, version: int | None, within: Query = EVERYTHING, *, limit: int = NEWEST
    ) -> list[Ended]:
        within = self.settled(within)
        self._refresh()
        with self._database.read() as connection:
            return ask.newest(connection, workflow, version, within, limit)

    def reported(self, workflow: str, within: Query = EVERYTHING) -> list[Reported]:
        within = self.settled(within)
        self._refresh()
        with self._database.read() as connection:
            return list(ask.reported(connection, workflow, within))

    # --- patterns

    def record_pattern(self, pattern: Pattern) -> None:
        if self._kept is None:
            raise NotSupported("patterns cannot be kept here", advice="keep metrics in flightlog.db")
        new = observed(pattern, now())
        here = (_p.workflow == new.workflow, _p.name == new.name)
        with self.passing(), self._kept().write(BY_HAND_S) as connection:
            claim(connection, [PATTERNS])
            row = connection.execute(select(*_PATTERN).where(*here)).first()
            if row is None:
                connection.execute(insert(patterns).values(_row(new)))
            else:
                connection.execute(update(patterns).where(*here).values(_row(merged(_pattern(row), new))))

    def put_patterns(self, found: Sequence[Pattern]) -> None:
        """Keeps patterns as they are, each in the place of the one that has its workflow and name."""
        if self._kept is None:
            raise NotSupported("patterns cannot be kept here", advice="keep metrics in flightlog.db")
        with self._kept().write(BY_HAND_S) as connection:
            claim(connection, [PATTERNS])
            upsert(connection, patterns, [_row(pattern) for pattern in found])

    def all_patterns(self) -> list[Pattern]:
        """Those of every workflow, by workflow and name: what cannot be derived of all this."""
        if self._kept is None:
            return []
        with self._kept().read() as connection:
            rows = connection.execute(select(*_PATTERN).order_by(_p.workflow, _p.name))
            return [_pattern(row) for row in rows]

    def patterns(self, workflow: str) -> list[Pattern]:
        if self._kept is None:
            return []
        with self._kept().read() as connection:
            statement = select(*_PATTERN).where(_p.workflow == workflow).order_by(_p.count.desc(), _p.name)
            return [_pattern(row) for row in connection.execute(statement)]


def _timed(
    connection: Connection,
    outcome: Outcome,
    versions: Iterable[int | None],
    spread: dict[int, dict[int, int]],
    within: Query,
) -> Outcome:
    """The outcome of some versions with its percentiles: two looks at a stretch of the index."""
    own = {version: spread.get(-1 if version is None else version, {}) for version in versions}
    both = merged_spreads(own.values())

    def duration(span: int, rank: int) -> float | None:
        having = [version for version, counts in own.items() if span in counts]
        return ask.duration(connection, outcome.workflow, having, within, span, rank)

    p50, p95 = (percentile(both, share, duration) for share in (0.5, 0.95))
    return msgspec.structs.replace(outcome, p50_s=p50, p95_s=p95)


# --- patterns ----------------------------------------------------------------------------------------


def _pattern(row: Any) -> Pattern:
    try:
        evidence = _evidence.decode(row.evidence)
    except msgspec.MsgspecError as error:
        raise Corrupt(f"the evidence of pattern {row.name!r} cannot be read: {error}", where=row.workflow) from error
    return Pattern(
        workflow=row.workflow,
        name=row.name,
        description=row.description,
        count=row[3],
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        evidence=evidence,
    )


def _row(pattern: Pattern) -> dict[str, Any]:
    return msgspec.structs.asdict(pattern) | {"evidence": msgspec.json.encode(pattern.evidence).decode()}
