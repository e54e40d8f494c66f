"""Runs by session or project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ...core.pages import ALL
from ...core.query.query import EVERYTHING, Query, equals
from ...core.runs import Group

if TYPE_CHECKING:
    from ...core.store import Store

Grouping = Literal["", "session", "project"]
"""What runs are grouped by; empty: they are not."""

GROUPINGS: tuple[Grouping, ...] = ("", "session", "project")


def groups_of(store: Store, by: Grouping, query: Query = EVERYTHING, runs: int | None = None) -> list[Group]:
    """Sessions or projects of the runs that match, most recently active first; then, without a name, the runs that
    belong to none. Of all runs that is kept; of those of a query, which are so many, it takes a look at each."""
    groups = (store.runs.projects if by == "project" else store.runs.sessions)(query, limit=ALL).items
    rest = (store.runs.totals().runs if runs is None else runs) - sum(group.runs for group in groups)
    return [*groups, Group(id="", runs=rest)] if rest > 0 else groups


def within(query: Query, by: Grouping, id: str) -> Query:
    """The runs of a query that belong to a session or project, or (empty id) to none."""
    return query & equals(by, id)
