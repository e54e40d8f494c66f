"""What `check` looks for: each of these finds one kind of thing that may be wrong, and changes nothing."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from sqlalchemy import select, text

from ..core.errors import NotFound, StorageError
from ..core.ids import day_of, is_ulid
from ..core.progress import go_on
from ..core.upkeep import Finding
from .archive.flz_reader import Flz
from .file_sizes import files_below
from .journal.layout import ARCHIVE_SUFFIX, JOURNAL_SUFFIX, STATES_SUFFIX, TORN_SUFFIX, Layout, run_of
from .journal.mending import is_half_mended
from .journal.reader import torn_tail
from .journal.states_dropping import is_left_over
from .operations import audit_lines
from .operations.engine import Operations
from .repairs import spooled_runs
from .sql import tables
from .sql.database import Database
from .sql.words_kept import WITHOUT, can_keep
from .sqlite.engine import sqlite_is_fixed
from .sqlite.heeding import heeding

Check = Callable[[], Iterator[Finding]]

_REBUILD = "delete .flightlog/index.db: it is made anew from the journals"
_RECENT = 20


def can_be_read(refresh: Callable[[], None]) -> Check:
    """Whether the store can be brought up to date at all."""

    def check() -> Iterator[Finding]:
        refresh()
        yield from ()

    return check


def all_may_be_read(closed: Callable[[], str], where: Path) -> Check:
    """Whether every folder may be looked into, after a look; `closed` says which may not."""

    def check() -> Iterator[Finding]:
        if what := closed():
            advice = "check its owner and mode"
            yield Finding(severity="error", kind="unreadable", what=what, where=str(where), advice=advice)

    return check


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


def private(root: Path, parts: Mapping[str, Sequence[Path]]) -> Check:
    """Whether others on this machine could read or change what is recorded in these files and folders."""

    def check() -> Iterator[Finding]:
        for path in (root, *root.parents):
            mode = os.stat(path).st_mode
            if mode & 0o022 and not mode & stat.S_ISVTX:
                what = "others may write in this folder"
                yield _finding("permissions", what, path, advice=f"chmod go-w {path}")
        loose = [file for paths in parts.values() for path in paths for file in exposed(path)]
        if loose:
            what = f"{len(loose)} files are open to others, the first: {loose[0]}"
            yield _finding("permissions", what, root, advice=f"chmod go= {loose[0]} (and the others)")

    return check


def exposed(path: Path) -> Iterator[str]:
    try:
        found = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(found.st_mode):
        if _is_open(found.st_mode):
            yield str(path)
        return
    for file, found in files_below(path):
        if _is_open(found.st_mode):
            yield file


def _is_open(mode: int) -> bool:
    """The mode of a symlink says nothing, and cannot be changed."""
    return bool(mode & 0o077) and not stat.S_ISLNK(mode)


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
            query = select(columns.id, columns.evidence).where(columns.status == "lost").order_by(columns.id)
            rows = connection.execute(query).all()
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
        for row in rows:
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


def tidy(folder: Path, *, by_day: bool) -> Check:
    """Whether a folder of journals holds anything that does not belong there."""

    def check() -> Iterator[Finding]:
        names = {file for file, _ in files_below(folder)}
        for path in sorted(map(Path, names)):
            go_on()
            if not path.name.endswith(JOURNAL_SUFFIX):
                yield _aside(path)
            elif path.name.endswith(STATES_SUFFIX):
                if str(path.with_name(path.name.removesuffix(STATES_SUFFIX) + JOURNAL_SUFFIX)) not in names:
                    yield _finding("orphaned-states", "states of a run that has no journal", path)
            else:
                yield from _journal_findings(path, by_day)

    return check


def left_in_spool(spool: Path) -> Check:
    """Whether runs lie in a spool that nobody ships, for the store is one of files."""

    def check() -> Iterator[Finding]:
        for run in spooled_runs(spool):
            what = "recorded for a database, and this store is one of files: it is not shown"
            yield _finding("spool-left", what, spool / f"{run}{JOURNAL_SUFFIX}", run=run)

    return check


def _journal_findings(path: Path, by_day: bool) -> Iterator[Finding]:
    run = run_of(path.name) or ""
    if not is_ulid(run) or (by_day and path.parent.name != day_of(run)):
        yield _finding("unknown-file", "no journal of a run of this folder: it is not read", path)
        return
    try:
        torn = torn_tail(path)
    except OSError as error:
        yield _finding("unreadable", f"the journal cannot be read: {error.strerror}", path, run=run)
        return
    if torn:
        what = f"the last line was never finished: {len(torn[1])} bytes at byte {torn[0]}"
        advice = "nothing if it is being written; whoever takes the run up sets it aside"
        yield _finding("torn-line", what, path, run=run, advice=advice)


def _aside(path: Path) -> Finding:
    if path.name.endswith(TORN_SUFFIX):
        return _finding("set-aside", "torn lines that were set aside", path, severity="note")
    if path.name.endswith(".damaged"):
        return _finding("set-aside", "a journal with lines that are no events, set aside after it was shipped", path)
    if is_left_over(path.name) or is_half_mended(path.name):
        return _finding("left-over", "half-written by one who was killed", path, advice="take it away")
    return _finding("unknown-file", "this file is not Flightlog's", path, severity="note")


def archives(folder: Path) -> Check:
    """Whether every archive is what its digests say: reads them all."""

    def check() -> Iterator[Finding]:
        for path in sorted(Path(file) for file, _ in files_below(folder)):
            go_on()
            run = path.name.removesuffix(ARCHIVE_SUFFIX)
            if run == path.name or not is_ulid(run):
                yield _finding("unknown-file", "this file is no archive of a run", path, severity="note")
                continue
            try:
                with Flz.open(path, run) as archive:
                    archive.verify()
            except StorageError as error:
                advice = "put a copy in its place, from a backup or a mirror; the other runs are not touched by it"
                yield _finding("damaged-archive", error.what, path, severity="error", run=run, advice=advice)

    return check


def archived_rows(database: Database, layout: Layout, verify: Callable[[str], Finding | None]) -> Check:
    """Whether the archive of every run that a database says lies there is what it was: reads them all; and what lies
    there beside them.
    """

    def check() -> Iterator[Finding]:
        with database.read() as connection:
            runs = connection.scalars(select(tables.archives.c.run).order_by(tables.archives.c.run)).all()
        for run in runs:
            go_on()
            with suppress(NotFound):  # it was restored meanwhile
                if found := verify(run):
                    yield found
        known = {str(layout.archived(run)) for run in runs}
        for path in sorted(file for file, _ in files_below(layout.archive)):
            if path not in known:
                what = "this file is no archive of a run that the database knows"
                yield _finding("unknown-file", what, Path(path), severity="note")

    return check


def sound_record(path: Path) -> Check:
    """Whether every line of the record of operations can be read."""

    def check() -> Iterator[Finding]:
        with suppress(FileNotFoundError):
            for offset in audit_lines.damaged(path):
                what = "a line of the record of operations cannot be read; the others can"
                yield Finding(severity="warning", kind="damaged-record", what=what, where=f"{path} at byte {offset}")

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


def _finding(
    kind: str,
    what: str,
    path: Path,
    *,
    severity: Literal["note", "warning", "error"] = "warning",
    run: str | None = None,
    advice: str = "",
) -> Finding:
    return Finding(severity=severity, kind=kind, what=what, where=str(path), advice=advice, run=run)
