"""How far a long piece of work has come: said by who works, looked at by who shows it."""

import time
from typing import NamedTuple


class Standing(NamedTuple):
    """Where a piece of work stands."""

    done: int
    total: int
    seconds: float
    """Since it began."""
    what: str = ""
    """The work, where there is more than one kind: `carrying`; or `bytes`, where it is these that are counted."""

    @property
    def left(self) -> float | None:
        """Seconds that are left if it goes on as it went; None before anything is done."""
        return self.seconds / self.done * (self.total - self.done) if self.done else None


class Progress:
    """One thread works and says so; any may look. Nothing waits for anything."""

    def __init__(self) -> None:
        self._at: tuple[int, int, float, str] | None = None  # replaced as one object, so that no half of it is seen

    def begin(self, total: int, what: str = "") -> None:
        """A piece of work begins that has so many parts."""
        self._at = (0, total, time.monotonic(), what)

    def reach(self, done: int) -> None:
        """So many parts of it are done."""
        if self._at is not None:
            self._at = (done, *self._at[1:])

    def end(self) -> None:
        """It is over, however it ended."""
        self._at = None

    def look(self) -> Standing | None:
        """Where it stands; None if nothing is under way."""
        at = self._at
        return None if at is None else Standing(at[0], at[1], time.monotonic() - at[2], at[3])
