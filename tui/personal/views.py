"""Where a person was: place, filter, order and groups, one view after the other, to go back and forth between them."""

from __future__ import annotations

from typing import Any, NamedTuple

MOST = 100
"""Views that are held."""
_PASSING = ("run", "unfolded", "preview")
"""What changes without another view being there."""


class Seen(NamedTuple):
    """A view: a place, and what was shown there."""

    place: str
    shown: dict[str, Any]

    def is_like(self, other: Seen) -> bool:
        """Whether nobody would take it for another view."""
        return self.place == other.place and self._lasting() == other._lasting()

    def _lasting(self) -> dict[str, Any]:
        return {key: value for key, value in self.shown.items() if key not in _PASSING}


class Views:
    """The views in the order in which they were looked at, and which of them is on."""

    def __init__(self) -> None:
        self._seen: list[Seen] = []
        self._at = -1

    def note(self, now: Seen) -> None:
        """This is what is on screen: a new view if it is not the one that was; those after it are forgotten then."""
        if self._at >= 0 and self._seen[self._at].is_like(now):
            self._seen[self._at] = now
            return
        self._seen = [*self._seen[: self._at + 1], now][-MOST:]
        self._at = len(self._seen) - 1

    def step(self, by: int, *, beyond: bool = False) -> Seen | None:
        """The view before or after, which is on from now on; None if there is none.

        `beyond`: what is on screen is none of them, but was come to from the last one.
        """
        at = self._at if beyond and by < 0 else self._at + by
        if not 0 <= at < len(self._seen):
            return None
        self._at = at
        return self._seen[at]
