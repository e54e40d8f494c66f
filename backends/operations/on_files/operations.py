"""Operations on the runs of a data directory, put together."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...ingest.refresh import Refresh
from ...journal.layout import Layout
from ...moving.gate import Gate
from ...read_only import opened_read_only
from ...sql.database import Database
from ..engine import Operations, Passing
from ..reserve import of_index
from .record import FileRecord
from .shelf import FileShelf


def operations_on(
    layout: Layout, database: Database, index: Path | None, refresh: Refresh, gate: Gate, *, read_only: bool
) -> Operations:
    """Over the journals of a layout and their index, which lies in a file or in none.

    What was cut off is settled at once, where the store may be changed.
    """
    reserve = of_index(layout.index_db)
    passing = refused(layout) if read_only else gate.passing
    found = Operations(FileRecord(layout.audit, reserve), FileShelf(layout, database, refresh, reserve, index), passing)
    if not read_only and os.access(layout.root, os.W_OK):
        found.recover()
    return found


def refused(layout: Layout) -> Passing:
    """What every change of a store that was opened read-only comes to."""

    @contextmanager
    def passing() -> Iterator[None]:
        raise opened_read_only(str(layout.root))
        yield

    return passing
