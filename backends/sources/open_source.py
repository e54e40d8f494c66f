"""Recognising somebody else's data and opening them as a store."""

from collections.abc import Callable
from pathlib import Path

from ...core.errors import ConfigError
from ...core.store import Store


def open_source(path: Path, *, in_memory: bool = False) -> Store | None:
    """The store of somebody else's data in a file or folder, recognised by looking; None if nobody knows them.

    `in_memory` keeps the index in this process alone, else it lies in the user's cache. NotFound,
    Corrupt and Locked say why a file that looks like a database cannot be read.
    """
    stores = (opened(path, in_memory) for opened in READERS)
    return next((store for store in stores if store is not None), None)


def source_at(path: Path) -> Store:
    """The same for a path that is to be a source; ConfigError if nobody knows what lies there."""
    store = open_source(path)
    if store is None:
        from .transcripts import refuse_transcripts

        refuse_transcripts(path)
        advice = "name a data directory, a flightlog.db or a LangGraph database"
        raise ConfigError("nothing that Flightlog can read", where=path, advice=advice)
    return store


def _langgraph(path: Path, in_memory: bool) -> Store | None:
    if not path.is_file():
        return None
    # Late, so that nobody pays for a database engine who opens something else.
    from .langgraph.store import open_langgraph

    return open_langgraph(path, in_memory=in_memory)


READERS: list[Callable[[Path, bool], Store | None]] = [_langgraph]
"""Each looks whether what lies at a path is its own, and opens it, with its index in memory alone if that is wanted."""
