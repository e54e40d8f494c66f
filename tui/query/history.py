"""Going through the queries that were typed before, with up and down."""

from __future__ import annotations

from collections.abc import Sequence


class History:
    """What was typed before, the newest first; what is being typed waits at its end.

    Only queries are met that begin as what was being typed when the person first went up.
    """

    def __init__(self) -> None:
        self._kept: Sequence[str] = ()
        self._draft = ""
        self._at = -1

    @property
    def recalling(self) -> bool:
        """Whether an older query is shown."""
        return self._at >= 0

    def older(self, text: str, kept: Sequence[str]) -> str | None:
        """The next older one of `kept`; None if there is none. `text` is what stands there now."""
        if not self.recalling:
            self._draft, self._kept = text, kept
        return self._step(range(self._at + 1, len(self._kept)), text)

    def newer(self, text: str) -> str | None:
        """The next newer one, at last what was being typed; None if that stands there."""
        if not self.recalling:
            return None
        found = self._step(range(self._at - 1, -1, -1), text)
        if found is None:
            self._at, found = -1, self._draft
        return found

    def leave(self) -> None:
        """What stands there is changed: it is what is being typed now."""
        self._at = -1

    def _step(self, places: range, text: str) -> str | None:
        for place in places:
            found = self._kept[place]
            if found != text and found.startswith(self._draft):
                self._at = place
                return found
        return None
