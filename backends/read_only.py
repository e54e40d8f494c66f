"""What a store answers that was opened read-only: every change is refused, and says so."""

from collections.abc import Callable
from pathlib import Path

from ..core.annotations import Annotation
from ..core.errors import ReadOnly
from ..core.events import Decision, RunStarted
from ..core.repositories import RecordingRepository, RunWriter

OPEN_TO_CHANGE = "open it without --read-only, in Python without read_only=True"
"""The advice to who would change what was opened to be read, on a command line or in a program."""


def opened_read_only(where: str) -> ReadOnly:
    """The answer to every change of a store that could be changed, or that is the mirror of one."""
    from .mirror.bookmark import told_of_mirror

    if mirror := told_of_mirror(Path(where)):
        return ReadOnly(mirror)
    return ReadOnly("the store was opened read-only", where=where, advice=OPEN_TO_CHANGE)


class ReadOnlyRecording(RecordingRepository):
    """Records nothing. `refusal` makes the answer to who tries."""

    def __init__(self, refusal: Callable[[], ReadOnly]) -> None:
        self._refusal = refusal

    def begin(self, started: RunStarted, *, durable: bool = False) -> RunWriter:
        raise self._refusal()

    def resume(self, run: str, *, durable: bool = False) -> RunWriter:
        raise self._refusal()

    def answer(self, run: str, approval: str) -> tuple[Decision, str, str] | None:
        return None


class ReadOnlyNotes:
    """Keeps no annotation (see `sql.adding.Annotating`). `refusal` makes the answer to who tries."""

    def __init__(self, refusal: Callable[[], ReadOnly]) -> None:
        self._refusal = refusal

    def annotate(self, annotation: Annotation) -> None:
        """Refuses it."""
        raise self._refusal()
