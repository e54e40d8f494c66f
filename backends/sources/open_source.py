"""Recognising somebody else's data and opening it as a store."""

from pathlib import Path

from ...core.store import Store


def open_source(path: Path, *, in_memory: bool = False) -> Store | None:
    """The store of a LangGraph checkpoint database; None if the file is none.

    `in_memory` keeps the index in this process alone, else it lies in the user's cache. NotFound,
    Corrupt and Locked say why a file that looks like a database cannot be read.
    """
    if not path.is_file():
        return None
    # Late, so that nobody pays for a database engine who opens something else.
    from .langgraph.store import open_langgraph

    return open_langgraph(path, in_memory=in_memory)
