"""Runs that are known not to be in sight: what happens to them need not be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...core.feed import Changes

MOST = 10_000
"""So many are known at once; then it begins anew."""


class Unseen:
    """Of a list in which a known run keeps its place: those that changed outside the window, and those removed."""

    def __init__(self) -> None:
        self._outside: set[str] = set()
        self._gone: set[str] = set()

    def clear(self) -> None:
        """Nothing is known any more."""
        self._outside.clear()
        self._gone.clear()

    def note(self, changes: Changes, index: Callable[[str], int | None]) -> None:
        """Takes note of changes that were looked at; `index` tells where a run is in the window."""
        if len(self._outside) + len(self._gone) > MOST:
            self.clear()
        self._outside.update(run for run in changes.changed if index(run) is None)
        self._outside.difference_update(changes.removed)  # what was deleted may come back
        self._gone.difference_update(changes.changed)
        self._gone.update(changes.removed)

    def touched(self, held: Iterable[str]) -> Callable[[Changes], bool]:
        """Whether changes can show where these runs are held; the answer may be asked for in a thread."""
        seen, outside, gone = frozenset(held), frozenset(self._outside), frozenset(self._gone)
        return lambda changes: (
            any(run in seen or run not in outside for run in changes.changed)
            or any(run in seen or run not in gone for run in changes.removed)
        )
