"""The file of a SQLite database's write-ahead log."""

import os
from contextlib import suppress
from pathlib import Path


def log_of(path: Path) -> Path:
    """Where that of a database lies, while there is one."""
    return path.with_name(path.name + "-wal")


def has_log(path: Path) -> bool:
    """Whether there may be more than the database's file itself holds."""
    with suppress(FileNotFoundError):
        return os.stat(log_of(path)).st_size > 0
    return False
