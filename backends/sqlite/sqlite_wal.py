"""SQLite's write-ahead log: kept small, and kept whole by every SQLite there is.

**The WAL-reset bug.** SQLite 3.7.0 to 3.51.2 (mended in 3.51.3, and in 3.50.7 and 3.44.6 for
older lines; sqlite.org/wal.html#walresetbug) can corrupt a database in WAL mode: while one
connection begins a checkpoint of a log that another has just checkpointed in full, a third commits
and thereby begins the log anew; the checkpoint misses that, and marks frames as copied that are
not. It takes a checkpoint that runs beside a commit or another checkpoint. Nearly every Python
brings such a SQLite, so we always go the safe way, whatever the version:

- `wal_autocheckpoint` is 0: no commit checkpoints by itself.
- One kernel lock, `<database>.lock`, is held around every write transaction and every checkpoint,
  so that among our processes neither ever runs beside a checkpoint.
- Reading connections are `mode=ro`, and such a connection never checkpoints, not even when closed.
- Closing the last writing connection does checkpoint, but only after SQLite took the file's
  exclusive lock, that is when no other connection is left (so a process may also end without
  closing); when we close one, we hold our lock then as well.

What remains are other programs that write the file (`sqlite3` in a shell).

**The log's size.** After a commit that let the log grow past 4 MB it is copied back (PASSIVE, which
waits for nobody); the next commit then begins it anew and `journal_size_limit` cuts it. If reads
overlap for so long that this does not happen, TRUNCATE waits for the old ones at 32 MB (new ones
do not hinder it), a fifth of a second at most: a reader that was stopped must not stop the writers.

**Durability.** `synchronous` is FULL for the truth: a commit survives a power cut. An index has
NORMAL: after a power cut the last commits may be missing, in rows and in read offsets alike, and
are read again; OFF would save another third of a commit but could leave a torn index.
"""

import logging
import os
import sqlite3
from pathlib import Path

from sqlalchemy import Connection

log = logging.getLogger("flightlog")

_CHECKPOINT_BYTES = 4 << 20
_TRUNCATE_BYTES = 32 << 20
_TRUNCATE_WAITS_MS = 200

WRITING = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA wal_autocheckpoint=0",
    f"PRAGMA journal_size_limit={_CHECKPOINT_BYTES}",
    "PRAGMA cache_size=-16000",
    "PRAGMA secure_delete=ON",  # what is removed is overwritten, as many builds of SQLite do by themselves
)
"""What a writing connection is told, beside `synchronous`."""

READING = ("PRAGMA cache_size=-500",)
"""What a reading connection is told. Each that is kept keeps so many KiB of the file, which the kernel has as well: by
SQLite's own 2000 four of them held 8 MB after a search, and no question at a million runs was any quicker for it.
"""


def sqlite_is_fixed(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite release is free of the WAL-reset bug (3.52.0, which was withdrawn, is not counted)."""
    if version < (3, 7, 0):
        return True
    if version[:2] == (3, 44):
        return version >= (3, 44, 6)
    if version[:2] == (3, 50):
        return version >= (3, 50, 7)
    return version >= (3, 51, 3) and version != (3, 52, 0)


class Checkpoints:
    """Run after each commit, under the writers' lock: keeps the write-ahead log small."""

    def __init__(self, path: Path) -> None:
        self._wal = f"{path}-wal"
        self._due = _CHECKPOINT_BYTES
        self._seen = 0

    def __call__(self, connection: Connection) -> None:
        try:
            size = os.stat(self._wal).st_size
        except FileNotFoundError:
            return
        if size < self._seen:  # it was begun anew, be it by a commit that is greater than what may lie here
            self._due = _CHECKPOINT_BYTES
        self._seen = size
        if size <= self._due:
            return
        self._due = size + _CHECKPOINT_BYTES
        driver = connection.connection.driver_connection
        assert driver is not None
        try:
            if size < _TRUNCATE_BYTES:
                driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                return
            waits = driver.execute("PRAGMA busy_timeout").fetchone()[0]
            driver.execute(f"PRAGMA busy_timeout={_TRUNCATE_WAITS_MS}")
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            driver.execute(f"PRAGMA busy_timeout={waits}")
        except sqlite3.Error as error:  # the commit itself has succeeded
            log.warning("the log of %s could not be copied back: %s", self._wal, error)
