"""Pages of several lists as one list.

A cursor is a place in the order, not in a table: every part reads on from the same one. So a page of the whole is
made of one page of each part, whatever the depth and however many runs a part has.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from ...core.pages import Page, Sort, from_cursor, to_cursor
from ...core.query.query import Query
from ...core.repositories import RunRepository
from ...core.runs import Run
from ..sql.keyset import value_of
from ..sql.run_pages import cursor_of
from ..sql.run_places import Side

T = TypeVar("T")

Ask = Callable[[Callable[[RunRepository], T]], T | None]
"""Asks one part; None if it cannot be read."""


def joined(pages: Sequence[Page[Run]], query: Query, sort: Sort, *, limit: int, forward: bool) -> Page[Run]:
    """The page of the whole list; `pages` are those of its parts, all read from one place with one limit."""
    rows = in_order((run for page in pages for run in page.items), sort)
    shown = rows[:limit] if forward else rows[-limit:]
    cut = len(rows) > limit
    follows = any(page.next for page in pages) or (cut and forward)
    precedes = any(page.previous for page in pages) or (cut and not forward)
    if not shown:
        # Nothing lies beyond the place; what lies behind it, any part that has it says.
        return Page(
            items=[],
            next=next((page.next for page in pages if page.next), None),
            previous=next((page.previous for page in pages if page.previous), None),
        )

    def at(run: Run, side: Side) -> str:
        return cursor_of(run, sort, side, query)

    return Page(
        items=shown,
        next=at(shown[-1], "after") if follows else None,
        previous=at(shown[0], "before") if precedes else None,
    )


def one_after_another(
    parts: Sequence[Ask[Any]], question: Callable[..., Page[T]], limit: int, after: str | None
) -> Page[T]:
    """A page of lists that follow one another, for what has no order in common: part by part, each in its own."""
    limit = max(limit, 1)
    begin, place = from_cursor(after, int, str) if after is not None else (0, "")
    found: list[T] = []
    for number, ask in enumerate(parts):
        if number < begin:
            continue
        wanted, at = max(limit - len(found), 1), place if number == begin else ""
        page: Page[T] | None = ask(partial(question, limit=wanted, after=at or None))
        if page is None or not page.items:
            continue
        if len(found) == limit:
            return Page(items=found, next=to_cursor(number, ""))
        found += page.items
        if page.next is not None:
            return Page(items=found, next=to_cursor(number, page.next))
    return Page(items=found)


def in_order(runs: Any, sort: Sort) -> list[Run]:
    """Runs in the order that an index has them in: ties by id, unknown values last both ways."""

    def key(run: Run) -> tuple[bool, Any, str]:
        return order_key(value_of(run, sort.field), run.id, sort)

    return sorted(runs, key=key, reverse=sort.descending)


def order_key(value: str | int | float | None, id: str, sort: Sort) -> tuple[bool, Any, str]:
    """What a sort value and an id are sorted by; with a descending sort, backwards."""
    return (value is not None) is sort.descending, 0 if value is None else value, id
