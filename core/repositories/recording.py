"""Recording: what an agent writes through."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Protocol

from ..events import AnyEvent, Decision, Event, RunStarted


class RunWriter(Protocol):
    """The one writer of a run: it holds the run's kernel lock until it is closed.

    Thread-safe. After a fork the child's copy is closed.
    """

    @property
    def run(self) -> str:
        """The run's id."""
        ...

    @property
    def last_seq(self) -> int:
        """`seq` of the newest event."""
        ...

    def append(self, event: Event) -> int:
        """Numbers and times the event, appends it, and returns its `seq`.

        When it returns, the event survives the death of the process (`durable`: of the machine).
        Raises StorageError with nothing half-written; Conflict after `run.finished` or `close`.
        """
        ...

    def put_value(self, value: bytes, *, key: str = "", opaque: bool = False) -> str:
        """Stores a checkpoint value (compact JSON, or opaque bytes) once and returns its digest.

        Of a value whose `key` had one that resembles it, only what differs is stored.
        """
        ...

    def history(self, types: frozenset[str]) -> Iterator[AnyEvent]:
        """Events of these types recorded so far, in order: so a recorder that takes a run up learns where it stands.

        StorageError if they cannot be read.
        """
        ...

    def close(self) -> None:
        """Lets go of the lock. May be called twice."""
        ...


class RecordingRepository(ABC):
    """The writing side of runs. It needs no index and no database, so that an agent pays for neither."""

    @abstractmethod
    def begin(self, started: RunStarted, *, durable: bool = False) -> RunWriter:
        """Creates the run and appends its first event.

        Conflict if the id exists (also in other letter case); StorageError if it is no ULID.
        """

    @abstractmethod
    def resume(self, run: str, *, durable: bool = False) -> RunWriter:
        """Takes the lock of a paused or lost run to go on with it, and appends `run.resumed`.

        Conflict if it is finished, or if a writer lives (naming its pid); NotFound. A torn last
        line is set aside first, and nothing of it is lost.
        """

    @abstractmethod
    def answer(self, run: str, approval: str) -> tuple[Decision, str, str] | None:
        """What a waiting recorder polls: `(decision, by, note)` of the first answer, or None.

        Cheap: costs a `stat` (or one indexed row) while nothing was added.
        """

    def measure(self, path: str) -> tuple[int | None, str]:
        """Size and SHA-256 of an artifact's file; None and empty for what cannot be told without delay."""
        return None, ""
