"""Runs by session or project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ...core.pages import ALL
from ...core.query.query import Query, equals
from ...core.runs import Group

if TYPE_CHECKING:
    from ...core.store import Store

Grouping = Literal["", "session", "project"]
"""What runs are grouped by; empty: they are not."""

GROUPINGS: tuple[Grouping, ...] = ("", "session", "project")


def groups_of(store: Store, by: Grouping) -> list[Group]:
    """Sessions or projects, most recently active first; then, without a name, the runs that belong to none."""
    groups = (store.runs.projects if by == "project" else store.runs.sessions)(limit=ALL).items
    rest = store.runs.totals().runs - sum(group.runs for group in groups)
    return [*groups, Group(id="", runs=rest)] if rest > 0 else groups


def within(query: Query, by: Grouping, id: str) -> Query:
    """The runs of a query that belong to a session or project, or (empty id) to none."""
    return query & equals(by, id)
