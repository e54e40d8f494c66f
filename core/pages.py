"""Pages by keyset: how a list of any length is read a window at a time."""

from typing import Generic, Literal, TypeVar

import msgspec

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
