"""`MetricsRepository` over the query tables: what the finished runs of a workflow come to."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from ...core.clock import now
from ...core.costs import Money, Tokens
from ...core.errors import NotSupported
from ...core.metrics import Pattern, merged
from ...core.query.query import EVERYTHING, Query
from ...core.repositories import MetricsRepository
from ...core.runs import FINISHED
from ...core.workflows import Outcome
from .claims import PATTERNS, claim
from .database import BY_HAND_S, Database
from .run_queries import conditions
from .run_rows import AnySelect, money_columns, money_of, token_columns, tokens_of
from .tables import patterns, runs

_evidence = msgspec.json.Decoder(tuple[str, ...])
_p = patterns.c
_PATTERN = (_p.workflow, _p.name, _p.description, _p.count, _p.first_seen, _p.last_seen, _p.evidence)


def nearest_rank(ascending: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of all values is not above; None without values."""
    return ascending[max(math.ceil(share * len(ascending)), 1) - 1] if ascending else None


class SqlMetrics(MetricsRepository):
    """Summaries are computed from the rows of the runs; `kept` is the database that has the patterns."""

    def __init__(self, database: Database, refresh: Callable[[], None], kept: Database | None = None) -> None:
        self._database, self._refresh, self._kept = database, refresh, kept

    def summary(self, workflow: str, version: int | None = None, within: Query = EVERYTHING) -> Outcome:
        wanted = [runs.c.workflow == workflow, *conditions(within)]
        if version is not None:
            wanted.append(runs.c.version == version)
        self._refresh()
        with self._database.read() as connection:
            sums = connection.execute(_sums().where(*wanted)).all()
            took = connection.execute(_took().where(*wanted)).all()
        return _outcome(workflow, version, sums, [row.took for row in took])

    def outcomes(self, workflow: str, within: Query = EVERYTHING) -> list[Outcome]:
        wanted = [runs.c.workflow == workflow, *conditions(within)]
        self._refresh()
        with self._database.read() as connection:
            sums, took = _by_version(connection, wanted)
        return [
            _outcome(workflow, version, sums[version], took[version])
            for version in sorted(sums, key=lambda version: (version is not None, version or 0))
        ]

    @property
    def database(self) -> Database:
        """The one whose runs are summed."""
        return self._database

    # --- patterns

    def record_pattern(self, pattern: Pattern) -> None:
        if self._kept is None:
            raise NotSupported("patterns cannot be kept here", advice="keep metrics in flightlog.db")
        seen = now()
        first, last = pattern.first_seen or pattern.last_seen or seen, pattern.last_seen or pattern.first_seen or seen
        new = msgspec.structs.replace(pattern, first_seen=first, last_seen=last)
        here = (_p.workflow == pattern.workflow, _p.name == pattern.name)
        with self._kept.write(BY_HAND_S) as connection:
            claim(connection, [PATTERNS])
            row = connection.execute(select(*_PATTERN).where(*here)).first()
            if row is None:
                connection.execute(insert(patterns).values(_row(new)))
            else:
                connection.execute(update(patterns).where(*here).values(_row(merged(_pattern(row), new))))

    def all_patterns(self) -> list[Pattern]:
        """Those of every workflow, by workflow and name: what cannot be derived of all this."""
        if self._kept is None:
            return []
        with self._kept.read() as connection:
            rows = connection.execute(select(*_PATTERN).order_by(_p.workflow, _p.name))
            return [_pattern(row) for row in rows]

    def patterns(self, workflow: str) -> list[Pattern]:
        if self._kept is None:
            return []
        with self._kept.read() as connection:
            statement = select(*_PATTERN).where(_p.workflow == workflow).order_by(_p.count.desc(), _p.name)
            return [_pattern(row) for row in connection.execute(statement)]


# --- summaries ---------------------------------------------------------------------------------------


def _sums() -> AnySelect:
    columns = [func.coalesce(func.sum(column), 0) for column in (*token_columns(runs), *money_columns(runs))]
    return select(runs.c.version, runs.c.status, func.count(), *columns).group_by(runs.c.version, runs.c.status)


def _took() -> AnySelect:
    ended = runs.c.status.in_(sorted(FINISHED))
    return select(runs.c.version, runs.c.took).where(ended, runs.c.took.is_not(None)).order_by(runs.c.took)


def _by_version(
    connection: Connection, wanted: Sequence[ColumnElement[bool]]
) -> tuple[dict[Any, list[Any]], dict[Any, list[float]]]:
    sums, took = defaultdict(list), defaultdict(list)
    for row in connection.execute(_sums().where(*wanted)):
        sums[row.version].append(row)
    for row in connection.execute(_took().where(*wanted)):
        took[row.version].append(row.took)
    return sums, took


def _outcome(workflow: str, version: int | None, sums: Sequence[Any], took: Sequence[float]) -> Outcome:
    """Rows of `_sums` (of one version, or of several) and durations in order as one outcome."""
    counts: dict[str, int] = defaultdict(int)
    tokens, money = Tokens(), Money()
    for row in sums:
        if row.status in FINISHED:
            counts[row.status] += row[2]
            tokens, money = tokens + tokens_of(row, 3), money + money_of(row, 8)
    return Outcome(
        workflow=workflow,
        version=version,
        runs=sum(counts.values()),
        completed=counts["completed"],
        failed=counts["failed"],
        cancelled=counts["cancelled"],
        p50_s=nearest_rank(took, 0.5),
        p95_s=nearest_rank(took, 0.95),
        tokens=tokens,
        money=money,
    )


# --- patterns ----------------------------------------------------------------------------------------


def _pattern(row: Any) -> Pattern:
    return Pattern(
        workflow=row.workflow,
        name=row.name,
        description=row.description,
        count=row[3],
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        evidence=_evidence.decode(row.evidence),
    )


def _row(pattern: Pattern) -> dict[str, Any]:
    return msgspec.structs.asdict(pattern) | {"evidence": msgspec.json.encode(pattern.evidence).decode()}
