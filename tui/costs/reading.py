"""What place 3 reads: one sum for the axis that is on and one for the plot, and of these only what is not known yet."""

from collections.abc import Sequence
from typing import NamedTuple

from ...core.costs import CostGroup
from ...core.feed import news
from ...core.runs import Totals
from ...core.store import Store
from ..glyphs import Glyphs
from .page import Asked, CostPage, Order
from .plot import Stack, StackBy, stacked
from .spans import Wish, first_of, span_of


class Wanted(NamedTuple):
    """What is to be shown."""

    asked: Asked
    order: Order
    wish: Wish | None
    """What is plotted; None while nobody sees a plot."""
    stack_by: StackBy


class Found(NamedTuple):
    """What one reading brought."""

    cursor: int
    totals: Totals
    page: CostPage
    stack: Stack | None = None
    """What is plotted; None while nobody sees a plot."""
    wish: Wish | None = None
    """What it was made for."""


def read(store: Store, before: Found | None, wanted: Wanted, glyphs: Glyphs) -> Found | None:
    """Reads what is wanted, after what was found before; None if that is all of it. To be called in a thread."""
    cursor, moved = news(store.feed, before.cursor if before else None)
    if before is None or moved or wanted.asked != before.page.asked:
        return _whole(store, cursor, None if moved else before, wanted, glyphs)
    if wanted.order is not before.page.order:
        return before._replace(cursor=cursor, page=before.page.resorted(wanted.order))
    if not _has_stack(before, wanted):
        return before._replace(cursor=cursor, stack=_stacked(store, wanted, before.page), wish=wanted.wish)
    return None if cursor == before.cursor else before._replace(cursor=cursor)


def _whole(store: Store, cursor: int, before: Found | None, wanted: Wanted, glyphs: Glyphs) -> Found:
    """Everything; but the plot of the same runs stays, of which `before` is None if they have changed."""
    asked = wanted.asked
    with store.moment():
        page = CostPage(asked, store.runs.costs(asked.by, asked.query, since=asked.since), wanted.order, glyphs)
        same = before is not None and before.page.asked.query == asked.query and _has_stack(before, wanted)
        kept = before.stack if same and before else None
        return Found(cursor, store.runs.totals(), page, kept or _stacked(store, wanted, page), wanted.wish)


def _stacked(store: Store, wanted: Wanted, page: CostPage) -> Stack | None:
    """The plot beside a page: when anything was spent first, its days tell, if it is of all days."""
    wish, by, query = wanted.wish, wanted.stack_by, wanted.asked.query
    if wish is None:
        return None
    days: Sequence[CostGroup] = ()
    if wish.is_all:
        days = page.groups if page.asked.by == "day" else store.runs.costs("day", query)
    span = span_of(wish, first_of((group.key for group in days), wish.today))
    return stacked(store.runs.spending(span.every, by, query, since=span.since), span, by)


def _has_stack(found: Found, wanted: Wanted) -> bool:
    return found.wish == wanted.wish and (found.stack is None or found.stack.by == wanted.stack_by)
