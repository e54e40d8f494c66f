"""What place 4 reads: the level that is shown, and nothing while nothing changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...core.errors import NotFound, NotSupported
from ...core.feed import news

if TYPE_CHECKING:
    from ...core.runs import Totals
    from ...core.space import Sorting, Space
    from ...core.store import Store

PAGE = 500
"""So many runs are read at first; more when the end of these comes into sight."""

Names = tuple[str, ...]
"""Names of what one looked into, from the outside in."""


class Wanted(NamedTuple):
    """What is to be shown."""

    path: Names
    sort: Sorting
    limit: int


class Found(NamedTuple):
    """What one reading brought."""

    cursor: int
    totals: Totals
    space: Space
    sort: Sorting
    limit: int


class Refused(NamedTuple):
    """Why nothing can be told here: of one session's store."""

    error: NotSupported


Read = Found | Refused | None
"""What is new, why nothing can be told, or that nothing is new."""


def read(store: Store, before: Found | None, wanted: Wanted) -> Read:
    """Reads what is wanted, after what was found before. To be called in a thread."""
    cursor, moved = news(store.feed, before.cursor if before else None)
    if before is not None and not moved and (path_of(before.space), before.sort, before.limit) == wanted:
        return None if cursor == before.cursor else before._replace(cursor=cursor)
    try:
        return Found(cursor, store.runs.totals(), _look(store, wanted), wanted.sort, wanted.limit)
    except NotSupported as error:
        return Refused(error)


def path_of(space: Space) -> Names:
    """Where a level lies."""
    return tuple(node.name for node in space.path[1:])


def _look(store: Store, wanted: Wanted) -> Space:
    """What lies there, or, if that is gone, what it lay in."""
    path = wanted.path
    while path:
        try:
            return store.upkeep.space(path, sort=wanted.sort, limit=wanted.limit)
        except NotFound:
            path = path[:-1]
    return store.upkeep.space(sort=wanted.sort, limit=wanted.limit)
