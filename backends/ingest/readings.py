"""One journal as it was read, and what is noted of how far that went."""

import os
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ...core.runs import FINISHED
from ..sql import tables
from ..sql.run_loading import Batch as Recording
from ..sql.writes import blank, upsert
from .batch import Batch
from .finding import Journal

BATCH_BYTES = 4 << 20
"""What one transaction takes in, so that others have their turn."""
FILE_COSTS = 2000
"""Opening a journal costs about as much as reading so many bytes."""


class Reading(NamedTuple):
    """A journal, what was read of it, and its file as it was just before."""

    journal: Journal
    batch: Batch
    stat: os.stat_result
    size: int
    """Bytes of all files of the run."""
    anew: bool
    """Whether it was read from its beginning."""

    def recording(self, archived: bool | None) -> Recording:
        """What the projector is told; `archived` where the journals say whether a run is."""
        batch = self.batch
        return Recording(batch.run, batch.recorded, size_bytes=self.size, archived=archived, end=batch.end)

    def position(self, recorded: str | None) -> dict[str, Any]:
        """A row of the table `journals`; `recorded` is the run's status as its events say, None if it has none."""
        journal, batch = self.journal, self.batch
        inode, size, mtime_ns = file_of(self.stat)
        return _BLANK | {
            "run": journal.run,
            "path": journal.name,
            "inode": inode,
            # While there is more, the size is that of what was read: it will differ at the next look.
            "size": batch.offset if batch.more and not journal.archived else size,
            "mtime_ns": mtime_ns,
            "offset": batch.offset,
            "states_offset": batch.states_offset,
            "open": not journal.archived and (batch.more or recorded not in FINISHED),
        }


def remember(connection: Connection, positions: Sequence[dict[str, Any]]) -> None:
    """Notes how far files were read: columns of the table `journals`; what is left out is its default."""
    upsert(connection, tables.journals, [_BLANK | position for position in positions])


def file_of(stat: os.stat_result) -> tuple[int, int, int]:
    """What tells a file from another, and from itself before it was written."""
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


_BLANK = blank(tables.journals)
