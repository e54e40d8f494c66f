"""Finding runs: by id, by real values, by number; counts come from counters."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, bindparam, func, select, union

from ...core.clock import now
from ...core.errors import StorageError, no_run
from ...core.query.query import EVERYTHING, Query
from ...core.runs import Run, Totals
from ...core.workflows import Workflow
from .database import Database
from .dialects import total
from .query_sql import where
from .run_rows import COLUMNS, RUNS, AnySelect, call_money, money_columns
from .run_values import runs_of, totals_of
from .tables import costs, counters, damage, metrics, rollups, run_tags, runs, steps, tallies

Accepts = Callable[[str], bool]
"""Whether a run (by its id) is wanted, where the tables cannot tell."""


def matching(query: Query) -> ColumnElement[bool] | None:
    """The condition of a query on the table `runs`; None when every run matches."""
    return None if query == EVERYTHING else where(query)


def conditions(query: Query) -> list[ColumnElement[bool]]:
    """The same for `select().where(*…)`: one condition, or none."""
    return [] if query == EVERYTHING else [where(query)]


_of_run = select(*COLUMNS).select_from(RUNS).where(runs.c.id == bindparam("run"))


def get(connection: Connection, run: str) -> Run:
    """A run by its id; NotFound."""
    found = runs_of(connection.execute(_of_run, {"run": run}))
    if not found:
        raise no_run(run)
    return found[0]


def is_archived(database: Database, run: str) -> bool:
    """Whether a run lies in the archive; False for one that is not there."""
    with database.read() as connection:
        return bool(connection.scalar(select(runs.c.archived).where(runs.c.id == run)))


def is_any(database: Database) -> bool:
    """Whether there is any run."""
    with database.read() as connection:
        return connection.scalar(select(runs.c.id).limit(1)) is not None


_some = select(*COLUMNS).select_from(RUNS).where(runs.c.id.in_(bindparam("runs", expanding=True)))
_AT_ONCE = 500  # ids in one statement


def some(connection: Connection, ids: Sequence[str]) -> list[Run]:
    """Runs by their ids; those that are not there are left out."""
    parts = (ids[begin : begin + _AT_ONCE] for begin in range(0, len(ids), _AT_ONCE))
    return [run for part in parts for run in runs_of(connection.execute(_some, {"runs": part}))]


_present = select(runs.c.id).where(runs.c.id == bindparam("run"))


def check_present(connection: Connection, run: str) -> None:
    """NotFound unless the run is there."""
    if connection.execute(_present, {"run": run}).first() is None:
        raise no_run(run)


def children(connection: Connection, run: str) -> list[Run]:
    """Runs that name this one as parent, oldest first."""
    statement = (
        select(*COLUMNS)
        .select_from(RUNS)
        .where(runs.c.parent == run)
        .order_by(runs.c.started.is_(None), runs.c.started, runs.c.id)
    )
    return runs_of(connection.execute(statement))


# --- from what a person types ------------------------------------------------------------------------


def values(connection: Connection, key: str, prefix: str, limit: int, within: Query = EVERYTHING) -> list[str]:
    """Real values of a query key, by prefix, sorted; StorageError for a key that has no list of values."""
    if key == "step":
        return _names_of_steps(connection, prefix, limit, within)
    columns = _VALUES.get(key)
    if columns is None:
        raise StorageError(f"{key[:60]!r} has no list of values", advice=f"ask for one of {', '.join(_VALUES)}")
    if within != EVERYTHING:
        return _values_within(connection, key, prefix, limit, within)
    found = {value for column in columns for value in _distinct(connection, column, prefix, limit)}
    return sorted(found)[:limit]


def _values_within(connection: Connection, key: str, prefix: str, limit: int, within: Query) -> list[str]:
    of_runs = [
        select(column.label("value"))
        .select_from(runs if column.table is runs else runs.join(column.table, column.table.c.run == runs.c.id))
        .where(*conditions(within), column >= prefix, column < prefix + TOP, column != "")
        for column in _VALUES_OF_RUNS[key]
    ]
    return list(connection.execute(union(*of_runs).order_by("value").limit(limit)).scalars())


_NEWEST, _LOOKED = 200, 20_000
"""Runs, and steps of these, that are looked through where no index leads from value to value."""


def _names_of_steps(connection: Connection, prefix: str, limit: int, within: Query) -> list[str]:
    newest = select(runs.c.id).where(*conditions(within)).order_by(runs.c.started.desc()).limit(_NEWEST).subquery()
    some = select(steps.c.name).where(steps.c.run.in_(select(newest.c.id))).limit(_LOOKED).subquery()
    fitting = (some.c.name >= prefix, some.c.name < prefix + TOP, some.c.name != "")
    found = select(some.c.name).distinct().where(*fitting).order_by(some.c.name).limit(limit)
    return list(connection.execute(found).scalars())


def _distinct(connection: Connection, column: Column[str], prefix: str, limit: int) -> list[str]:
    """The first different values of a column: a seek for each, so that their number counts and not the rows'."""
    smallest = select(func.min(column)).where(column < prefix + TOP)
    if column.table in (counters, tallies):
        smallest = smallest.where(column.table.c.runs > 0)
    found: list[str] = []
    value = connection.execute(smallest.where(column >= prefix, column != "")).scalar()
    while value is not None and len(found) < limit:
        found.append(value)
        value = connection.execute(smallest.where(column > value)).scalar()
    return found


TOP = "\U0010ffff"  # above every text that continues a prefix

