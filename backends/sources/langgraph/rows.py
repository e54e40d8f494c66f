"""The tables of LangGraph's SqliteSaver: which database has them, and their rows without their values.

`checkpoints` has one row a snapshot, `writes` one row for each value that a task of a snapshot's
superstep wrote. Ids, names and lengths lie before the values in a row, so that reading them costs
the same whatever the values weigh; `metadata` lies behind the snapshot and costs as much as it does.
"""

import re
import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

from ....core import clock
from ....core.errors import NotFound
from ....core.events import Json
from . import values
from .ids import moment

NO_TASK = "00000000-0000-0000-0000-000000000000"
"""The task id under which a program's answer to an interrupt is written."""

_CHECKPOINTS = {
    "thread_id", "checkpoint_ns", "checkpoint_id", "parent_checkpoint_id", "type", "checkpoint", "metadata",
}  # fmt: skip
_WRITES = {"thread_id", "checkpoint_ns", "checkpoint_id", "task_id", "idx", "channel", "type", "value"}


class CheckpointRow(NamedTuple):
    """A snapshot, without its value. `ns` is empty for the graph itself, else it names a subgraph's task."""

    rowid: int
    thread: str
    ns: str
    id: str
    parent: str | None
    size: int
    t: str
    """Its time; empty where neither its id nor its value tells."""


class WriteRow(NamedTuple):
    """One value that a task wrote, without the value. `path` is empty in databases of old releases."""

    rowid: int
    thread: str
    ns: str
    checkpoint: str
    task: str
    path: str
    idx: int
    channel: str
    type: str | None
    size: int


def recognised(connection: sqlite3.Connection) -> bool:
    """Whether the database has SqliteSaver's tables."""
    return _columns(connection, "checkpoints") >= _CHECKPOINTS and _columns(connection, "writes") >= _WRITES


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


_CHECKPOINT_KEYS = (
    "SELECT rowid, thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, ifnull(length(checkpoint), 0)"
    " FROM checkpoints WHERE "
)


def _write_keys(connection: sqlite3.Connection) -> str:
    path = "task_path" if "task_path" in _columns(connection, "writes") else "''"
    return (
        f"SELECT rowid, thread_id, checkpoint_ns, checkpoint_id, task_id, {path}, idx, channel, type,"
        " ifnull(length(value), 0) FROM writes WHERE "
    )


def checkpoints_of(connection: sqlite3.Connection, thread: str, after: int = 0) -> Iterator[CheckpointRow]:
    """Snapshots of a thread that were added after a row."""
    for row in connection.execute(_CHECKPOINT_KEYS + "thread_id = ? AND rowid > ?", (thread, after)):
        yield _timed(connection, row)


_TS = re.compile(rb"ts\W+?(\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)?)")


def _timed(connection: sqlite3.Connection, row: tuple[Any, ...]) -> CheckpointRow:
    t = moment(row[3]).t
    if t is None and row[5]:
        # Other savers' ids tell no time, but a snapshot begins with its version and its time.
        found = _TS.search(head(connection, "checkpoints", "checkpoint", row[0], 128))
        t = _time_text(found[1].decode()) if found else None
    return CheckpointRow._make((*row, t or ""))


def _time_text(text: str) -> str | None:
    try:
        return clock.from_seconds(clock.to_seconds(text))
    except (ValueError, OverflowError):
        return None


def writes_of(connection: sqlite3.Connection, thread: str, after: int = 0) -> Iterator[WriteRow]:
    """Writes of a thread that were added (or replaced) after a row, in that order."""
    query = _write_keys(connection) + "thread_id = ? AND rowid > ? ORDER BY rowid"
    return map(WriteRow._make, connection.execute(query, (thread, after)))


def task_writes(connection: sqlite3.Connection, thread: str, ns: str, checkpoint: str, task: str) -> list[WriteRow]:
    """The writes of one task."""
    query = _write_keys(connection) + "thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ? AND task_id = ?"
    return list(map(WriteRow._make, connection.execute(query + " ORDER BY idx", (thread, ns, checkpoint, task))))


def channel_writes(connection: sqlite3.Connection, thread: str, ns: str, checkpoint: str, name: str) -> list[WriteRow]:
    """What the tasks of a snapshot wrote to one channel, in the order in which the library takes it in."""
    query = _write_keys(connection) + "thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ? AND channel = ?"
    found = map(WriteRow._make, connection.execute(query, (thread, ns, checkpoint, name)))
    return sorted(found, key=lambda row: (row.path, row.task, row.idx))


