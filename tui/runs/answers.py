"""Trips to the store for the run list: what one asks, in a thread, and the answer it brings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ...core.feed import Changes
from ...core.query.query import Query
from ...core.runs import Group, Totals
from .groups import Grouping, groups_of
from .window import Part, Read

if TYPE_CHECKING:
    from ...core.store import Store

Ask = Callable[["Store"], "Answer"]


class Answer(NamedTuple):
    """What one trip to the store brought."""

    cursor: int | None = None
    """Where the feed is to be asked from next."""
    changes: Changes | None = None
    totals: Totals | None = None
    groups: list[Group] | None = None
    parts: tuple[tuple[str, Part], ...] = ()
    """Windows' parts by the id of their section's head."""


class Counted(NamedTuple):
    """What a filter shows, of which nothing is kept: all that match are looked at."""

    query: Query
    runs: int
    by: Grouping = ""
    groups: list[Group] | None = None
    """There where they are grouped."""


def counting(query: Query, by: Grouping) -> Callable[[Store], Counted]:
    """Counts the runs that match, and those of each group."""

    def count(store: Store) -> Counted:
        with store.moment():
            runs = store.runs.count(query)
            return Counted(query, runs, by, groups_of(store, by, query, runs) if by else None)

    return count


def of_windows(reads: Sequence[tuple[str, Read]]) -> Ask:
    """Reads parts of windows, by the id of their section's head."""
    return lambda store: Answer(parts=_parts(store, reads))


def refreshing(
    since: int | None,
    by: Grouping,
    reads: Sequence[tuple[str, Read]],
    touched: Callable[[Changes], bool],
    *,
    totals: bool,
) -> Ask:
    """Asks what changed `since`, and reads parts of windows again where that has `touched` them; without it always.

    `totals`: and what all runs come to.
    """

    def ask(store: Store) -> Answer:
        with store.moment():
            changes = store.feed.changes(since) if since is not None else None
            cursor = changes.cursor if changes is not None else store.feed.cursor()
            if changes is not None and not changes.changed and not changes.removed:
                return Answer(cursor=cursor, changes=changes)
            return Answer(
                cursor=cursor,
                changes=changes,
                totals=store.runs.totals() if totals else None,
                groups=groups_of(store, by) if by else None,
                parts=_parts(store, reads) if changes is None or touched(changes) else (),
            )

    return ask


def _parts(store: Store, reads: Sequence[tuple[str, Read]]) -> tuple[tuple[str, Part], ...]:
    return tuple((key, read(store.runs)) for key, read in reads)
