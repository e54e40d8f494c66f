"""The first page of a SQLite database by the plain driver, for to load SQLAlchemy takes longer than all the rest.

The statements are those that SQLAlchemy makes of ours (`glance_sql.py` writes them to `glance.sql`), kept as text.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from urllib.parse import quote

import msgspec

from ...core.clock import now
from ...core.errors import StorageError
from ...core.glance import Glance
from ...core.pages import Page, Sort
from ...core.runs import Run
from ..sql.run_places import Place
from ..sql.run_values import runs_of, totals_of
from .log_file import has_log
from .write_lock import shared


def glance(path: Path, limit: int, *, truth: bool) -> Glance | None:
    """The newest `limit` runs that a database holds; None if it cannot be read now, or has another schema.

    `truth`: whether it holds a store, and not an index. Waits for nobody, changes nothing and leaves nothing behind.
    """
    try:
        with _opened(path) as connection:
            return _read(connection, limit, truth)
    except (sqlite3.Error, StorageError, OSError, msgspec.MsgspecError, TypeError, ValueError):
        return None  # whatever it is, the opening of the store tells it


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """As `untraced` opens it: see there for what `immutable` and the lock are for."""
    wal = has_log(path)
    lock = path.with_name(path.name + ".lock")
    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode=ro" + ("" if wal else "&immutable=1")
    with nullcontext() if wal else shared(lock, wait=0), closing(sqlite3.connect(uri, uri=True, timeout=0)) as found:
        found.execute("PRAGMA trusted_schema=OFF")
        found.execute("BEGIN")
        yield found


def _read(connection: sqlite3.Connection, limit: int, truth: bool) -> Glance | None:
    of_truth, of_index, known, unknown, by_status, today, damaged = _statements()
    if connection.execute(of_truth if truth else of_index).fetchone() != (1,):
        return None
    rows = connection.execute(known, {"limit": limit + 1}).fetchall()
    if len(rows) <= limit:
        rows += connection.execute(unknown, {"limit": limit + 1 - len(rows)}).fetchall()
    more = len(rows) > limit
    runs = runs_of(rows[:limit])
    totals = totals_of(
        connection.execute(by_status).fetchall(),
        connection.execute(today, {"day": now()[:10]}).fetchone(),
        connection.execute(damaged).fetchone()[0],
    )
    return Glance(Page(items=runs, next=_after(runs[-1]) if more else None), totals)


def _after(run: Run) -> str:
    sort = Sort()
    return Place(field=sort.field, descending=sort.descending, side="after", value=run.started, id=run.id).cursor()


def _statements() -> list[str]:
    return Path(__file__).with_name("glance.sql").read_text().split(";\n")[:-1]
