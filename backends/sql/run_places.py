"""Where a page of runs begins: places between two rows of a sorted list, and the cursors that tell them.

A place is the sort value and id of a row, and which side of it is meant. It stays good while rows
come and go, and finding it costs the same at any depth.
"""

import base64
import binascii
from typing import Literal, NamedTuple

import msgspec

from ...core.errors import StorageError
from ...core.pages import Sort, SortField

Side = Literal["before", "after"]


class PlaceKind(NamedTuple):
    """What of a place decides which statement reads on from it."""

    known: bool
    """Whether the sort value is known there."""
    side: Side


class Place(msgspec.Struct, array_like=True, frozen=True):
    """A place in a sorted list, directly before or after a row that may be gone by now."""

    field: SortField
    descending: bool
    side: Side
    value: str | int | float | None
    id: str
    query: str = ""
    """Text of the query whose list this is; empty: good for any."""

    @property
    def kind(self) -> PlaceKind:
        """Which statement reads on from here."""
        return PlaceKind(self.value is not None, self.side)

    def cursor(self) -> str:
        """The place as an opaque text."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


_decoder = msgspec.json.Decoder(Place)


def place_of(cursor: str | None, sort: Sort, query: str | None) -> Place | None:
    """The place that a cursor means; StorageError if it is none, or of another query (None: any) or sort."""
    if cursor is None:
        return None
    try:
        place = _decoder.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise StorageError(f"{cursor[:60]!r} is not a cursor", advice="begin again with the first page") from error
    of_another = place.query and query is not None and place.query != query
    if of_another or (place.field, place.descending) != (sort.field, sort.descending):
        raise StorageError("the cursor is of another list", advice="begin again with the first page")
    return place
