"""What a search passes over because it may not be read: told by who searches, heard by who asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .errors import StorageError

Unsearched = dict[str, StorageError]
"""By the ids of the runs whose logs could not be read, why."""

_heard: ContextVar[Unsearched | None] = ContextVar("heard", default=None)


@contextmanager
def hearing() -> Iterator[Unsearched]:
    """A block in which this thread hears what its searches pass over: what is yielded grows."""
    found: Unsearched = {}
    token = _heard.set(found)
    try:
        yield found
    finally:
        _heard.reset(token)


def passed_over(run: str, error: StorageError) -> bool:
    """The log of a run is passed over; whether anybody hears that."""
    found = _heard.get()
    if found is None:
        return False
    found[run] = error
    return True
