"""Opening the index of somebody else's data: in the user's cache, from which it may be thrown away at any time."""

import hashlib
import logging
from pathlib import Path

import platformdirs

from ...core.errors import StorageError
from ..sql.database import Database
from ..sqlite.engine import open_database

_log = logging.getLogger("flightlog")


def open_index(place: Path | None) -> tuple[Database, Path | None]:
    """The index's database and where it lies; in memory (None) where that is wanted, or the cache cannot be written."""
    if place is not None:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            return open_database(place, truth=False), place
        except (OSError, StorageError) as error:
            _log.warning("the index is kept in memory: %s", error)
    return open_database(None, truth=False), None


def index_path(path: Path) -> Path:
    """Where the index of the data at `path` lies: in the user's cache, named by a hash of that path."""
    name = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()[:24]
    return platformdirs.user_cache_path("flightlog") / "sources" / f"{name}.db"
