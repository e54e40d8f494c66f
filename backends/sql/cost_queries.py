"""What runs cost: from kept sums where these know, else from the runs' totals or the calls themselves."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from heapq import nlargest
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    bindparam,
    case,
    cast,
    func,
    null,
    select,
)

from ...core.costs import CostGroup, CostRecord, GroupBy
from ...core.pages import ALL, Page, from_cursor, to_cursor
from ...core.query.query import EVERYTHING, Query
from ...core.runs import Group
from .dialects import day, total
from .kept_sums import kept_of
from .query_sql import where
from .run_queries import matching
from .run_rows import AnyRow, AnySelect, call_money, money_columns, token_columns
from .run_values import money_of, tokens_of
from .tables import costs, counters, rollups, runs, spent, steps

# --- calls -----------------------------------------------------------------------------------------

_c = costs.c
_records = (
    select(
        *(_c.seq, _c.t, _c.model, _c.provider, _c.step, _c.agent, _c.nanousd, _c.provenance, _c.prices),
        _c.request_id,
        *token_columns(costs),
    )
    .where(_c.run == bindparam("run"), _c.seq > bindparam("after"))
    .order_by(_c.seq)
    .limit(bindparam("limit"))
)
_of_request = _records.where(_c.request_id == bindparam("request_id"))


def records(
    connection: Connection, run: str, request_id: str | None = None, after: int = 0, limit: int = ALL
) -> list[CostRecord]:
    """The model calls of a run, or those with a request id, in order."""
    statement = _records if request_id is None else _of_request
    given = {"run": run, "request_id": request_id, "after": after, "limit": max(limit, 1)}
    return [
        CostRecord(
            run=run,
            seq=row[0],
            t=row[1],
            model=row[2],
            provider=row[3],
            step=row[4],
            agent=row[5],
            nanousd=row[6],
            provenance=row[7],
            prices=row[8],
            request_id=row[9],
            tokens=tokens_of(row, 10),
        )
        for row in connection.execute(statement, given)
    ]


# --- groups ----------------------------------------------------------------------------------------


def groups(connection: Connection, by: GroupBy, query: Query, since: str = "") -> list[CostGroup]:
    """Costs of the matching runs by a key, of calls made at `since` (a day or time) or later: most expensive first,
    days newest first. Of what the query asks of log text the tables must know all (`LogTerms.settled`).

    The key of a version is `workflow@number`; of a step its name, so that a retry adds to what it retries.
    """
    found = [_group(row) for row in connection.execute(summed(by, query, since))]
    if by == "day":
        return sorted(found, key=lambda group: group.key, reverse=True)
    return sorted(found, key=lambda group: (-group.money.known_nanousd, -group.tokens.total, group.key))


def summed(by: GroupBy, query: Query, since: str = "") -> AnySelect:
    """The one statement that sums the costs of the matching runs by a key."""
    if (keys := _ROLLED_UP.get(by)) and (kept := kept_of(keys[0].table, query, since)) is not None:
        return _rolled_up(keys).where(*kept)
    if by in _OF_RUNS and not since:
        statement = _of_runs(_OF_RUNS[by])
    else:
        statement = _of_calls(by, made_since(since) if since else costs)
    condition = matching(query)
    return statement if condition is None else statement.where(condition)


def _group(row: AnyRow) -> CostGroup:
    workflow, version = row[0], row[1]
    key = workflow if version in (None, -1) else f"{workflow}@{version}"
    return CostGroup(key=key or "", calls=row[2], runs=row[3], tokens=tokens_of(row, 4), money=money_of(row, 9))


_Keys = tuple[ColumnElement[Any], ColumnElement[Any]]
"""What is grouped by: the key, and the version's number where it belongs to the key."""
_Kept = tuple[Column[str], ColumnElement[Any]]

_none = cast(null(), Integer)
_ROLLED_UP: dict[str, _Kept] = {
    **{key: (rollups.c[key], _none) for key in ("day", "workflow", "model", "agent")},
    "session": (spent.c.session, _none),
    "version": (rollups.c.workflow, rollups.c.version),
}
_OF_RUNS: dict[str, _Keys] = {
    "workflow": (runs.c.workflow, _none),
    "version": (runs.c.workflow, runs.c.version),
    "session": (func.coalesce(runs.c.session, ""), _none),
    "run": (runs.c.id, _none),
}
_OF_CALLS: dict[str, Callable[[FromClause], ColumnElement[Any]]] = {
    "day": lambda calls: day(calls.c.t),
    "model": lambda calls: calls.c.model,
    "agent": lambda calls: calls.c.agent,
    "step": lambda calls: func.coalesce(steps.c.name, calls.c.step, ""),
}


@cache  # to make a statement costs more than to sum up a month
def _rolled_up(keys: _Kept) -> AnySelect:
    """From sums that are kept by the key, and do not know how many runs they are of."""
    table = keys[0].table
    sums = [*map(total, (table.c.calls, *token_columns(table), *money_columns(table)))]
    return select(*keys, sums[0], null(), *sums[1:]).group_by(*keys)


@cache
def _of_runs(keys: _Keys) -> AnySelect:
    """From the totals of the runs that called a model at all."""
    calls = runs.c.calls_recorded + runs.c.calls_computed + runs.c.calls_unknown
    sums = [*map(total, (calls, *token_columns(runs), *money_columns(runs)))]
    return select(*keys, sums[0], func.count(), *sums[1:]).where(calls > 0).group_by(*keys)


