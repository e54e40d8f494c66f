"""How the run list was left, as plain values, and how it is so again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..personal.leaving import one_of, sort_of
from .groups import GROUPINGS

if TYPE_CHECKING:
    from ...core.query.query import Query
    from .run_list import RunList

UNFOLDED = 100
"""Groups of which it is remembered that they were unfolded."""


def left(found: RunList) -> dict[str, Any]:
    """The filter, the order, the groups and folds, and the run under the cursor."""
    return {
        "query": found.query.text,
        "sort": found.sort.field,
        "descending": found.sort.descending,
        "group": found.grouping,
        "unfolded": sorted(found.unfolded)[:UNFOLDED],
        "run": found.cursor,
    }


def take_up(found: RunList, kept: dict[str, Any], query: Query) -> None:
    """Is as it was left, under this query; the cursor cannot go to its run before that is read."""
    found.set_query(query)
    found.set_sort(sort_of(kept) or found.sort)
    found.set_grouping(one_of(kept.get("group"), GROUPINGS) or "")
    found.following = found.following or kept.get("following") is True
    if isinstance(unfolded := kept.get("unfolded"), list):
        found.unfold(head for head in unfolded if isinstance(head, str))
