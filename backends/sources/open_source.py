"""Recognising somebody else's data and opening it as a store."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ...core.errors import ConfigError
from ...core.store import Store


class Kind(NamedTuple):
    """A kind of source."""

    may_be_at: Callable[[Path], bool]
    """Whether what lies at a path may be one, by a short look. Raises nothing."""
    opened: Callable[[Path, bool], Store | None]
    """Its store, with its index in memory alone if that is wanted; None if it is none after all."""


def is_foreign(folder: Path) -> bool:
    """Whether somebody else's data lie in a folder, by a short look. Raises nothing."""
    return any(kind.may_be_at(folder) for kind in KINDS)


def open_source(path: Path, *, in_memory: bool = False) -> Store | None:
    """The store of somebody else's data in a file or folder, recognised by looking; None if nobody knows them.

    `in_memory` keeps the index in this process alone, else it lies in the user's cache. NotFound,
    Corrupt and Locked say why a file that looks like a database cannot be read.
    """
    stores = (kind.opened(path, in_memory) for kind in KINDS if kind.may_be_at(path))
    return next((store for store in stores if store is not None), None)


def source_at(path: Path) -> Store:
    """The same for a path that is to be a source; ConfigError if nobody knows what lies there."""
    store = open_source(path)
    if store is None:
        advice = "name a data directory, a flightlog.db, a LangGraph database or a folder of transcripts"
        raise ConfigError("nothing that Flightlog can read", where=path, advice=advice)
    return store


# Late, so that nobody pays for a database engine who opens something else.


def _langgraph(path: Path, in_memory: bool) -> Store | None:
    from .langgraph.store import open_langgraph

    return open_langgraph(path, in_memory=in_memory)


def _has_transcripts(path: Path) -> bool:
    from .transcripts.recognising import whose

    return whose(path) is not None


def _transcripts(path: Path, in_memory: bool) -> Store | None:
    from .transcripts.store import open_transcripts

    return open_transcripts(path, in_memory=in_memory)


KINDS: list[Kind] = [Kind(os.path.isfile, _langgraph), Kind(_has_transcripts, _transcripts)]
