"""Lists of runs, walked page by page: how a repository answers that cannot count or compare places in its lists."""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Protocol

from ..errors import NotFound
from ..pages import Page
from ..runs import Run

_AT_ONCE = 1000


class Pages(Protocol):
    """One list of runs, by pages."""

    def __call__(self, *, limit: int, after: str | None) -> Page[Run]:
        """The page behind a cursor."""
        ...


def cursor_after(pages: Pages, rows: int, after: str | None) -> str | None:
    """See `RunRepository.cursor_after`."""
    cursor = after
    while rows > 0:
        page = pages(limit=min(rows, _AT_ONCE), after=cursor)
        cursor, rows = page.next, rows - len(page.items)
        if cursor is None:
            return None
    return cursor


def ids_between(pages: Pages, cursor_at: Callable[[str], str], one: str | None, other: str | None) -> list[str]:
    """See `RunRepository.ids_between`; `cursor_at` gives a cursor just before a run of the list, or NotFound."""
    ways = [(one, other)] if one is None or other is None else [(one, other), (other, one)]
    walks = [_walked(pages, None if first is None else cursor_at(first), last) for first, last in ways]
    # A page of each in turn: nobody knows which comes first, and what lies beyond them is not to be read.
    found = next((ids for turn in zip_longest(*walks) for ids in turn if ids is not None), None)
    if found is None:
        raise NotFound("the list has changed, and leads from neither of these runs to the other", where=other)
    return found


def _walked(pages: Pages, after: str | None, last: str | None) -> Iterator[list[str] | None]:
    """The ids from a place on to a run, once that is reached; None for each page before."""
    ids = list[str]()
    while True:
        page = pages(limit=_AT_ONCE, after=after)
        ids += (run.id for run in page.items)
        if (at := next((n for n, run in enumerate(page.items) if run.id == last), None)) is not None:
            yield ids[: len(ids) - len(page.items) + at + 1]
            return
        if (after := page.next) is None:
            break
        yield None
    if last is None:
        yield ids
