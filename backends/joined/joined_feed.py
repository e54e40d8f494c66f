"""`FeedRepository` over several parts."""

import threading
from collections.abc import Callable
from typing import Literal

from ...core.feed import Changes, Watch
from ...core.repositories import FeedRepository
from ...core.store import Reading
from .parts import Part, Parts

_BITS = 63  # of a part's own cursor


class JoinedFeed(FeedRepository):
    """Changes of all parts. A cursor holds those of the parts, the store's own in its lowest bits.

    A source that cannot be read stands still: when it can be again, all that happened meanwhile is told.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def cursor(self) -> int:
        # One that cannot be read begins at 0, so that all its runs are told when it comes.
        others = (part.ask(lambda reading: reading.feed.cursor()) or 0 for part in self._parts.sources)
        return _packed([self._parts.own.feed.cursor(), *others])

    def changes(self, since: int, *, limit: int = 5000) -> Changes:
        cursors = _unpacked(since, 1 + len(self._parts.sources))
        found = [self._parts.own.feed.changes(cursors[0], limit=limit)]
        for part, cursor in zip(self._parts.sources, cursors[1:], strict=True):
            found.append(_changes(part, cursor, limit))
        return Changes(
            cursor=_packed([changes.cursor for changes in found]),
            changed=tuple(run for changes in found for run in changes.changed),
            removed=tuple(run for changes in found for run in changes.removed),
            more=any(changes.more for changes in found),
        )

    def watch(self, on_change: Callable[[], None]) -> Watch:
        return JoinedWatch(self._parts, on_change)


def _changes(part: Part, since: int, limit: int) -> Changes:
    found = part.ask(lambda reading: reading.feed.changes(since, limit=limit))
    return Changes(cursor=since) if found is None else found


def _packed(cursors: list[int]) -> int:
    return sum(cursor << (_BITS * place) for place, cursor in enumerate(cursors))


def _unpacked(cursor: int, count: int) -> list[int]:
    return [(cursor >> (_BITS * place)) & ((1 << _BITS) - 1) for place in range(count)]


class JoinedWatch:
    """Watches all parts. A source that comes later is watched from the next notice on (at most a few seconds)."""

    def __init__(self, parts: Parts, on_change: Callable[[], None]) -> None:
        self._parts, self._on_change = parts, on_change
        self._watches: dict[Part, Watch] = {}
        self._lock, self._closed = threading.Lock(), False
        self._begin()
        self._own = parts.own.feed.watch(self._noticed)

    @property
    def mode(self) -> Literal["watching", "polling"]:
        """`polling` where file notices are not to be had for one of the parts."""
        watches = (self._own, *self._watches.values())
        return "watching" if all(watch.mode == "watching" for watch in watches) else "polling"

    @property
    def problem(self) -> str:
        """What keeps the store's own runs or those of a source from being seen; empty if nothing."""
        seen = (watch.problem and f"source {part.path.name}: {watch.problem}" for part, watch in self._seen())
        return self._own.problem or self._parts.problem or next(filter(None, seen), "")

    def close(self) -> None:
        """Stops all. May be called twice."""
        with self._lock:
            self._closed = True
            watches = list(self._watches.values())
        self._own.close()
        for watch in watches:
            watch.close()

    def _seen(self) -> list[tuple[Part, Watch]]:
        return list(self._watches.items())

    def _noticed(self) -> None:
        self._begin()
        self._on_change()

    def _begin(self) -> None:
        for part in self._parts.sources:
            if part not in self._watches and not self._closed:
                watch = part.ask(self._watch)
                if watch is not None and not self._keeps(part, watch):
                    watch.close()

    def _keeps(self, part: Part, watch: Watch) -> bool:
        """Whether all are still watched: to open a source may take long, and who closes does not wait for that."""
        with self._lock:
            if not self._closed:
                self._watches[part] = watch
            return not self._closed

    def _watch(self, reading: Reading) -> Watch:
        return reading.feed.watch(self._on_change)
