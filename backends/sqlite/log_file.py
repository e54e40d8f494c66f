"""The file of a SQLite database's write-ahead log, and that of its map, by which who has the database open finds in it
what was written last.
"""

import os
from contextlib import suppress
from pathlib import Path

_MAP_BYTES = 32 << 10


def log_of(path: Path) -> Path:
    """Where that of a database lies, while there is one."""
    return path.with_name(path.name + "-wal")


def has_map(path: Path) -> bool:
    """Whether the map has its room on the disk, as it has while anybody has the database open."""
    with suppress(FileNotFoundError):
        return os.stat(path.with_name(path.name + "-shm")).st_size >= _MAP_BYTES
    return False


def has_log(path: Path) -> bool:
    """Whether there may be more than the database's file itself holds."""
    with suppress(FileNotFoundError):
        return os.stat(log_of(path)).st_size > 0
    return False
