"""A LangGraph database as a store."""

import re
from pathlib import Path

from ....core.errors import Corrupt
from ....core.store import Store
from ...sql.database import Database
from ..foreign_store import Reader, foreign_store
from ..repositories import Foreign
from .bodies import LangGraphBodies
from .checkpoints import LangGraphCheckpoints
from .files import LangGraphFiles
from .index import LangGraphIndex
from .original import Original
from .replayed import ReplayedBodies
from .rows import recognised


def open_langgraph(path: Path, *, in_memory: bool) -> Store | None:
    """The store of a LangGraph database, read-only; None if the file is another database, or none at all."""
    original = Original(path)
    try:
        if not original.read(recognised):
            original.close()
            return None
    except Corrupt as error:
        if "not a database" in error.what:
            return None
        raise

    def reader(database: Database) -> Reader:
        index = LangGraphIndex(original, database, workflow_of(original.path))
        bodies = LangGraphBodies(index)
        checkpoints = LangGraphCheckpoints(index, bodies)
        return Reader(index, bodies, checkpoints, lambda: ReplayedBodies(index), LangGraphFiles(original))

    foreign = Foreign("a LangGraph database", original.path)
    return foreign_store(str(path), foreign, reader, in_memory=in_memory, close=original.close)


def workflow_of(path: Path) -> str:
    """The workflow that a database's threads are shown under: a graph has no name in it, but the file has."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._")
    return name[:128] or "langgraph"
