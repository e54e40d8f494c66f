"""The rows of a batch run, and what the next attempt made of those that failed."""

from sqlalchemy import Connection, bindparam, column, select, tuple_
from sqlalchemy import table as some_columns

from ...core.events import ItemStatus
from ...core.pages import Page, from_cursor, to_cursor
from ...core.runs import Item, Retry
from .storable import LARGEST
from .tables import items as table
from .tables import runs

_i = table.c
_ITEM = ("row_number", "status", "attempts", "error", "step", "started", "changed", "first_seq", "last_seq")
_items = (
    select(*(_i[name] for name in _ITEM), _i.rank)
    .where(_i.run == bindparam("run"), tuple_(_i.rank, _i.row_number) > tuple_(bindparam("rank"), bindparam("row")))
    .order_by(_i.rank, _i.row_number)
    .limit(bindparam("limit"))
)
_with_status = _items.where(_i.status == bindparam("status"))


def items(connection: Connection, run: str, status: ItemStatus | None, limit: int, after: str | None) -> Page[Item]:
    """Batch rows, or those with one status: failed ones first, each group by row number."""
    rank, row_number = from_cursor(after, int, int) if after else (-1, 0)
    if status is not None:  # then the rank is known, so that only its stretch of the index is read
        rank, row_number = max((rank, row_number), (-1 if status == "failed" else 0, LARGEST))
    limit = max(limit, 1)
    place = {"run": run, "rank": rank, "row": row_number, "limit": limit + 1, "status": status}
    rows = connection.execute(_items if status is None else _with_status, place).all()
    found = [Item(run=run, **dict(zip(_ITEM, row, strict=False))) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items=found, next=to_cursor(rows[limit - 1].rank, found[-1].row_number) if more else None)


_r = runs.c
_own = some_columns("runs", column("id"), column("attempt")).alias()  # of all its columns it would be 100 kB
_attempt = select(_own.c.attempt).where(_own.c.id == bindparam("run")).scalar_subquery()
_next = (
    select(_r.id)
    .where(_r.parent == bindparam("run"), _r.attempt > _attempt)
    .order_by(_r.attempt, _r.started, _r.id)
    .limit(1)
)
_of_rows = select(*(_i[name] for name in _ITEM)).where(
    _i.run == bindparam("run"), _i.row_number.in_(bindparam("rows", expanding=True))
)
_PART = 500  # rows in one query


def retries(connection: Connection, run: str, limit: int, after: str | None) -> Page[Retry]:
    """The failed rows by number, each with what the next attempt made of it."""
    failed = items(connection, run, "failed", limit, after)
    attempt = connection.scalar(_next, {"run": run})
    again: dict[int, Item] = {}
    wanted = [item.row_number for item in failed.items] if attempt else []
    for begin in range(0, len(wanted), _PART):
        rows = connection.execute(_of_rows, {"run": attempt, "rows": wanted[begin : begin + _PART]})
        again |= {row.row_number: Item(run=str(attempt), **dict(zip(_ITEM, row, strict=True))) for row in rows}
    found = [Retry(item=item, run=attempt, next=again.get(item.row_number)) for item in failed.items]
    return Page(items=found, next=failed.next)
