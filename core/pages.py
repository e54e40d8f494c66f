"""Pages by keyset: how a list of any length is read a window at a time."""

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Any, Generic, Literal, TypeVar

import msgspec

from .errors import StorageError
from .progress import go_on

T = TypeVar("T")

ALL = 2**62
"""A limit that is none."""


class Page(msgspec.Struct, Generic[T], kw_only=True, frozen=True):
    """A window of a list. Cursors are opaque texts that stay good while rows come and go."""

    items: list[T]
    next: str | None = None
    """Pass as `after` for the window that follows; None when the list ends here."""
    previous: str | None = None
    """Pass as `before` for the window that precedes; None when the list begins here."""


def each(page: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """Everything of a list, read a page at a time: `each(lambda after: runs.notes(run, after=after))`.

    Stopped between two pages, if somebody asked for that.
    """
    after: str | None = ""
    while after is not None:
        go_on()
        found = page(after or None)
        yield from found.items
        after = found.next


def to_cursor(*place: str | int) -> str:
    """A cursor just behind what has this place in its list."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def from_cursor(cursor: str, *kinds: type[str] | type[int]) -> list[Any]:
    """The place that a cursor was made of, values of these kinds; StorageError if it is of no such list."""
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[Any])
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        place = []
    if list(map(type, place)) != list(kinds) or any(type(one) is int and abs(one) > ALL * 2 - 1 for one in place):
        raise StorageError(f"{cursor[:60]!r} is not a cursor of this list", advice="begin again with the first page")
    return place


SortField = Literal[
    "started",
    "finished",
    "last_event",
    "took",
    "tokens",
    "cost",
    "size",
    "workflow",
    "name",
    "status",
    "steps",
    "events",
    "errors",
]


class Sort(msgspec.Struct, kw_only=True, frozen=True):
    """An order of runs. Ties go by run id in the same direction; unknown values come last both ways."""

    field: SortField = "started"
    descending: bool = True
