"""What a database takes by its engine's own account, to the byte."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, text

from ..sql import tables


class Taken(NamedTuple):
    """What a database takes: these, added up, are the bytes of its files."""

    tables: int
    """Pages that hold rows and indexes, what was recorded included."""
    free: int = 0
    free_pages: int = 0
    wal: int = 0
    server: int = 0

    @property
    def whole(self) -> int:
        """All of it."""
        return self.tables + self.free + self.wal + self.server


Engine = Callable[[Connection], Taken]


def of_sqlite(path: Path | None) -> Engine:
    """A database file with its log; None for one in memory.

    Pages that lie in the log alone, because they were not copied back yet, are counted as pages.
    """

    def taken(connection: Connection) -> Taken:
        size, count, free_pages = (connection.scalar(text(f"PRAGMA {name}")) or 0 for name in _PAGES)
        free = size * free_pages
        whole = size * count if path is None else sum(map(_size, files_of(path)))
        wal = max(whole - size * count, 0)
        return Taken(tables=whole - wal - free, free=free, free_pages=free_pages, wal=wal)

    return taken


def files_of(path: Path) -> Sequence[Path]:
    """A database's file, its log, and that log's index."""
    return [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]


def of_postgres(connection: Connection) -> Taken:
    """The database on its server: our tables with their indexes, and all the rest of it."""
    whole, ours = connection.execute(_SERVER, {"names": OURS}).one()
    return Taken(tables=int(ours), server=int(whole) - int(ours))


def _size(path: Path) -> int:
    try:
        return os.stat(path, follow_symlinks=False).st_size
    except FileNotFoundError:
        return 0


_PAGES = ("page_size", "page_count", "freelist_count")
OURS = (*tables.truth.tables, *tables.derived.tables, "log_words", "alembic_version")
"""Names of the tables that a server keeps for us."""
_SERVER = text(
    "SELECT pg_database_size(current_database()), coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class"
    " WHERE relkind = 'r' AND relname IN :names AND pg_table_is_visible(oid)"
).bindparams(bindparam("names", expanding=True))
