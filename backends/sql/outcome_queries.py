"""What finished runs come to: from kept sums, and within a query from the runs that match.

Both give the same rows: version (-1: none), then `_SUMS` in order.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
)

from ...core.metrics import Ended, Reported
from ...core.numbers.durations import limits, span_of
from ...core.query.query import EVERYTHING, Query
from ...core.runs import FINISHED
from ...core.workflows import Outcome
from .dialects import day, total
from .query_sql import where
from .run_rows import AnyRow, AnySelect, money_columns, token_columns
from .run_values import money_of, tokens_of
from .tables import metrics, outcomes, runs, spreads, tallies

_COUNTS = ("runs", "completed", "failed", "cancelled", "steps", "retries", "timed", "took_us", "unpriced")
_o, _r = outcomes.c, runs.c
_ended = _r.recorded.in_(sorted(FINISHED))
_timed = _r.took.is_not(None)  # as the index says it, and only of runs that ended
_none = func.coalesce(_r.version, literal_column("-1"))  # no bound value: it is grouped by
_day = func.coalesce(day(_r.finished), literal_column("''"))


def _condition(workflow: str, version: int | None, within: Query) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_r.workflow == workflow]
    if version is not None:
        found.append(_r.version == version)
    return found if within == EVERYTHING else [*found, where(within)]


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


# --- sums ---------------------------------------------------------------------------------------------


def by_version(connection: Connection, workflow: str, version: int | None, within: Query) -> list[Outcome]:
    """Without percentiles; one for each version that has runs, ended or not."""
    if within == EVERYTHING:
        rows = connection.execute(_kept().where(_o.workflow == workflow, *_of(_o.version, version))).all()
        lost = total(case((tallies.c.status == "lost", tallies.c.runs)))
        known = select(tallies.c.version, lost).where(tallies.c.workflow == workflow, tallies.c.runs > 0)
        there = connection.execute(known.where(*_of(tallies.c.version, version)).group_by(tallies.c.version)).all()
    else:
        condition = _condition(workflow, version, within)
        rows = connection.execute(_of_runs(_none).where(_ended, *condition)).all()
        known = select(_none, total(_one(_r.status == "lost"))).where(*condition).group_by(_none)
        there = connection.execute(known).all()
    found = {row[0]: _outcome(workflow, row[0], row) for row in rows}
    for one, gone in there:
        found[one] = msgspec.structs.replace(found.get(one) or _empty(workflow, one), lost=int(gone))
    return [found[one] for one in sorted(found)]


def by_day(connection: Connection, workflow: str, version: int | None, within: Query, days: int) -> list[Outcome]:
    """Without percentiles, newest day first."""
    if within == EVERYTHING:
        statement = _kept(_o.day).where(_o.workflow == workflow, *_of(_o.version, version))
        rows = connection.execute(statement.order_by(_o.day.desc()).limit(days)).all()
    else:
        statement = _of_runs(_day).where(_ended, *_condition(workflow, version, within))
        rows = connection.execute(statement.order_by(_day.desc()).limit(days)).all()
    return [_outcome(workflow, -1 if version is None else version, row, of_day=row[0]) for row in rows]


def _of(column: Column[int], version: int | None) -> list[ColumnElement[bool]]:
    return [] if version is None else [column == version]


@cache
def _kept(key: ColumnElement[Any] = _o.version) -> AnySelect:
    columns = [*(_o[name] for name in _COUNTS), *token_columns(outcomes), *money_columns(outcomes)]
    return select(key, *map(total, columns)).group_by(key)


def _of_runs(key: ColumnElement[Any]) -> AnySelect:
    counts = [
        *(func.count(), *(total(_one(_r.recorded == status)) for status in ("completed", "failed", "cancelled"))),
        *(total(_r.steps), total(_r.retries), func.count(_r.took)),
        *(total(cast(func.round(_r.took * 1_000_000), BigInteger)), total(_one(_r.calls_unknown > 0))),
    ]
    return select(key, *counts, *map(total, (*token_columns(runs), *money_columns(runs)))).group_by(key)


def _outcome(workflow: str, version: int, row: AnyRow, of_day: str = "") -> Outcome:
    counts = {name: int(number) for name, number in zip(_COUNTS, row[1:], strict=False)}
    at = len(_COUNTS) + 1
    return Outcome(
        workflow=workflow,
        version=None if version == -1 else version,
        day=of_day,
        tokens=tokens_of(row, at),
        money=money_of(row, at + 5),
        **counts,
    )


def _empty(workflow: str, version: int) -> Outcome:
    return Outcome(workflow=workflow, version=None if version == -1 else version, runs=0)


# --- durations ----------------------------------------------------------------------------------------


def spread(connection: Connection, workflow: str, version: int | None, within: Query) -> dict[int, dict[int, int]]:
    """Version (-1: none) → runs by class of duration; of one version, or of all."""
    found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    if within == EVERYTHING:
        kept = select(spreads.c.version, spreads.c.span, spreads.c.runs).where(spreads.c.workflow == workflow)
        for of, span, count in connection.execute(kept.where(*_of(spreads.c.version, version))):
            found[of][span] += count
    else:
        took: float
        for of, took in connection.execute(
            select(_none, _r.took).where(_timed, *_condition(workflow, version, within))
        ):
            found[of][span_of(took)] += 1
    return found


def durations(
    connection: Connection, workflow: str, versions: Iterable[int | None], within: Query, span: int
) -> list[float]:
    """Of runs of these versions in one class, ascending."""
    return list(connection.execute(_in_class(workflow, versions, within, span).order_by(_r.took)).scalars())


def duration(
    connection: Connection, workflow: str, versions: Iterable[int | None], within: Query, span: int, rank: int
) -> float | None:
    """The one of that rank (from 1) among them; the last if there are fewer."""
    statement = _in_class(workflow, versions, within, span)
    found: float | None = connection.scalar(statement.order_by(_r.took).offset(rank - 1).limit(1))
    return connection.scalar(statement.order_by(_r.took.desc()).limit(1)) if found is None else found


def _in_class(workflow: str, versions: Iterable[int | None], within: Query, span: int) -> AnySelect:
    """From an index alone, a stretch of it for each version."""
    low, high = limits(span)
    numbers = set(versions)
    of: list[ColumnElement[bool]] = [_r.version.is_(None)] if None in numbers else []
    if named := sorted(number for number in numbers if number is not None):
        of.append(_r.version == named[0] if len(named) == 1 else _r.version.in_(named))
    conditions = [_r.workflow == workflow, or_(*of) if of else false(), _timed, _r.took >= low, _r.took < high]
    return select(_r.took).where(*conditions, *([] if within == EVERYTHING else [where(within)]))


def durations_by_day(
    connection: Connection, workflow: str, version: int | None, within: Query, days: Sequence[str]
) -> dict[str, list[float]]:
    """Of the runs that ended from the first of these days to the last, each ascending; from an index alone."""
    found: dict[str, list[float]] = {of_day: [] for of_day in days}
    if not days:
        return found
    reached = (_r.finished >= min(days), _r.finished <= max(days) + "T23:59:59.999999Z")
    statement = select(_day, _r.took).where(_timed, *reached, *_condition(workflow, version, within))
    for of_day, took in connection.execute(statement):
        found.setdefault(of_day, []).append(took)
    return {of_day: sorted(each) for of_day, each in found.items()}


# --- runs and what they reported ----------------------------------------------------------------------

_PART = 500  # ids in one statement


def newest(connection: Connection, workflow: str, version: int | None, within: Query, limit: int) -> list[Ended]:
    """See `MetricsRepository.newest`."""
    of = _r.version.is_(None) if version is None else _r.version == version
    calls = _r.calls_recorded + _r.calls_computed + _r.calls_unknown
    money, tokens = _r.recorded_nanousd + _r.computed_nanousd, _r.input_tokens + _r.output_tokens
    columns = (_r.id, _r.started, _r.took, money, _r.calls_unknown, calls, tokens, _r.steps)
    statement = select(*columns).where(_ended, of, *_condition(workflow, None, within))
    rows = connection.execute(statement.order_by(_r.started.desc(), _r.id.desc()).limit(limit)).all()
    reported_by = _last_of_each(connection, [row[0] for row in rows])
    return [
        Ended(
            run=run,
            started=started,
            took_s=took,
            nanousd=None if unknown else nanousd,
            calls=calls,
            tokens=tokens,
            steps=steps,
            metrics=reported_by.get(run, {}),
        )
        for run, started, took, nanousd, unknown, calls, tokens, steps in rows
    ]


def _last_of_each(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for begin in range(0, len(ids), _PART):
        rows = connection.execute(_METRICS_OF, {"ids": ids[begin : begin + _PART]})
        for run, name, value in rows:
            found.setdefault(run, {})[name] = value
    return found


_SHRINK = 2.0**-64
_m = metrics.c
_METRICS_OF = (
    select(_m.run, _m.name, _m.value).where(_m.run.in_(bindparam("ids", expanding=True))).order_by(_m.run, _m.id)
)


def reported(connection: Connection, workflow: str, within: Query) -> Iterator[Reported]:
    """See `MetricsRepository.reported`."""
    condition = [_ended, *_condition(workflow, None, within)]
    of_run = runs.join(metrics, _m.run == _r.id)
    place = func.row_number().over(partition_by=(_none, _m.name), order_by=(_m.t.desc(), _m.id.desc()))
    ranked = select(_none.label("version"), _m.name, _m.value, _m.t, place.label("place"))
    each = ranked.select_from(of_run).where(*condition).subquery()
    is_last = each.c.place == 1
    last = [func.max(case((is_last, column))) for column in (each.c.value, each.c.t)]
    value = each.c.value
    # A sum of very great numbers has no room, and one of small ones none beside them.
    great = func.abs(value) > 1
    sums = func.sum(case((great, value * _SHRINK), else_=0.0)), func.sum(case((great, 0.0), else_=value))
    columns = (func.count(), *sums, func.min(value), func.max(value), *last)
    statement = select(each.c.version, each.c.name, *columns).group_by(each.c.version, each.c.name)
    for row in connection.execute(statement.order_by(each.c.version, each.c.name)):
        version, name, values, greats, smalls, least, most, last_value, last_t = row
        yield Reported(
            workflow=workflow,
            version=None if version == -1 else version,
            name=name,
            values=values,
            mean=greats / values / _SHRINK + smalls / values,
            min=least,
            max=most,
            last=last_value,
            last_t=last_t,
        )
