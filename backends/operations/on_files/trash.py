"""The trash of a data directory: `trash/<operation>/`, with a run's files as they were and `<run>.json` beside them.

The journal of a run (or its archive) goes first and comes back last: where it lies, there is the run. Everything is
moved by renaming, so that nothing needs room but a folder and a few lines; `<run>.json` is done without where there
is none for it, for what it says the files say too.
"""

import hashlib
import logging
import os
import stat
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec

from ....core.clock import from_seconds, now
from ....core.errors import Conflict, StorageError
from ....core.events import RunFinished, RunStarted
from ....core.ids import check_run_id, is_ulid, time_of
from ....core.operations import Done, Trashed
from ....core.pages import Page, from_cursor, to_cursor
from ....core.runs import Run
from ...journal.layout import ARCHIVE_SUFFIX, JOURNAL_SUFFIX, Layout, run_of
from ...journal.reader import LongLine, Whole, decode_line, read_lines, read_lines_back
from .. import folders
from ..record import Intent
from ..reserve import Reserve, is_full

log = logging.getLogger("flightlog")

Measured = tuple[int, str]
"""Bytes of a run's files, and the digest of all of them."""


class Info(Trashed, kw_only=True, frozen=True):
    """What `<run>.json` says: what is shown of a run in the trash, and from where it came."""

    came_from: str = ""


