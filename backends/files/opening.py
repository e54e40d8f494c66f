"""Opening the index of a data directory: beside the data, or in the user's cache where nothing may be written there."""

import hashlib
import os
from pathlib import Path

import platformdirs

from ...core.errors import Full, ReadOnly
from ..journal.disk import make_folder
from ..journal.layout import Layout
from ..sql import run_queries
from ..sql.database import Database
from ..sqlite.engine import open_database

_LEAST_ROOM = 1 << 20
"""Bytes that are free where an index is begun: it was refused on the way where there were less."""


def open_index(layout: Layout, *, read_only: bool) -> tuple[Database, Path | None]:
    """The index of a data directory, and its file: in the user's cache where the directory may not be written.

    If that cannot be written either, or there is no room for what it would hold, the index is kept in memory, and there
    is no file.
    """
    beside = [] if read_only or not os.access(layout.root, os.W_OK) else [layout.index_db]
    for place in (*beside, _cached(layout.root)):
        try:
            make_folder(place.parent)
            database = open_database(place, truth=False)
            if _has_room(place) or run_queries.is_any(database):
                return database, place
            database.close()
        except (ReadOnly, Full, OSError):
            continue  # the next place is as good, but for the time that it takes
    return open_database(None, truth=False), None


def _has_room(index: Path) -> bool:
    """Whether one that is empty yet has room to be filled, be it for few runs."""
    room = os.statvfs(index.parent)
    return room.f_bavail * room.f_frsize >= _LEAST_ROOM


def _cached(root: Path) -> Path:
    name = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:32]
    return Path(platformdirs.user_cache_dir("flightlog")) / "index" / f"{name}.db"
