"""What is new of the versions of a workflow: their runs under way, and how cost and success went lately."""

from collections import Counter
from collections.abc import Sequence

from ...core.query.query import Query, equals
from ...core.runs import Run
from ...core.store import Store
from ...core.version_history import Entry, History

MOST = 40
"""Versions, the newest ones, of which trends are read: two questions each."""

RUNS = 12
"""Finished runs of which the cost is drawn."""

DAYS = 8
LIVE = 500
"""Runs under way that are looked at."""


def with_trends(store: Store, workflow: str, found: History) -> History:
    """The same history with what its versions do now, and lately did."""
    running = _running(store, workflow)
    newest = {entry.number for entry in found.entries[-MOST:]}
    return History([_with_trends(store, workflow, entry, running, newest) for entry in found.entries], found.troubles)


def _with_trends(
    store: Store, workflow: str, entry: Entry, running: Counter[int | None], newest: set[int | None]
) -> Entry:
    entry = entry._replace(running=running[entry.number])
    if entry.number not in newest or entry.outcome is None or not entry.outcome.runs:
        return entry
    runs = store.metrics.newest(workflow, entry.number, limit=RUNS)
    costs = tuple(run.nanousd for run in reversed(runs)) if any(run.calls for run in runs) else ()
    days = store.metrics.trends(workflow, entry.number, days=DAYS) if entry.number is not None else []
    return entry._replace(costs=costs, days=tuple(days))


def _running(store: Store, workflow: str) -> Counter[int | None]:
    of = equals("workflow", workflow)
    under_way = (of & equals("status", status) for status in ("running", "waiting", "paused"))
    return Counter(run.version for query in under_way for run in _runs(store, query))


def _runs(store: Store, query: Query) -> Sequence[Run]:
    return store.runs.query(query, limit=LIVE).items if store.runs.count(query) else []
