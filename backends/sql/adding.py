"""What others than its writer add to a run, on its way to where it is kept."""

from typing import Protocol

import msgspec

from ...core.annotations import Annotation, check
from ...core.clock import now
from ...core.errors import ReadOnly
from ...core.given import given_time
from ...core.recording.jsonable import make_plain


class Annotating(Protocol):
    """What keeps annotations: a file beside the journals, or a table."""

    def annotate(self, annotation: Annotation) -> None:
        """Appends it; a read that begins afterwards sees it. ReadOnly, StorageError."""
        ...


def add(annotation: Annotation, notes: Annotating | None) -> None:
    """Adds what can be kept, with its time; StorageError for what cannot, ReadOnly where nobody keeps any."""
    if notes is None:
        advice = "open a data directory, and without --read-only or read_only=True"
        raise ReadOnly("this is only read, nothing can be added", where=annotation.run, advice=advice)
    kept = msgspec.structs.replace(annotation, t=given_time(annotation.t, "t") if annotation.t else now())
    make_plain(kept)  # bytes of a terminal that are no UTF-8 reach us as lone surrogates
    check(kept)
    notes.annotate(kept)
