"""SQLite's errors as ours: each says what to do."""

import sqlite3

from sqlalchemy.exc import DBAPIError

from ...core.errors import Conflict, Corrupt, Full, Locked, ReadOnly, StorageError
from ..sql.wrong_values import wrong_value

_FULL = (Full, "the disk is full", "make room and try again; nothing was half done")

_KINDS: dict[int, tuple[type[StorageError], str, str]] = {
    sqlite3.SQLITE_BUSY: (Locked, "another program is writing the database", "end it, or try again"),
    sqlite3.SQLITE_LOCKED: (Locked, "another program is writing the database", "end it, or try again"),
    sqlite3.SQLITE_CORRUPT: (Corrupt, "the database is damaged", "run `flightlog doctor`"),
    sqlite3.SQLITE_NOTADB: (Corrupt, "the file is no database, or a damaged one", "run `flightlog doctor`"),
    sqlite3.SQLITE_READONLY: (ReadOnly, "the database cannot be written", "look at the permissions of its folder"),
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,  # what readers and writers share has no room
    sqlite3.SQLITE_CANTOPEN: (StorageError, "the database cannot be opened", "look at the permissions of its folder"),
    sqlite3.SQLITE_CONSTRAINT: (Conflict, "the database refused a row", ""),
}


def translated(error: Exception, where: str) -> StorageError:
    """A driver's error (or SQLAlchemy's around it) as one of ours."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if (mistake := wrong_value(cause)) is not None:
        return mistake
    # The low byte is the kind, what lies above tells it more closely (sqlite.org/rescode.html).
    code = getattr(cause, "sqlite_errorcode", 0)
    kind, what, advice = _KINDS.get(code) or _KINDS.get(code & 0xFF, (StorageError, "", ""))
    return kind(what if advice else f"{what or 'the database failed'}: {cause}", where=where, advice=advice)
