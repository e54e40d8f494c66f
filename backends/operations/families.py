"""Which runs of an operation are parents of others in it, for every shelf whose runs are in query tables."""

from collections.abc import Collection

from sqlalchemy import bindparam, select

from ..sql import tables
from ..sql.database import Database

_AT_ONCE = 500
"""Keys in one query."""


def families(database: Database, runs: Collection[str]) -> dict[str, str]:
    """See `Shelf.families`. A few queries by key."""
    found, keys = dict[str, str](), sorted(runs)
    for begin in range(0, len(keys), _AT_ONCE):
        with database.read() as connection:
            rows = connection.execute(_PARENTS, {"of": keys[begin : begin + _AT_ONCE]}).all()
        found.update((row.id, row.parent) for row in rows if row.parent in runs)
    return found


_runs = tables.runs.c
_PARENTS = select(_runs.id, _runs.parent).where(
    _runs.id.in_(bindparam("of", expanding=True)), _runs.parent.is_not(None)
)
