"""The store that an agent gets while `FLIGHTLOG_DISABLED` is set: no place is looked at, let alone made."""

import os
from contextlib import ExitStack

from ..core.recording.disabled import NullRecording, NullWorkflows
from ..core.store import Reading, Store


def open_disabled(
    place: str | os.PathLike[str] | None = None, *, config: str | os.PathLike[str] | None = None
) -> Store:
    """A store that records nothing. Who asks it a question reads what lies at the place, read-only."""
    opened = ExitStack()

    def reading() -> Reading:
        from .open import open_store

        return opened.enter_context(open_store(place, config=config, read_only=True, create=False)).reading

    return Store(
        name="" if place is None else os.fspath(place),
        recording=NullRecording(),
        workflows=NullWorkflows(),
        reading=reading,
        close=opened.close,
    )
