"""An index that begins as a copy of another one of the same data."""

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from ...core.errors import Corrupt, StorageError
from ...core.progress import COPYING_INDEX
from .backup import copy_into
from .connecting import connect
from .engine import open_database
from .heeding import heeding

log = logging.getLogger("flightlog")


def begun_as_copy(original: Path, to: Path) -> None:
    """Makes a new index of what another one holds; nothing where there is one already, or the other cannot be read, is
    damaged, is of another schema, or there is no room: then it is made of the data. The other stays as it is.

    Whole or not there, whoever else does the same. Costs two readings of it; Stopped.
    """
    if to.exists() or not os.access(original, os.R_OK):
        return
    partial = to.with_name(f"{to.name}.{os.getpid()}.partial")
    try:
        _copy(original, partial)
        _check(partial)
        os.link(partial, to)
    except (StorageError, sqlite3.Error, OSError) as error:
        log.info("the index is made anew: %s cannot be copied: %s", original, error)
    finally:
        partial.unlink(missing_ok=True)


def _copy(original: Path, to: Path) -> None:
    with closing(open_database(original, read_only=True, truth=False)) as index, index.read() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        copy_into(driver, to, original.stat().st_size, COPYING_INDEX)


def _check(copy: Path) -> None:
    """Corrupt if damage came along, which a later question would stumble upon."""
    with closing(connect(copy, "mode=ro&immutable=1")) as connection, heeding(connection):
        problem = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if problem != "ok":
        raise Corrupt(str(problem), where=copy)
