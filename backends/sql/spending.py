"""What was spent when: costs by month, day, hour or minute and by what they were for."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, select

from ...core.costs import Every, Spent, SpentBy
from ...core.query.query import Query
from .cost_queries import made_since
from .dialects import day, hour, minute, total
from .kept_sums import kept_of
from .run_queries import matching
from .run_rows import AnySelect, call_money, money_columns, token_columns
from .run_values import money_of, tokens_of
from .tables import costs, rollups, runs


def _month(day: ColumnElement[Any]) -> ColumnElement[str]:
    return func.substr(day, 1, len("2026-11"))


_BUCKETS: dict[Every, Callable[[ColumnElement[Any]], ColumnElement[str]]] = {
    "month": lambda t: _month(day(t)),
    "day": day,
    "hour": hour,
    "minute": minute,
}
_KEPT: dict[SpentBy, Column[str]] = {"workflow": rollups.c.workflow, "model": rollups.c.model}


def spending(connection: Connection, every: Every, by: SpentBy, query: Query, since: str = "") -> list[Spent]:
    """Costs by time and key, oldest first. Of what the query asks of log text the tables must know all."""
    return [
        Spent(t=row[0] or "", key=row[1] or "", calls=row[2], tokens=tokens_of(row, 3), money=money_of(row, 8))
        for row in connection.execute(summed(every, by, query, since))
    ]


def summed(every: Every, by: SpentBy, query: Query, since: str) -> AnySelect:
    """The one statement that sums up; of whole days and months from kept sums, where these know what the query asks."""
    known = _KEPT.get(by) if every in ("month", "day") else None
    if known is not None and (kept := kept_of(rollups, query, since)) is not None:
        return _rolled_up(rollups.c.day if every == "day" else _month(rollups.c.day), known).where(*kept)
    condition = matching(query)
    calls = made_since(since) if since else costs
    of_run = calls.join(runs, runs.c.id == calls.c.run)
    bucket, key = _BUCKETS[every](calls.c.t), {"run": calls.c.run, "workflow": runs.c.workflow}.get(by, calls.c.model)
    sums = [func.count(), *map(total, token_columns(calls)), *call_money(calls)]
    statement = select(bucket.label("bucket"), key.label("key"), *sums).select_from(of_run)
    if condition is not None:
        statement = statement.where(condition)
    return statement.group_by("bucket", "key").order_by("bucket", "key")


def _rolled_up(bucket: ColumnElement[str], key: Column[str]) -> AnySelect:
    sums = map(total, (rollups.c.calls, *token_columns(rollups), *money_columns(rollups)))
    return select(bucket.label("bucket"), key, *sums).group_by("bucket", key).order_by("bucket", key)
