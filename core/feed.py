"""What changed in a store since somebody looked."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from .repositories import FeedRepository


class Changes(msgspec.Struct, kw_only=True, frozen=True):
    """Runs that are new or different, runs that are gone, and the cursor for the next question."""

    cursor: int
    changed: tuple[str, ...] = ()
    """Ids of runs added or changed; may name a run that did not change, never misses one that did."""
    removed: tuple[str, ...] = ()
    more: bool = False
    """True when there is more than was returned: ask again at once."""


class Watch(Protocol):
    """A running watch; stop it with `close()`."""

    @property
    def mode(self) -> Literal["watching", "polling"]:
        """`polling` where file notices are not to be had."""
        ...

    @property
    def problem(self) -> str:
        """What keeps the watch from seeing the store now (`the data directory is gone`); empty if nothing."""
        ...

    def close(self) -> None:
        """Stops it and waits for its thread (at most a second). May be called twice."""
        ...


def news(feed: FeedRepository, since: int | None) -> tuple[int, bool]:
    """The cursor of the present, and whether anything changed after `since`; to who never asked all is new."""
    if since is None:
        return feed.cursor(), True
    while True:
        changes = feed.changes(since)
        if changes.changed or changes.removed:
            return feed.cursor() if changes.more else changes.cursor, True
        if not changes.more:
            return changes.cursor, False
        since = changes.cursor  # all of these were another session's


def news_of(feed: FeedRepository, since: int | None, runs: Collection[str]) -> tuple[int, bool]:
    """The cursor of the present, and whether one of these runs changed or went after `since`; None: all is new."""
    if since is None:
        return feed.cursor(), True
    more, named = True, False
    while more:
        changes = feed.changes(since)
        named = named or any(run in runs for run in (*changes.changed, *changes.removed))
        since, more = changes.cursor, changes.more
    return since, named
