"""A place deep in a list of several parts, found by counting along the index of each.

If each part takes a step of `rows` divided by the number of parts, the one whose step ends first in the order has
passed no row but such as are among the first `rows` of all: that part is moved on. So the parts come to the place in
few steps, each of which counts what it passes, and no run is read but those at the end.
"""

from collections.abc import Sequence
from typing import Any

from ...core.pages import Sort
from ...core.query.query import Query
from ...core.runs import Run
from ..sql.run_pages import cursor_of
from ..sql.run_places import place_of
from .joined_pages import Ask, in_order, order_key

_READ = 100  # rows that are read at the end


def cursor_after(parts: Sequence[Ask[Any]], query: Query, sort: Sort, rows: int, after: str | None) -> str | None:
    """See `RunRepository.cursor_after`; `rows` is positive."""
    cursors: dict[int, str | None] = dict.fromkeys(range(len(parts)), after)
    while rows > _READ and rows >= len(parts):
        step = rows // len(parts)
        steps = {at: _end(parts[at], query, sort, step, cursor) for at, cursor in cursors.items()}
        reached = {at: end for at, end in steps.items() if end is not None}
        if not reached:
            return None  # what all have left is not more than is asked for
        last = (max if sort.descending else min)(reached, key=lambda at: _key(reached[at], sort))
        cursors[last] = reached[last]
        rows -= step
    ahead = (_next(parts[at], query, sort, rows, cursor) for at, cursor in cursors.items())
    found = in_order((run for some in ahead for run in some), sort)
    if len(found) <= rows:
        return None
    # What was passed over in one part may lie behind what is left of another.
    passed = [cursor for cursor in cursors.values() if cursor is not None and cursor != after]
    ends = [cursor_of(found[rows - 1], sort, "after", query), *passed]
    return (min if sort.descending else max)(ends, key=lambda cursor: _key(cursor, sort))


def _end(part: Ask[str | None], query: Query, sort: Sort, rows: int, after: str | None) -> str | None:
    return part(lambda runs: runs.cursor_after(query, sort, rows, after=after))


def _next(part: Ask[list[Run]], query: Query, sort: Sort, rows: int, after: str | None) -> list[Run]:
    return part(lambda runs: runs.query(query, sort, limit=rows + 1, after=after).items) or []


def _key(cursor: str, sort: Sort) -> tuple[bool, Any, str]:
    place = place_of(cursor, sort, None)
    assert place is not None
    return order_key(place.value, place.id, sort)
