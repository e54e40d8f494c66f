"""What place 3 reads: one sum for the axis that is on and one for the plot, and of these only what is not known yet."""

from typing import NamedTuple

from ...core.feed import news
from ...core.runs import Totals
from ...core.store import Store
from ..glyphs import Glyphs
from .page import Asked, CostPage, Order
from .plot import Span, Stack, StackBy, stacked


class Wanted(NamedTuple):
    """What is to be shown."""

    asked: Asked
    order: Order
    span: Span | None
    """What is plotted; None while nobody sees a plot."""
    stack_by: StackBy


class Found(NamedTuple):
    """What one reading brought."""

    cursor: int
    totals: Totals
    page: CostPage
    stack: Stack | None = None
    """What is plotted; None while nobody sees a plot."""


def read(store: Store, before: Found | None, wanted: Wanted, glyphs: Glyphs) -> Found | None:
    """Reads what is wanted, after what was found before; None if that is all of it. To be called in a thread."""
    cursor, moved = news(store.feed, before.cursor if before else None)
    if before is None or moved or wanted.asked != before.page.asked:
        return _whole(store, cursor, None if moved else before, wanted, glyphs)
    if wanted.order is not before.page.order:
        return before._replace(cursor=cursor, page=before.page.resorted(wanted.order))
    if not _is_stack_of(before.stack, wanted):
        return before._replace(cursor=cursor, stack=_stacked(store, wanted))
    return None if cursor == before.cursor else before._replace(cursor=cursor)


def _whole(store: Store, cursor: int, before: Found | None, wanted: Wanted, glyphs: Glyphs) -> Found:
    """Everything; but the plot of the same runs stays, of which `before` is None if they have changed."""
    asked = wanted.asked
    with store.moment():
        page = CostPage(asked, store.runs.costs(asked.by, asked.query, since=asked.since), wanted.order, glyphs)
        same = before is not None and before.page.asked.query == asked.query and _is_stack_of(before.stack, wanted)
        kept = before.stack if same and before else None
        return Found(cursor, store.runs.totals(), page, kept or _stacked(store, wanted))


def _stacked(store: Store, wanted: Wanted) -> Stack | None:
    span, by = wanted.span, wanted.stack_by
    if span is None:
        return None
    return stacked(store.runs.spending(span.every, by, wanted.asked.query, since=span.since), span, by)


def _is_stack_of(stack: Stack | None, wanted: Wanted) -> bool:
    if wanted.span is None or stack is None:
        return wanted.span is None and stack is None
    return stack.asked == wanted.span and stack.by == wanted.stack_by
