"""What sources have in common asks of a reader of somebody else's data: its index, and its files as they lie there."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from ...core.feed import Watch
from ...core.progress import Progress
from ...core.upkeep import Finding, Removal
from ..sql.database import Database


class ForeignIndex(Protocol):
    """Somebody else's data as runs in query tables, brought up to date by what is new. Thread-safe.

    Whatever reads the data may raise NotFound, Corrupt, Locked or another StorageError.
    """

    path: Path
    """Where the data lie."""
    database: Database
    progress: Progress
    """Of taking in what is new."""

    def refresh(self) -> None:
        """Takes in what is new; asked before every answer, so next to nothing may be spent when nothing is."""
        ...

    def needs_details(self, run: str) -> bool:
        """Whether a run is known of which `details` has something to read. One query over small columns."""
        ...

    def details(self, run: str) -> None:
        """Reads all there is of a run, if that was not done yet, and looks up the prices of its calls."""
        ...

    def shallow(self, cost: int) -> str | None:
        """The newest run that needs details and takes at most so many bytes to read; None if there is none."""
        ...

    def prices(self) -> None:
        """Looks up the prices of all calls that were read and not priced yet."""
        ...


class ForeignFiles(Protocol):
    """The files of somebody else's data, beside our index of them. Thread-safe."""

    def sizes(self) -> dict[str, int]:
        """Bytes by part (`database`, `wal`, …), every part that there may be."""
        ...

    def findings(self) -> Iterator[Finding]:
        """What is to be known of the files themselves; what is damaged in a run is told without them."""
        ...

    def removals(self, run: str | None, within_s: float) -> list[Removal]:
        """As `UpkeepRepository.removals`."""
        ...

    def watch(self, on_change: Callable[[], None]) -> Watch:
        """Calls back when they may have changed."""
        ...
