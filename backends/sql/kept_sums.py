"""Sums of costs that are kept: for which questions they are the answer, so that neither runs nor calls are read."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Table, func
from sqlalchemy.sql.visitors import replacement_traverse

from ...core.query.query import EVERYTHING, Query
from .query_sql import where
from .tables import rollups, runs, spent

_SAME: dict[Table, dict[str, tuple[Column[Any], ColumnElement[Any]]]] = {
    rollups: {
        "workflow": (runs.c.workflow, rollups.c.workflow),
        "version": (runs.c.version, func.nullif(rollups.c.version, -1)),
    },
    spent: {key: (runs.c[key], spent.c[key]) for key in ("session", "project")},
}
"""What tables of sums know of the runs they are of, by the keys of queries: the runs' columns, and their own."""


def kept_of(table: Table, query: Query, since: str = "") -> list[ColumnElement[bool]] | None:
    """The conditions under which the sums of a table are those of the runs that match; None if it does not tell these
    from others, or not what was spent since then (a day or time).

    A query for a model, an agent or a day of calls is for runs that made such a call, and these made others too.
    """
    if len(since) > len("2026-11-20") or (since and table is not rollups):
        return None
    made = [rollups.c.day >= since] if since else []
    if query == EVERYTHING:
        return made
    same = _SAME[table]
    if not query.keys() <= same.keys():
        return None
    columns = dict(same.values())
    return [*made, replacement_traverse(where(query), {}, lambda element, **_: columns.get(element))]