def checkpoint(connection: sqlite3.Connection, thread: str, ns: str, id: str) -> CheckpointRow | None:
    """One snapshot's row; None if it is not there."""
    query = _CHECKPOINT_KEYS + "thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?"
    row = connection.execute(query, (thread, ns, id)).fetchone()
    return _timed(connection, row) if row else None


def threads(connection: sqlite3.Connection) -> Iterator[str]:
    """Ids of all threads that have a snapshot, by leaps through the primary key."""
    row = connection.execute("SELECT min(thread_id) FROM checkpoints").fetchone()
    while row[0] is not None:
        yield row[0]
        row = connection.execute("SELECT min(thread_id) FROM checkpoints WHERE thread_id > ?", row).fetchone()


class Reach(NamedTuple):
    """How far a table was read: its last row, and what stood there, so that renumbered or replaced rows are noticed."""

    rowid: int = 0
    mark: str = ""


def reach(connection: sqlite3.Connection, table: str) -> Reach:
    """The present end of a table."""
    row = connection.execute(f"SELECT rowid, {_MARKS[table]} FROM {table} ORDER BY rowid DESC LIMIT 1").fetchone()
    return Reach(*row) if row else Reach()


def stands(connection: sqlite3.Connection, table: str, reached: Reach) -> bool:
    """Whether the row up to which a table was read is still the same."""
    query = f"SELECT {_MARKS[table]} FROM {table} WHERE rowid = ?"
    row = connection.execute(query, (reached.rowid,)).fetchone()
    return (row[0] if row else "") == reached.mark


_CHECKPOINT_MARK = "thread_id || '/' || checkpoint_ns || '/' || checkpoint_id"
_MARKS = {"checkpoints": _CHECKPOINT_MARK, "writes": f"{_CHECKPOINT_MARK} || '/' || task_id || '/' || idx"}


def changed_threads(connection: sqlite3.Connection, checkpoints: Reach, writes: Reach) -> dict[str, int]:
    """Threads that got rows after these, with how many."""
    # NOT INDEXED: by row number, so that it costs the new rows and not the index.
    query = (
        "SELECT thread_id, count(*) FROM (SELECT thread_id FROM checkpoints NOT INDEXED WHERE rowid > ?"
        " UNION ALL SELECT thread_id FROM writes NOT INDEXED WHERE rowid > ?) GROUP BY thread_id"
    )
    return dict(connection.execute(query, (checkpoints.rowid, writes.rowid)))


def snapshot(connection: sqlite3.Connection, thread: str, ns: str, checkpoint: str) -> Json:
    """A snapshot's decoded value: a dict with `channel_values` and more. NotFound, Corrupt."""
    row = connection.execute(
        "SELECT type, checkpoint FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?",
        (thread, ns, checkpoint),
    ).fetchone()
    if row is None:
        raise NotFound("the checkpoint is no longer in its database", where=checkpoint)
    return values.decode(*row)


def metadata(connection: sqlite3.Connection, thread: str, ns: str, checkpoint: str) -> dict[str, Json]:
    """A snapshot's metadata (`source`, `step`, the caller's own keys). Costs as much as the snapshot itself."""
    row = connection.execute(
        "SELECT metadata FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?",
        (thread, ns, checkpoint),
    ).fetchone()
    if row is None or not row[0]:
        return {}
    raw = row[0].encode() if isinstance(row[0], str) else row[0]
    found = values.decode("json", raw)
    return found if isinstance(found, dict) else {}


def written(connection: sqlite3.Connection, row: WriteRow) -> Json:
    """The decoded value of a write. NotFound, Corrupt."""
    found = connection.execute(
        "SELECT type, value FROM writes"
        " WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ? AND task_id = ? AND idx = ?",
        (row.thread, row.ns, row.checkpoint, row.task, row.idx),
    ).fetchone()
    if found is None:
        raise NotFound("the write is no longer in its database", where=f"{row.checkpoint} {row.channel}")
    return values.decode(*found)


def head(connection: sqlite3.Connection, table: str, column: str, rowid: int, length: int = 256) -> bytes:
    """The first bytes of a value; costs no more than its row's own page or two."""
    with connection.blobopen(table, column, rowid, readonly=True) as blob:
        return blob.read(min(length, len(blob)))
