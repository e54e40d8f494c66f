"""What a search passes over because it may not be read: told by who searches, heard by who asked.

Where nobody hears, it is an error: what is done with all that a query finds is not to be done with half of it.
"""

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


def pass_over(run: str, error: StorageError) -> None:
    """The log of a run is passed over, as who asked hears; raises the error where nobody does."""
    found = _heard.get()
    if found is None:
        raise error
    found[run] = error