class FileTrash:
    """The trash of one data directory. What changes something is for one thread, under the lock of operations."""

    def __init__(self, layout: Layout, reserve: Reserve) -> None:
        self._layout, self._reserve = layout, reserve

    def check(self) -> None:
        """Whether runs can be put there: StorageError if a symlink lies in its place. OSError."""
        with suppress(FileNotFoundError), self._opened(self._layout.trash):
            pass

    def lies_anywhere(self, run: str) -> bool:
        """Whether a run is there, whatever operation put it there. Costs a look for each operation in the trash."""
        names = (f"{run}{JOURNAL_SUFFIX}", f"{run}{ARCHIVE_SUFFIX}")
        return any(next(self._layout.trash.glob(f"*/{name}"), None) for name in names)

    # --- into the trash

    def put(self, intent: Intent, run: Run) -> Measured:
        """Moves a run's files, whose lock the caller holds; `settle_put` follows. Stopped before anything was moved."""
        home, head = self._home(run.id, run.archived)
        with self._opened(home) as there:
            found = self._measured(there, (head,) if run.archived else (head, *self._beside(run.id)))
            with self._made(self._folder(intent.operation)) as trash:
                self._tell(trash, intent, run, f"{home.relative_to(self._layout.root)}/{head}")
                self._reserve.within(partial(folders.move, head, there, trash))
        return found

    def settle_put(self, intent: Intent, measured: Measured | None = None) -> Done | None:
        """The rest of a run that has begun to be moved; None if it has not, and then nothing is left of the attempt.

        Reads all of it, unless it was `measured` just before.
        """
        try:
            with self._opened(intent.operation) as trash:
                return self._settle_put(intent, trash, measured)
        except FileNotFoundError:
            return None

    def _settle_put(self, intent: Intent, trash: int, measured: Measured | None) -> Done | None:
        run = intent.run
        head, archived = self._head(trash, run)
        if not head:
            folders.remove(trash, _info(run))
            folders.remove_empty(self._layout.root, self._folder(intent.operation))
            return None
        home, _ = self._home(run, archived)
        try:
            with self._opened(home) as there:
                # A journal that is there again is another run's of the same id, and so is all beside it.
                if not archived and not folders.is_there(there, head):
                    for name in filter(lambda name: folders.is_there(there, name), self._beside(run)):
                        self._reserve.within(partial(folders.move, name, there, trash))
                    folders.remove_half_written(there, run)
                os.fsync(trash)  # that they lie here is on the disk before that they have left
                os.fsync(there)
        except FileNotFoundError:
            os.fsync(trash)
        size, digest = measured or self.measured(intent.operation, run)
        where = str((self._folder(intent.operation) / head).relative_to(self._layout.root))
        return Done(run=run, outcome="done", before_bytes=size, after_bytes=size, where=where, digest=digest)

    # --- back from it

    def bring(self, intent: Intent) -> None:
        """Shows a run's files where they were. `settle_bring` follows."""
        run = intent.run
        with self._opened(intent.of) as trash:
            head, archived = self._head(trash, run)
            home, _ = self._home(run, archived)
            with self._made(home) as there:
                try:
                    for name in (*([] if archived else self._beside(run)), head):
                        if folders.is_there(trash, name):
                            self._reserve.within(partial(folders.show, name, trash, there, name))
                except FileExistsError as error:
                    raise Conflict(f"a run {run} is there again", where=home) from error

    def settle_bring(self, intent: Intent) -> Done | None:
        """Takes out of the trash what is shown where it was; None if it is not, and then nothing of it is shown."""
        run = intent.run
        for archived in (False, True):
            home, head = self._home(run, archived)
            with suppress(FileNotFoundError), self._opened(home) as there:
                with suppress(FileNotFoundError), self._opened(intent.of) as trash:
                    if folders.is_there(trash, head) and not folders.are_equal(trash, there, head):
                        if not folders.is_there(there, head):
                            self._hide(trash, there, run)
                        return None
                if folders.is_there(there, head):
                    os.fsync(there)  # before its other place goes
                    self._empty(intent.of, run)
                    size = sum(folders.size_of(there, name) or 0 for name in (head, *self._beside(run)))
                    where = str((home / head).relative_to(self._layout.root))
                    return Done(run=run, outcome="done", before_bytes=size, after_bytes=size, where=where)
        return None

    def _hide(self, trash: int, there: int, run: str) -> None:
        """Takes back what was shown of a run that was not shown itself."""
        for name in self._beside(run):
            if folders.is_there(there, name) and folders.are_equal(trash, there, name):
                folders.remove(there, name)
            elif folders.is_there(there, name) and not folders.is_there(trash, name):
                folders.move(name, there, trash)

    # --- out of it for good

    def purge(self, intent: Intent) -> Done:
        """Removes what is left of a run in the trash; may be called again."""
        self._empty(intent.of, intent.run)
        return Done(run=intent.run, outcome="done", before_bytes=intent.size_bytes, digest=intent.digest)

    def measured(self, operation: str, run: str) -> Measured:
        """Bytes and digest of what lies there of a run. OSError."""
        with self._opened(operation) as trash:
            return self._measured(trash, (f"{run}{JOURNAL_SUFFIX}", f"{run}{ARCHIVE_SUFFIX}", *self._beside(run)))

    def _measured(self, folder: int, names: Sequence[str]) -> Measured:
        digest, size = hashlib.sha256(), 0
        for name in names:
            bytes_of_it = folders.size_of(folder, name)
            if bytes_of_it is not None:
                folders.digest_of(folder, name, digest)
                size += bytes_of_it
        return size, digest.hexdigest()

    def _empty(self, operation: str, run: str) -> None:
        with suppress(FileNotFoundError), self._opened(operation) as trash:
            for name in (f"{run}{JOURNAL_SUFFIX}", f"{run}{ARCHIVE_SUFFIX}", *self._beside(run), _info(run)):
                folders.remove(trash, name)
            os.fsync(trash)
        folders.remove_empty(self._layout.root, self._folder(operation))

    def purge_quarantine(self, runs: Collection[str]) -> None:
        """Removes what was set aside of these runs in the quarantine. OSError, StorageError."""
        with suppress(FileNotFoundError), self._opened(self._layout.quarantine) as quarantine:
            for name in os.listdir(quarantine):
                if name.partition(".")[0] in runs:
                    folders.remove(quarantine, name)
            os.fsync(quarantine)

    # --- what is there

    def has(self, operation: str, run: str) -> bool:
        """Whether a run lies in the trash of an operation. OSError."""
        try:
            with self._opened(operation) as trash:
                return bool(self._head(trash, run)[0])
        except FileNotFoundError:
            return False

    def page(self, limit: int, after: str | None) -> Page[Trashed]:
        """Newest first. Costs the names in the trash and what is returned. OSError, StorageError."""
        place = tuple(from_cursor(after, str, str)) if after else None
        found: list[Trashed] = []
        last: tuple[str, str] | None = None
        for operation, run in self._all(place):
            if len(found) == max(limit, 1):
                assert last
                return Page(items=found, next=to_cursor(*last))
            told = self.told(operation, run)
            if told:
                found.append(told)
                last = (operation, run)
        return Page(items=found)

    def _all(self, after: tuple[str, ...] | None) -> Iterator[tuple[str, str]]:
        try:
            with self._opened(self._layout.trash) as trash:
                operations = sorted(filter(is_ulid, os.listdir(trash)), reverse=True)
        except FileNotFoundError:
            return
        for operation in operations:
            if after and operation > after[0]:
                continue
            try:
                with self._opened(operation) as folder:
                    names = os.listdir(folder)
            except FileNotFoundError:
                continue
            runs = {run_of(name) or name.removesuffix(ARCHIVE_SUFFIX) for name in names}
            for run in sorted(filter(is_ulid, runs), reverse=True):
                if not after or (operation, run) < after:
                    yield operation, run

    def told(self, operation: str, run: str) -> Trashed | None:
        """What is shown of a run in the trash; None if it is just coming back, or has gone."""
        try:
            with self._opened(operation) as trash:
                head, archived = self._head(trash, run)
                if not head:
                    return None
                home, _ = self._home(run, archived)
                with suppress(FileNotFoundError), self._opened(home) as there:
                    if folders.are_equal(trash, there, head):
                        return None
                size = self._size(trash, run)
                told = _read_info(trash, run) or self._from_files(operation, run, archived)
                facts = {name: getattr(told, name) for name in Trashed.__struct_fields__}
                return Trashed(**facts | {"operation": operation, "run": run, "size_bytes": size, "archived": archived})
        except FileNotFoundError:
            return None

    def _from_files(self, operation: str, run: str, archived: bool) -> Info:
        """What can be said without `<run>.json`."""
        at = from_seconds(time_of(operation))
        if archived:
            return Info(run=run, workflow="", operation=operation, at=at)
        path, workflow, facts = self._folder(operation) / f"{run}{JOURNAL_SUFFIX}", "", dict[str, object]()
        for _, line in read_lines(path):
            for part in decode_line(line) if not isinstance(line, LongLine) else ():
                if isinstance(part, Whole) and isinstance(part.event, RunStarted):
                    started = part.event
                    workflow, facts = started.workflow, {"started": started.t}
                    facts |= {name: getattr(started, name) for name in ("version", "name", "session", "project")}
            break
        for _, line in read_lines_back(path):
            for part in decode_line(line) if not isinstance(line, LongLine) else ():
                if isinstance(part, Whole) and isinstance(part.event, RunFinished):
                    facts |= {"status": part.event.status, "finished": part.event.t}
            break
        return msgspec.structs.replace(Info(run=run, workflow=workflow, operation=operation, at=at), **facts)

    def _tell(self, trash: int, intent: Intent, run: Run, came_from: str) -> None:
        names = ("workflow", "version", "name", "status", "started", "finished", "archived", "session", "project")
        info = Info(
            run=run.id,
            size_bytes=run.size_bytes or 0,
            operation=intent.operation,
            at=now(),
            by=intent.by,
            rule=intent.rule,
            came_from=came_from,
            **{name: getattr(run, name) for name in names},
        )
        path = self._folder(intent.operation) / _info(run.id)
        try:
            folders.write_new(trash, _info(run.id), msgspec.json.encode(info) + b"\n", path)
        except (OSError, StorageError) as error:
            if not is_full(error):
                raise
            folders.remove(trash, _info(run.id))
            log.info("no room for %s", path)

    # --- places

    def _folder(self, operation: str) -> Path:
        if not is_ulid(operation):
            raise StorageError(f"{operation[:60]!r} is no id of an operation", where=self._layout.trash)
        return self._layout.trash / operation

    def _opened(self, folder: str | Path) -> AbstractContextManager[int]:
        return folders.opened(self._layout.root, self._folder(folder) if isinstance(folder, str) else folder)

    @contextmanager
    def _made(self, folder: Path) -> Iterator[int]:
        root = self._layout.root
        with ExitStack() as stack:
            yield self._reserve.within(lambda: stack.enter_context(folders.opened(root, folder, make=True)))

    def _home(self, run: str, archived: bool) -> tuple[Path, str]:
        """Where a run lies that is not in the trash, and the file by which it is there."""
        path = self._layout.archived(run) if archived else self._layout.journal(run)
        return path.parent, path.name

    def _head(self, trash: int, run: str) -> tuple[str, bool]:
        """The file by which a run is in the trash, and whether it is an archive; empty if it is not there."""
        check_run_id(run)
        for name, archived in ((f"{run}{JOURNAL_SUFFIX}", False), (f"{run}{ARCHIVE_SUFFIX}", True)):
            if folders.is_there(trash, name):
                return name, archived
        return "", False

    def _beside(self, run: str) -> tuple[str, ...]:
        return self._layout.states(run).name, self._layout.torn(run).name

    def _size(self, trash: int, run: str) -> int:
        names = (f"{run}{JOURNAL_SUFFIX}", f"{run}{ARCHIVE_SUFFIX}", *self._beside(run))
        return sum(folders.size_of(trash, name) or 0 for name in names)


def _info(run: str) -> str:
    return f"{run}.json"


def _read_info(trash: int, run: str) -> Info | None:
    try:
        fd = os.open(_info(run), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=trash)
    except OSError:
        return None
    try:
        text = os.read(fd, 1 << 20) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
        return msgspec.json.decode(text, type=Info)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    finally:
        os.close(fd)
