"""The rows of a batch as a few pages of many: what is read follows what is in sight, however many there are."""

from typing import NamedTuple

from ...core.errors import Corrupt, NotFound, NotSupported
from ...core.events import ItemChanged, ItemStatus, decode
from ...core.repositories.runs import RunRepository
from ...core.runs import Item, Retry, Run

PAGE = 200
"""Rows of a page."""

KEPT = 4
"""Pages that are held at once."""

SEARCHED = 2000
"""Events that are looked through for what a row went through."""


OTHERS: tuple[ItemStatus, ...] = ("processing", "pending", "completed", "skipped")
"""Statuses, beside failed, that rows can be picked by."""


class Place(NamedTuple):
    """Which pages are in sight."""

    status: ItemStatus | None = None
    """Rows that stand so alone."""
    starts: tuple[str | None, ...] = (None,)
    """Cursors of the pages passed so far, the first one in sight last."""
    pages: int = 1
    """How many are in sight."""


class History(NamedTuple):
    """What a row went through."""

    events: tuple[ItemChanged, ...] = ()
    problem: str = ""
    """Why it cannot be read."""


class Rows(NamedTuple):
    """The rows in sight."""

    place: Place = Place()
    picked: bool = False
    """Whether it was asked for the next status of which there are rows, and this is that place."""
    standing: int | None = None
    """How many rows stand as these do; None where that is nobody's question, or too many to be counted."""
    items: tuple[Item, ...] = ()
    second: str | None = None
    """Cursor of the second page in sight."""
    next: str | None = None
    """Cursor of the page behind the last one in sight."""
    retries: dict[int, Retry] = {}
    """What the next attempt made of failed rows."""
    histories: dict[int, tuple[int, History]] = {}
    """Of rows that are unfolded: `last_seq` at which it was read, and what was."""


def read_rows(runs: RunRepository, run: str, place: Place) -> Rows:
    """The rows of a place, read in one or two pages and one more for their retries."""
    start = place.starts[-1]
    page = runs.items(run, status=place.status, limit=PAGE, after=start)
    items, second, following = list(page.items), page.next, page.next
    if second and place.pages > 1:
        rest = runs.items(run, status=place.status, limit=PAGE * (place.pages - 1), after=second)
        items, following = [*items, *rest.items], rest.next
    failed = sum(item.status == "failed" for item in items)
    retries = runs.retries(run, limit=failed, after=start).items if failed else []
    return Rows(
        place,
        items=tuple(items),
        second=second,
        next=following,
        retries={one.item.row_number: one for one in retries if one.run},
    )


def next_standing(runs: RunRepository, run: str, here: ItemStatus | None) -> ItemStatus | None:
    """The status after this one of which there are rows, failed ones aside; None, which is all of them, after the
    last. Costs a look for each that is passed.
    """
    behind = OTHERS[OTHERS.index(here) + 1 :] if here in OTHERS else OTHERS
    return next((status for status in behind if runs.items(run, status=status, limit=1).items), None)


def counted(runs: RunRepository, run: Run, status: ItemStatus | None) -> int | None:
    """How many rows of a run stand so; None where that needs no counting, or would take long."""
    if status in (None, "failed"):
        return None
    doing = runs.doing([run.id]).get(run.id)
    return doing.items.get(str(status), 0) if doing is not None and doing.items else None


def further_down(rows: Rows) -> Place:
    """The place with one more page below."""
    place = rows.place
    if not rows.next:
        return place
    if place.pages < KEPT or not rows.second:
        return place._replace(pages=place.pages + 1)
    return place._replace(starts=(*place.starts, rows.second))


def further_up(place: Place) -> Place:
    """The place with one more page above."""
    if len(place.starts) == 1:
        return place
    return place._replace(starts=place.starts[:-1], pages=min(place.pages + 1, KEPT))


def at_end(runs: RunRepository, run: str, place: Place) -> Place:
    """The last pages. Costs all of them once: cursors lead from page to page."""
    starts: list[str | None] = [None]
    after: str | None = None
    while after := runs.items(run, status=place.status, limit=PAGE, after=after).next:
        starts.append(after)
    last = min(KEPT - 1, len(starts))
    return place._replace(starts=tuple(starts[: len(starts) - last + 1]), pages=last)


def read_history(runs: RunRepository, item: Item) -> History:
    """All that happened to a row, oldest first; of a row that took very long, only the beginning and the end."""
    found: dict[int, ItemChanged] = {}
    try:
        lines = runs.events(item.run, after=item.first_seq - 1, limit=min(item.last_seq - item.first_seq + 1, SEARCHED))
        sign = b"%d" % item.row_number
        for seq, line in lines:
            if seq <= item.last_seq and b'"item"' in line and sign in line:
                _keep(found, seq, decode(line), item)
        if item.last_seq not in found:
            _keep(found, item.last_seq, runs.event(item.run, item.last_seq), item)
    except (Corrupt, NotFound, NotSupported) as error:
        return History(tuple(found.values()), str(error))
    return History(tuple(found.values()))


def _keep(found: dict[int, ItemChanged], seq: int, event: object, item: Item) -> None:
    if isinstance(event, ItemChanged) and event.row_number == item.row_number:
        found[seq] = event
