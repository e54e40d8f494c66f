"""Which threads have something new since the index last looked, which turned, and which are gone."""

import os
from collections.abc import Iterable
from pathlib import Path
from sqlite3 import Connection as Source
from typing import NamedTuple

from sqlalchemy import Connection, select

from . import rows
from .tables import Cursor, threads

_GROUP_ROWS = 5_000  # rows that are read together


class News(NamedTuple):
    """Threads with new rows, in groups to be read together; threads that are gone; the cursor after them."""

    groups: list[list[str]]
    gone: list[str]
    cursor: Cursor
    anew: bool
    """Whether the database is another than the one that was read: nothing that was known of it holds."""


def news_since(
    cursor: Cursor, connection: Connection, source: Source, path: Path, *, attended: str, sweep: bool
) -> News:
    """What came after the cursor in the database at `path`. Changes nothing.

    `attended` is the time since when a program has it open. Threads that are gone are looked for on a `sweep`,
    for that reads the names of all.
    """
    inode = os.stat(path).st_ino
    reached = (rows.reach(source, "checkpoints"), rows.reach(source, "writes"))
    same = (
        cursor.inode == inode
        and rows.stands(source, "checkpoints", cursor.checkpoints)
        and rows.stands(source, "writes", cursor.writes)
    )
    changed = rows.changed_threads(
        source, cursor.checkpoints if same else rows.Reach(), cursor.writes if same else rows.Reach()
    )
    for thread in _turned(connection, attended):
        changed.setdefault(thread, 1)
    gone = _gone(connection, source) if sweep or not same else []
    groups = _grouped((thread, count) for thread, count in changed.items() if thread not in gone)
    return News(groups, gone, Cursor(inode=inode, checkpoints=reached[0], writes=reached[1]), not same)


def _gone(connection: Connection, source: Source) -> list[str]:
    return sorted(set(connection.execute(select(threads.c.thread)).scalars()) - set(rows.threads(source)))


def _turned(connection: Connection, attended: str) -> list[str]:
    """Threads that count as running though no program has the database open any more, or the other way round."""
    since = threads.c.last >= attended
    left = (threads.c.status == "running") & ~since
    taken_up = (threads.c.status == "paused") & since
    return list(connection.execute(select(threads.c.thread).where(left | taken_up)).scalars())


def _grouped(counts: Iterable[tuple[str, int]]) -> list[list[str]]:
    groups: list[list[str]] = []
    size = _GROUP_ROWS
    for thread, count in counts:
        if size >= _GROUP_ROWS:
            groups.append([])
            size = 0
        groups[-1].append(thread)
        size += count
    return groups
