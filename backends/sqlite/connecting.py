"""How a connection to a SQLite file is opened, and how one begins a transaction."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from .. import waiting
from ..sql import globs
from .sqlite_errors import translated
from .write_lock import WAIT_S


def connect(path: Path, options: str, pragmas: tuple[str, ...] = ()) -> sqlite3.Connection:
    """A connection by these options of its URI, which was told these pragmas; sqlite3.Error."""
    # isolation_level=None: the driver begins nothing by itself, so that DDL is transactional as well.
    connection = sqlite3.connect(
        f"file:{quote(os.fsencode(path.absolute()))}?{options}",
        uri=True,
        timeout=WAIT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        for pragma in ("PRAGMA trusted_schema=OFF", *pragmas):  # a file that was given to us may hold anything
            connection.execute(pragma)
        globs.install(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def engine(made: Callable[[], sqlite3.Connection], begin: str, **options: Any) -> Engine:
    """A pool of connections that are `made` so, each of whose transactions begins by that statement, if any."""
    found = create_engine("sqlite://", creator=made, **({"poolclass": QueuePool} | options))

    # Not by an event of the engine: where there is one listener, every statement looks for who listens.
    dialect: Any = found.dialect
    dialect.do_begin = lambda connection: _begin(connection.driver_connection, begin) if begin else None
    return found


def _begin(connection: sqlite3.Connection, how: str) -> None:
    if (patience_s := waiting.limited(WAIT_S)) >= WAIT_S:
        connection.execute(how)
        return
    connection.execute(f"PRAGMA busy_timeout={round(patience_s * 1000)}")
    try:
        connection.execute(how)
    finally:
        connection.execute(f"PRAGMA busy_timeout={round(WAIT_S * 1000)}")


@contextmanager
def errors(path: Path) -> Iterator[None]:
    """The driver's errors as ours, where no `Database` tells them."""
    try:
        yield
    except (sqlite3.Error, DBAPIError) as error:
        raise translated(error, str(path)) from error
