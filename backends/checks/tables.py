"""What a database says: damage and lost runs it knows of, whether it is whole, and in step with what lies on disk."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import false, select, text

from ...core.errors import NotFound
from ...core.ids import is_ulid
from ...core.progress import heard
from ...core.upkeep import Finding
from ..file_sizes import files_below
from ..journal.layout import ARCHIVE_SUFFIX, Layout
from ..operations.engine import Operations
from ..sql import tables
from ..sql.database import Database
from ..sql.missing_indexes import missing
from ..sql.words_kept import WITHOUT, can_keep
from ..sqlite.engine import sqlite_is_fixed
from ..sqlite.heeding import heeding
from .check import Check, finding

_REBUILD = "delete .flightlog/index.db: it is made anew from the journals"
_RECENT = 20


def sqlite_release() -> Iterator[Finding]:
    """Whether this Python's SQLite has the WAL-reset bug."""
    if not sqlite_is_fixed():
        yield Finding(
            severity="note",
            kind="old-sqlite",
            what=f"SQLite {sqlite3.sqlite_version} can damage a database that several programs write in WAL mode",
            where="this Python",
            advice="Flightlog goes round it; let no other program write its databases, or take SQLite 3.51.3 or newer",
        )


def full_text(database: Database) -> Check:
    """Whether the words of logs can be kept, so that a search need not read them all."""

    def check() -> Iterator[Finding]:
        with database.read() as connection:
            able = can_keep(connection)
        if not able:
            advice = "take a Python whose SQLite has FTS5; nothing else is different"
            yield Finding(severity="note", kind="no-full-text", what=WITHOUT, where=database.name, advice=advice)

    return check


def every_index(database: Database) -> Check:
    """Whether the database has each index that lists, sums and searches are led by."""

    def check() -> Iterator[Finding]:
        with database.read() as connection:
            names = [str(index.name) for index in missing(connection)]
        if names:
            what = "an index is missing" if len(names) == 1 else f"{len(names)} indexes are missing"
            yield Finding(
                severity="warning",
                kind="missing-index",
                what=f"{what}, so that some lists read more than they show: {', '.join(names)}",
                where=database.name,
                advice="nothing is wrong but slow",
            )

    return check


def named_damage(database: Database, aside: Callable[[str], bool] = lambda run: False) -> Check:
    """What was named as damaged when it was read. `aside` says whether damage of a run was set aside."""

    def check() -> Iterator[Finding]:
        with database.read() as connection:
            rows = connection.execute(select(tables.damage).order_by(tables.damage.c.id)).all()
        for row in rows:
            if row.what.endswith("are missing") and aside(row.run):
                what = f"{row.what}: what stood there was no event, and was set aside"
                yield Finding(severity="note", kind="set-aside", what=what, where=row.place, run=row.run)
                continue
            newer = "newer Flightlog" in row.what  # which says what to do, too
            packed = row.place.endswith(ARCHIVE_SUFFIX)  # of which nothing can be set aside
            place = row.place if row.offset is None else f"{row.place} at byte {row.offset}"
            yield Finding(
                severity="warning" if newer else "error",
                kind="newer-format" if newer else "damaged-archive" if packed else "damaged-line",
                what=row.what,
                where=place,
                advice="" if newer else "the rest was read; the bytes are kept",
                run=row.run,
            )

    return check


def lost_runs(database: Database) -> Check:
    """Runs whose writer is gone."""

    def check() -> Iterator[Finding]:
        columns = tables.runs.c
        with database.read() as connection:
            lost = (columns.status == "lost", columns.archived == false())  # an archive's damage is named as such
            rows = connection.execute(select(columns.id, columns.evidence).where(*lost).order_by(columns.id)).all()
        for row in rows:
            advice = "take it up with store.resume(id), which may also end it"
            yield Finding(
                severity="warning", kind="lost-run", what=row.evidence, where=row.id, advice=advice, run=row.id
            )

    return check


def sound_database(database: Database) -> Check:
    """Whether SQLite itself finds the file whole."""

    def check() -> Iterator[Finding]:
        with database.read() as connection, heeding(connection.connection.driver_connection):
            for (line,) in connection.execute(text("PRAGMA quick_check(20)")).all():
                if line != "ok":
                    advice = "copy the file and its -wal away, then `sqlite3 flightlog.db .recover`"
                    yield Finding(
                        severity="error", kind="damaged-database", what=line, where=database.name, advice=advice
                    )

    return check


def in_step(database: Database, root: Path) -> Check:
    """Whether the index still says what the journals say: a finished one that changed was rewritten by hand."""

    def check() -> Iterator[Finding]:
        columns = tables.journals.c
        with database.read() as connection:
            rows = connection.execute(select(columns.run, columns.path, columns.size, columns.mtime_ns)).all()
        for row in heard(rows):
            if not is_ulid(row.run):
                continue
            try:
                found = os.stat(root / row.path)
                changed = (found.st_size, found.st_mtime_ns) != (row.size, row.mtime_ns)
                what = "a journal was changed in place after it was read" if changed else ""
            except FileNotFoundError:
                what = "the index knows a journal that is not there"
            if what:
                yield Finding(
                    severity="warning", kind="index-drift", what=what, where=row.path, advice=_REBUILD, run=row.run
                )

    return check


def archived_rows(database: Database, layout: Layout, verify: Callable[[str], Finding | None]) -> Check:
    """Whether the archive of every run that a database says lies there is what it was: reads them all; and what lies
    there beside them.
    """

    def check() -> Iterator[Finding]:
        with database.read() as connection:
            runs = connection.scalars(select(tables.archives.c.run).order_by(tables.archives.c.run)).all()
        for run in heard(runs):
            with suppress(NotFound):  # it was restored meanwhile
                if found := verify(run):
                    yield found
        known = {str(layout.archived(run)) for run in runs}
        for path in sorted(file for file, _ in files_below(layout.archive)):
            if path not in known:
                what = "this file is no archive of a run that the database knows"
                yield finding("unknown-file", what, Path(path), severity="note")

    return check


def unfinished(operations: Operations) -> Check:
    """Whether an operation was cut off and could not be settled since."""

    def check() -> Iterator[Finding]:
        for one in operations.operations(limit=_RECENT).items if operations.may_be_cut() else ():
            if one.unfinished:
                yield Finding(
                    severity="warning",
                    kind="unfinished-operation",
                    what=f"an operation ({one.kind}) was cut off, or goes on at this moment",
                    where=one.id,
                    advice="it is settled at the next start that may write",
                )
                return

    return check