def with_children(connection: Connection, run: str, within: Query) -> CostGroup:
    """What a run and all runs below it cost together: from their totals, in one statement. Of what the query asks of
    log text the tables must know all."""
    family = select(runs.c.id).where(runs.c.id == run).cte("family", recursive=True)
    # A union without doubles, so that runs that are each other's parents are an end and no circle.
    family = family.union(select(runs.c.id).where(runs.c.parent == family.c.id))
    calls = runs.c.calls_recorded + runs.c.calls_computed + runs.c.calls_unknown
    sums = [*map(total, (calls, *token_columns(runs), *money_columns(runs)))]
    statement = select(sums[0], func.count(), *sums[1:]).where(runs.c.id.in_(select(family.c.id)))
    condition = matching(within)
    row = connection.execute(statement if condition is None else statement.where(condition)).one()
    return CostGroup(key=run, calls=row[0], runs=row[1], tokens=tokens_of(row, 2), money=money_of(row, 7))


@lru_cache(maxsize=16)
def made_since(day: str) -> FromClause:
    """The calls of a day and later, found by their time before anything else is looked at.

    For a query SQLite, which keeps no statistics, would else go from every run that matches to its calls.
    """
    return select(costs).where(costs.c.t >= day).cte("made").prefix_with("MATERIALIZED")


def called_since(day: str) -> ColumnElement[bool]:
    """Whether a run made a call on a day or later: of no other is there anything to sum."""
    return runs.c.id.in_(select(costs.c.run).where(costs.c.t >= day).correlate(None))


@lru_cache(maxsize=64)  # of some days, which move on
def _of_calls(by: GroupBy, calls: FromClause) -> AnySelect:
    """From the calls themselves."""
    of_run = calls.join(runs, runs.c.id == calls.c.run)
    if by == "step":
        of_run = of_run.outerjoin(steps, (steps.c.run == calls.c.run) & (steps.c.id == calls.c.step))
    keys = _OF_RUNS.get(by) or (_OF_CALLS[by](calls), _none)
    columns = [func.count(), func.count(calls.c.run.distinct()), *map(total, token_columns(calls)), *call_money(calls)]
    return select(*keys, *columns).select_from(of_run).group_by(*keys)


# --- sessions and projects ---------------------------------------------------------------------------

_ACTIVE = ("running", "waiting")


def sessions(connection: Connection, within: Query, limit: int, after: str | None) -> Page[Group]:
    """Sessions, most recently active first: kept sums, and one seek for each; within a query from its runs."""
    return _groups(connection, "session", within, limit, after)


def projects(connection: Connection, within: Query, limit: int, after: str | None) -> Page[Group]:
    """Projects, most recently active first: kept sums, and one seek for each; within a query from its runs."""
    return _groups(connection, "project", within, limit, after)


def group_page(groups: Iterable[Group], limit: int, after: str | None) -> Page[Group]:
    """A page of all groups: the order is by what changes, so that no list is kept in it."""
    limit = max(limit, 1)
    place = None if after is None else tuple(from_cursor(after, str, str))
    behind = [one for one in groups if place is None or _activity(one) < place]
    found = nlargest(limit + 1, behind, key=_activity)
    return Page(items=found[:limit], next=to_cursor(*_activity(found[limit - 1])) if len(found) > limit else None)


def _activity(group: Group) -> tuple[str, str]:
    return group.last_event or "", group.id


def _groups(connection: Connection, by: str, within: Query, limit: int, after: str | None) -> Page[Group]:
    if within != EVERYTHING:
        return group_page(_groups_within(connection, by, within), limit, after)
    page = group_page(_groups_of(connection, by), limit, after)
    return msgspec.structs.replace(page, items=_with_costs(connection, by, page.items))


def _groups_within(connection: Connection, by: str, within: Query) -> Iterator[Group]:
    key, last_event = runs.c[by], func.max(runs.c.last_event)
    running = func.sum(case((runs.c.status.in_(_ACTIVE), 1), else_=0))
    sums = map(total, (*token_columns(runs), *money_columns(runs)))
    statement = select(key, func.count(), running, last_event, *sums).where(where(within), key.is_not(None))
    for row in connection.execute(statement.group_by(key)):
        yield Group(
            id=row[0], runs=row[1], running=row[2], last_event=row[3], tokens=tokens_of(row, 4), money=money_of(row, 9)
        )


def _groups_of(connection: Connection, by: str) -> Iterator[Group]:
    for key, count, running, last_event in connection.execute(_counted(by)):
        yield Group(id=key, runs=count, running=running, last_event=last_event)


_FEW = 1000  # names in one statement


def _with_costs(connection: Connection, by: str, groups: list[Group]) -> list[Group]:
    name = spent.c[by]
    wanted = name.in_([group.id for group in groups]) if len(groups) <= _FEW else name != ""
    sums = {row[0]: row for row in connection.execute(_rolled_up((name, _none)).where(wanted))}
    return [
        msgspec.structs.replace(group, tokens=tokens_of(row, 4), money=money_of(row, 9))
        if (row := sums.get(group.id))
        else group
        for group in groups
    ]


def _counted(by: str) -> AnySelect:
    key = counters.c[by]
    running = func.sum(case((counters.c.status.in_(_ACTIVE), counters.c.runs), else_=0))
    last_event = select(func.max(runs.c.last_event)).where(runs.c[by] == key).scalar_subquery()
    count = func.sum(counters.c.runs)
    return select(key, count, running, last_event).where(key != "").group_by(key).having(count > 0)
