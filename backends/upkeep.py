"""Looking after a store: what is wrong in it, what takes how much room, and what may go."""

import os
import sqlite3
import stat
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import msgspec
from sqlalchemy import select, text

from ..core.errors import NotSupported, StorageError
from ..core.ids import day_of, is_ulid
from ..core.operations import Chosen, Compacted, Done, Operation, Order, Trashed
from ..core.pages import Page
from ..core.repositories import UpkeepRepository
from ..core.space import Sorting, Space
from ..core.upkeep import Dropped, Finding
from .data_directory import Root
from .dropping_states import DropStates
from .journal.disk import storage_error
from .journal.layout import JOURNAL_SUFFIX, STATES_SUFFIX, TORN_SUFFIX, run_of
from .journal.mending import is_half_mended
from .journal.reader import torn_tail
from .journal.states_dropping import is_left_over
from .operations.engine import Operations
from .repairs import Repairs, spooled_runs
from .space.store_space import StoreSpace
from .sql import tables
from .sql.database import Database
from .sql.words_kept import WITHOUT, can_keep
from .sqlite.engine import sqlite_is_fixed

Check = Callable[[], Iterator[Finding]]

_REBUILD = "delete .flightlog/index.db: it is made anew from the journals"


class StoreUpkeep(UpkeepRepository):
    """Runs one check after the other; `parts` names the files and folders whose sizes are told.

    `elsewhere` tells the sizes of what is no file here.
    """

    def __init__(
        self,
        root: Root,
        checks: Sequence[Check],
        parts: Mapping[str, Sequence[Path]],
        drop_states: DropStates,
        elsewhere: Callable[[], dict[str, int]] = dict,
        operations: Operations | None = None,
        repairs: Repairs = MappingProxyType({}),
        *,
        space: StoreSpace,
    ) -> None:
        self._operations, self._space = operations, space
        self._root, self._checks, self._parts, self._elsewhere = root, checks, parts, elsewhere
        self._drop_states, self._repairs = drop_states, repairs

    def check(self, *, stop: Callable[[], bool] = lambda: False) -> Iterator[Finding]:
        problem = self._root.problem()
        if problem:
            yield Finding(severity="error", kind="unreadable", what=problem, where=str(self._root.path))
            return
        for check in self._checks:
            for finding in _guarded(check, self._root.path):
                repair = self._repairs.get(finding.kind)
                yield msgspec.structs.replace(finding, repair=repair.would) if repair else finding
                if stop():
                    return
            if stop():
                return

    def repair(self, finding: Finding) -> str:
        found = self._repairs.get(finding.kind)
        if found is None:
            return super().repair(finding)
        self._root.check()
        try:
            return found.act(finding)
        except OSError as error:
            raise storage_error(error, Path(finding.where), "putting it right") from error

    def sizes(self) -> dict[str, int]:
        return {name: sum(map(_bytes_below, paths)) for name, paths in self._parts.items()} | self._elsewhere()

    def space(
        self, path: Sequence[str] = (), *, sort: Sorting = "size", limit: int = 1000, after: str | None = None
    ) -> Space:
        return self._space(path, sort, limit, after)

    def drop_states(self, run: str, keep: Collection[str], *, by: str = "") -> Dropped:
        if self._operations is None:
            return self._drop_states(run, keep, by)
        return self._operations.states(run, by, lambda: self._drop_states(run, keep, by))

    def archive(self, order: Order, chosen: Sequence[Chosen]) -> Iterator[Done]:
        return self._able().archive(order, chosen)

    def restore(self, order: Order, runs: Sequence[str]) -> Iterator[Done]:
        return self._able().restore(order, runs)

    def trash(self, order: Order, chosen: Sequence[Chosen]) -> Iterator[Done]:
        return self._able().trash(order, chosen)

    def undo(self, order: Order, operation: str) -> Iterator[Done]:
        return self._able().undo(order, operation)

    def purge(self, order: Order, *, before: str | None = None, runs: Collection[str] | None = None) -> Iterator[Done]:
        return self._able().purge(order, before=before, runs=runs)

    def trashed(self, *, limit: int = 100, after: str | None = None) -> Page[Trashed]:
        return self._able().trashed(limit=limit, after=after)

    def operations(self, *, limit: int = 100, after: str | None = None) -> Page[Operation]:
        return self._able().operations(limit=limit, after=after)

    def operation(self, id: str) -> Operation:
        return self._able().operation(id)

    def verify_archive(self, run: str) -> Finding | None:
        return self._able().verify(run)

    def applied_policy(self) -> str:
        return self._able().applied_policy()

    def note_policy(self, order: Order, digest: str) -> None:
        self._able().note_policy(order, digest)

    def compact(self, order: Order | None = None) -> Compacted:
        return self._able().compact(order)

    def _able(self) -> Operations:
        if self._operations is None:
            raise NotSupported("this cannot be done here yet", where=self._root.path)
        return self._operations


def _guarded(check: Check, where: Path) -> Iterator[Finding]:
    """A check's findings; that it cannot be done is one, too."""
    try:
        yield from check()
    except StorageError as error:
        place = error.where or str(where)
        yield Finding(severity="error", kind="unreadable", what=error.what, where=place, advice=error.advice)
    except OSError as error:
        place = str(error.filename or where)
        yield Finding(severity="error", kind="unreadable", what=error.strerror or str(error), where=place)


def can_be_read(refresh: Callable[[], None]) -> Check:
    """Whether the store can be brought up to date at all."""

    def check() -> Iterator[Finding]:
        refresh()
        yield from ()

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
        if found.st_mode & 0o077:
            yield str(path)
        return
    for file, found in _files_below(path):
        if found.st_mode & 0o077:
            yield file


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
            newer = "newer Flightlog" in row.what
            place = row.place if row.offset is None else f"{row.place} at byte {row.offset}"
            yield Finding(
                severity="warning" if newer else "error",
                kind="newer-format" if newer else "damaged-line",
                what=row.what,
                where=place,
                advice="read it with a newer Flightlog" if newer else "the rest was read; the bytes are kept",
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
        with database.read() as connection:
            for (line,) in connection.execute(text("PRAGMA quick_check(20)")):
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
        names = {file for file, _ in _files_below(folder)}
        for path in sorted(map(Path, names)):
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


def _finding(
    kind: str,
    what: str,
    path: Path,
    *,
    severity: Literal["note", "warning"] = "warning",
    run: str | None = None,
    advice: str = "",
) -> Finding:
    return Finding(severity=severity, kind=kind, what=what, where=str(path), advice=advice, run=run)


def _files_below(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every file with what is known of it. Others go on meanwhile: what they remove is not there."""
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, PermissionError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(Path(entry.path))
        elif not entry.is_dir():
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield entry.path, found


def _bytes_below(path: Path) -> int:
    try:
        found = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return 0
    if not stat.S_ISDIR(found.st_mode):
        return found.st_size
    return sum(found.st_size for _, found in _files_below(path))
