"""The runs of a data directory, and what is done with one of them: files that are moved, written aside and removed."""

import logging
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec
from sqlalchemy import bindparam, select

from ....core.copies import Original
from ....core.errors import Corrupt, NotFound, NotSupported, StorageError
from ....core.events import RunFinished
from ....core.operations import Compacted, Done, Kind, Trashed
from ....core.pages import Page
from ....core.progress import one_part
from ....core.runs import Run
from ....core.upkeep import Finding
from ...ingest.refresh import Refresh
from ...journal import disk, lock
from ...journal.layout import Layout
from ...journal.reader import LongLine, Whole, decode_line, read_lines_back
from ...sql import run_queries, tables
from ...sql.database import Database
from ...sqlite.sqlite_housekeeping import SqliteHousekeeping
from .. import folders
from ..families import families
from ..packing import damaged, must_be_sound
from ..record import Act, Intent
from ..reserve import Reserve, is_full
from ..shelf import CHILDREN, IN_ARCHIVE, Seen
from .archive import FileArchive
from .purge import Notes, blank, scrub
from .trash import FileTrash, Measured
from .trash_list import TrashList
from .trash_places import TrashPlaces

log = logging.getLogger("flightlog")

_LOCKED = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class FileShelf:
    """See `shelf.Shelf`. `index` is the file of the database, if it has one."""

    def __init__(
        self, layout: Layout, database: Database, refresh: Refresh, reserve: Reserve, index: Path | None = None
    ) -> None:
        self._keeping = SqliteHousekeeping(database, index)
        self._layout, self._database, self._refresh = layout, database, refresh
        self._places = TrashPlaces(layout)
        self._reserve, self._trash, self._trashed = reserve, FileTrash(self._places, reserve), TrashList(self._places)
        self._archive = FileArchive(layout)
        self._notes = Notes(layout.annotations)

    def refresh(self) -> None:
        """See the protocol. What was pinned since is read from the annotations themselves."""
        with self._errors("looking for runs"):
            self._notes.begin()
            try:
                self._reserve.within(self._refresh.insist)  # who cannot look at a store cannot remove anything
            except StorageError:
                self._refresh()
            if self._refresh.problem:  # then the index is old, and what it knows of pins may be too
                self._notes.begin_anew()

    def families(self, runs: Collection[str]) -> dict[str, str]:
        """See the protocol."""
        return families(self._database, runs)

    # --- one run

    @contextmanager
    def holding(self, intent: Intent) -> Iterator[Seen]:
        """See the protocol. The lock is that of the run's journal; a run that has none has no writer."""
        with self._errors("taking a run's lock"):
            fd, busy = self._take(intent.run)
        try:
            with self._errors("looking at a run"):
                seen = self._seen(intent, fd, busy)
                if intent.act in IN_ARCHIVE or (intent.act == "trash" and seen.run and seen.run.archived):
                    folders.must_be_open(self._layout.archived(intent.run))
            yield seen
        finally:
            if fd >= 0:
                lock.close(fd)

    def do(self, intent: Intent, seen: Seen) -> Done:
        """See the protocol."""
        measured: Measured | None = None
        with self._errors(f"doing {intent.act}"):
            if intent.act == "archive" and seen.run:
                self._archive.pack(intent, seen.run, self._notes.lines(intent.run))
            elif intent.act == "restore":
                self._archive.unpack(intent)
            elif intent.act == "trash" and seen.run:
                measured = self._trash.put(intent, seen.run)
            elif intent.act == "untrash":
                self._trash.bring(intent)
            elif intent.act == "uncopy":
                self._archive.drop(intent)
            found = self._settle(intent, trusted=True, measured=measured)
        if found is None:
            raise StorageError(f"{intent.act} of run {intent.run} was not done", where=self._layout.root)
        return found

    def copy(self, intent: Intent, original: Original) -> Done:
        """See the protocol."""
        with self._errors("copying a run"):
            self._archive.copy(intent, original, self._notes.lines(intent.run))
            found = self._settle(intent, trusted=True)
        if found is None:
            raise StorageError(f"run {intent.of} was not copied", where=self._layout.root)
        return found

    def settle(self, intent: Intent) -> Done | None:
        """See the protocol."""
        with self._errors(f"settling {intent.act}"):
            return self._settle(intent, trusted=False)

    def _settle(self, intent: Intent, *, trusted: bool, measured: Measured | None = None) -> Done | None:
        ways: dict[Act, Callable[[], Done | None]] = {
            "archive": lambda: self._archive.settle_pack(intent, trusted=trusted),
            "restore": lambda: self._archive.settle_unpack(intent, trusted=trusted),
            "copy": lambda: self._archive.settle_copy(intent),
            "uncopy": lambda: self._archive.settle_drop(intent),
            "trash": lambda: self._trash.settle_put(intent, measured),
            "untrash": lambda: self._trash.settle_bring(intent),
            "purge": lambda: self._trash.purge(intent),
        }
        return ways[intent.act]()

    def tidy(self, operation: str, kind: Kind, runs: Sequence[str]) -> None:
        """See the protocol."""
        with self._errors("tidying up"):
            self._archive.tidy(operation)
            gone = [run for run in runs if not any(map(os.path.lexists, self._heads(run)))]
            if kind == "purge" and gone:
                blank(self._layout.annotations, gone)
                self._trash.purge_quarantine(gone)
                self._reserve.within(partial(scrub, self._database, self._refresh.insist))
                self._wipe()

    def _wipe(self) -> None:
        """Leaves nothing in free pages of the index and in its log.

        Where others read an older state of it, or there is no room, that is so when the index is closed last.
        """
        try:
            self._keeping.wipe()
        except StorageError as error:
            if not is_full(error):
                raise
            log.warning("the log of the index is not emptied yet: %s", error)

    # --- what is known

    def compact(self, *, preview: bool) -> Compacted:
        """See the protocol."""
        return self._keeping.compact(preview=preview)

    def trashed(self, limit: int, after: str | None) -> Page[Trashed]:
        """See the protocol."""
        with self._errors("looking into the trash"):
            return self._trashed.page(limit, after)

    def verify(self, run: str) -> Finding | None:
        """See the protocol."""
        path = self._layout.archived(run)
        try:
            must_be_sound(path, run)
        except (Corrupt, NotSupported) as error:
            return damaged(path, run, error)
        return None

    # --- how

    def _take(self, run: str) -> tuple[int, bool]:
        """The journal with its lock; -1 if there is none, or (True) somebody holds it."""
        path = self._layout.journal(run)
        try:
            with folders.opened(self._layout.root, path.parent) as there:
                fd = os.open(path.name, _LOCKED, dir_fd=there)
        except FileNotFoundError:
            return -1, False
        if lock.take(fd) and disk.is_same_file(fd, path):
            return fd, False
        lock.close(fd)
        return -1, True

    def _seen(self, intent: Intent, fd: int, busy: bool) -> Seen:
        run = intent.run
        if intent.act in ("purge", "untrash"):
            return self._seen_in_trash(intent, there=fd >= 0 or busy)
        self._trash.check()
        known = self.known(run)
        archived = fd < 0 and not busy and os.path.lexists(self._layout.archived(run))
        if known is None or (fd < 0 and not busy and not archived):
            return Seen(None, trashed=intent.act == "copy" and self._places.has_anywhere(run))
        if busy:
            return Seen(known, busy="somebody records into it", workflow=known.workflow)
        now = msgspec.structs.replace(known, archived=archived, pinned=self._notes.pinned(run, known.pinned))
        if not archived:
            now = _as_of(now, self._layout.journal(run))
        plain = self._archive.plain_bytes(run) if intent.act == "restore" and archived else 0
        children, size = self._children(run), now.size_bytes or 0
        return Seen(now, children=children, workflow=now.workflow, size_bytes=size, plain_bytes=plain)

    def _seen_in_trash(self, intent: Intent, *, there: bool) -> Seen:
        run, of = intent.run, intent.of
        if not self._places.has(of, run):
            return Seen(None)
        told = self._trashed.told(of, run)
        with one_part(told.size_bytes if told else 0, 1):
            size, digest = self._trash.measured(of, run) if intent.act == "purge" else (0, "")
        again = there or os.path.lexists(self._layout.archived(run))
        live = Run(id=run, workflow="") if again else None
        return Seen(live, trashed=True, workflow=told.workflow if told else "", size_bytes=size, digest=digest)

    def known(self, run: str) -> Run | None:
        """A run as it was when it was last looked at; None if it is not known."""
        with self._database.read() as connection:
            try:
                return run_queries.get(connection, run)
            except NotFound:
                return None

    def _children(self, run: str) -> tuple[str, ...]:
        """Those whose files are there: the index may not have heard yet of some that have just gone."""
        with self._database.read() as connection:
            found = connection.scalars(_CHILDREN, {"of": run}).all()
        there = (one for one in found if any(map(os.path.lexists, self._heads(one))))
        return tuple(islice(there, CHILDREN))

    def _heads(self, run: str) -> tuple[Path, Path]:
        return self._layout.journal(run), self._layout.archived(run)

    @contextmanager
    def _errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = Path(str(error.filename)) if error.filename else self._layout.root
            raise disk.storage_error(error, where, doing) from error


def _as_of(run: Run, path: Path) -> Run:
    """A run as its journal ends now: whether it went on since it was taken into the index."""
    for _, line in read_lines_back(path):
        events = (
            [] if isinstance(line, LongLine) else [one.event for one in decode_line(line) if isinstance(one, Whole)]
        )
        if events:
            last = events[-1]
            if isinstance(last, RunFinished):
                return msgspec.structs.replace(run, status=last.status, last_seq=last.seq)
            return (
                run if last.seq == run.last_seq else msgspec.structs.replace(run, status="running", last_seq=last.seq)
            )
    return run


_runs = tables.runs.c
_CHILDREN = select(_runs.id).where(_runs.parent == bindparam("of")).order_by(_runs.id)