_VALUES: dict[str, tuple[Column[str], ...]] = {
    **{key: (tallies.c[key],) for key in ("workflow", "status")},
    **{key: (counters.c[key],) for key in ("session", "project")},
    "model": (costs.c.model,),
    "tag": (run_tags.c.tag,),
    "agent": (steps.c.agent, rollups.c.agent),
    "name": (runs.c.name,),
    "metric": (metrics.c.name,),
}


_VALUES_OF_RUNS: dict[str, tuple[Column[Any], ...]] = {
    **{key: (runs.c[key],) for key in ("workflow", "status", "session", "project")},
    "model": (costs.c.model,),
    "tag": (run_tags.c.tag,),
    "agent": (steps.c.agent, costs.c.agent),
    "name": (runs.c.name,),
    "metric": (metrics.c.name,),
}


# --- numbers ---------------------------------------------------------------------------------------


def count(connection: Connection, query: Query, accepts: Accepts | None = None) -> int:
    """How many runs match: from counters where these know, else by a scan of those that an index finds.

    Of what is archived those of sessions and projects know nothing: beside these `archived` costs their runs.
    """
    if accepts is not None:
        found = connection.execute(select(runs.c.id).where(where(query))).scalars().all()
        return sum(map(accepts, found))
    counters_of = _counters_of(query)
    if counters_of is None:
        statement = select(func.count()).select_from(runs).where(where(query))
    else:
        table, wanted = counters_of
        statement = select(func.coalesce(func.sum(table.c.runs), 0)).where(*wanted)
    return int(connection.execute(statement).scalar_one())


def _counters_of(query: Query) -> tuple[Table, list[ColumnElement[bool]]] | None:
    """The counters of the runs that match; None if there are none of just these."""
    split = query.of_archived()
    counted = (split[1] if split else query).counted()
    if counted is None:
        return None
    table = counters if counted.keys() & {"session", "project"} else tallies
    if split and table is counters:
        return None
    wanted: list[ColumnElement[bool]] = [table.c[key].in_(sorted(of, key=str)) for key, of in counted.items()]
    return table, [*wanted, tallies.c.archived.is_(split[0])] if split else wanted


HELD = select(
    tallies.c.workflow,
    tallies.c.archived,
    total(tallies.c.runs).label("runs"),
    total(tallies.c.size_bytes).label("size_bytes"),
).group_by(tallies.c.workflow, tallies.c.archived)
"""What the runs of each workflow take where they are stored; those in the archive apart."""


def workflows(connection: Connection, within: Query = EVERYTHING) -> list[Workflow]:
    """Workflows that have runs, by id: counters, and one seek for each; within a query from its runs."""
    if within == EVERYTHING:
        newest = select(func.max(runs.c.started)).where(runs.c.workflow == tallies.c.workflow).scalar_subquery()
        counted = _by_two(tallies.c.workflow, tallies.c.status, func.sum(tallies.c.runs))
        began = select(tallies.c.workflow, newest).group_by(tallies.c.workflow)
    else:
        counted = _by_two(runs.c.workflow, runs.c.status, func.count()).where(where(within))
        began = select(runs.c.workflow, func.max(runs.c.started)).where(where(within)).group_by(runs.c.workflow)
    found: dict[str, dict[str, int]] = {}
    for workflow, status, count in connection.execute(counted):
        found.setdefault(workflow, {})[status] = count
    last_run = {id: t for id, t in connection.execute(began)}
    shown = ("running", "waiting", "lost", "completed", "failed", "cancelled")
    return [
        Workflow(
            id=id,
            runs=sum(by_status.values()),
            last_run=last_run.get(id),
            **{status: by_status.get(status, 0) for status in shown},
        )
        for id, by_status in sorted(found.items())
        if any(by_status.values())
    ]


def _by_two(one: Column[str], other: Column[str], count: ColumnElement[int]) -> AnySelect:
    return select(one, other, count).group_by(one, other)


_by_status = select(tallies.c.status, func.sum(tallies.c.runs), func.sum(tallies.c.size_bytes)).group_by(
    tallies.c.status
)
_money_of_day = select(*map(total, money_columns(rollups))).where(rollups.c.day == bindparam("day"))


_damaged = select(func.count()).select_from(damage)
TOTALS = (_by_status, _money_of_day, _damaged)
"""What `totals` asks of the whole store; of the second, `day` is bound."""


def totals(connection: Connection, within: Query = EVERYTHING) -> Totals:
    """Counters of the whole store, in three short statements; or of the runs that match."""
    today = now()[:10]
    if within == EVERYTHING:
        rows = connection.execute(_by_status).all()
        spent = connection.execute(_money_of_day, {"day": today}).one()
        damaged = connection.execute(_damaged).scalar_one()
    else:
        rows = connection.execute(_by_status_within(within)).all()
        spent = connection.execute(_spent_since(today, within)).one()
        of_runs = runs.join(damage, damage.c.run == runs.c.id)
        damaged = connection.execute(select(func.count()).select_from(of_runs).where(where(within))).scalar_one()
    return totals_of(rows, spent, damaged)


def _by_status_within(within: Query) -> AnySelect:
    counted = within.counted()
    if counted is None:
        sums = select(runs.c.status, func.count(), func.sum(runs.c.size_bytes))
        return sums.where(where(within)).group_by(runs.c.status)
    c = counters.c
    sums = select(c.status, func.sum(c.runs), func.sum(c.size_bytes)).group_by(c.status)
    return sums.where(*(c[key].in_(sorted(known, key=str)) for key, known in counted.items()))


def _spent_since(day: str, within: Query) -> AnySelect:
    """Money of calls since the beginning of a day (UTC), of runs that were active since."""
    of_run = runs.join(costs, costs.c.run == runs.c.id)
    return select(*call_money()).select_from(of_run).where(runs.c.last_event >= day, costs.c.t >= day, where(within))
