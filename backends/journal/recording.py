"""The writing side of runs as journals: what the recorder asks of a store, without index or database."""

import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from ...core.errors import Conflict, Corrupt, NotFound, StorageError
from ...core.events import (
    FORMAT,
    CheckpointSaved,
    Decision,
    Logged,
    RunFinished,
    RunResumed,
    RunStarted,
    Writer,
)
from ...core.forking import undivided
from ...core.ids import check_run_id
from ...core.repositories import RecordingRepository
from . import disk, lock
from .annotations import Answers
from .journal import JournalWriter
from .layout import Layout
from .mending import mend_tail
from .process import this_process
from .reader import LongLine, Whole, decode_line, read_lines_back
from .states_writer import StatesWriter

log = logging.getLogger("flightlog.journal")


class JournalRecording(RecordingRepository):
    """Records runs into the journals of a layout. Thread-safe."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._answers = Answers(layout.annotations)

    def begin(self, started: RunStarted, *, durable: bool = False) -> JournalWriter:
        """Creates the journal, takes its lock and appends the first event; see the interface."""
        run = check_run_id(started.run)
        path = self._layout.journal(run)
        self._refuse_archived(run)
        with undivided():  # a child would keep the lock of one that it does not know
            fd = self._create(run, path)
            writer = JournalWriter(run, path, fd, self._states(run), durable=durable)
        try:
            started.format = FORMAT
            started.writer = started.writer or this_process()
            writer.append(started)
            if durable:
                _sync_folders(path)
        except BaseException:
            # Without its first event it is no run: nothing is left of it. The lock is still ours.
            with contextlib.suppress(OSError):  # what is raised already says what is wrong there
                os.unlink(path)
            writer.close()
            raise
        log.info("run %s of %s begins in %s", run, started.workflow, path)
        return writer

    def resume(self, run: str, *, durable: bool = False) -> JournalWriter:
        """Takes the run's lock, sets a torn tail aside and appends `run.resumed`; see the interface."""
        path = self._layout.journal(check_run_id(run))
        with undivided():
            writer, aside = self._taken_up(run, path, durable)
        try:
            writer.append(RunResumed(writer=this_process()))
            log.info("run %s is taken up again at event %d", run, writer.last_seq - 1)
            if aside:
                self._tell_torn(writer, aside)
        except BaseException:
            writer.close()
            raise
        return writer

    def _taken_up(self, run: str, path: Path, durable: bool) -> tuple[JournalWriter, int]:
        """The writer, and how many bytes of a torn tail were set aside."""
        fd = self._lock_of(run, path)
        try:
            aside = mend_tail(fd, path, self._layout.torn(run))
            at = (_last_seq(run, path), os.fstat(fd).st_size)
        except OSError as error:
            lock.close(fd)
            raise _logged(disk.storage_error(error, path, "taking the run up")) from error
        except BaseException:
            lock.close(fd)
            raise
        states = self._states(run, last=lambda: last_values(path))
        return JournalWriter(run, path, fd, states, at=at, durable=durable), aside

    def _tell_torn(self, writer: JournalWriter, aside: int) -> None:
        torn = self._layout.torn(writer.run)
        message = f"{aside} bytes of a line that was never finished were set aside"
        log.warning("run %s: %s in %s", writer.run, message, torn)
        details = {"file": torn.name, "bytes": aside}
        writer.append(Logged(level="WARNING", kind="recovery", message=message, details=details))

    def answer(self, run: str, approval: str) -> tuple[Decision, str, str] | None:
        """The first answer among the annotations; costs a `stat` while nothing was added."""
        try:
            return self._answers.first(run, approval)
        except OSError as error:
            raise disk.storage_error(error, self._layout.annotations, "reading the annotations") from error

    def measure(self, path: str) -> tuple[int | None, str]:
        """Size and digest of an artifact's file, hashed if it has at most 16 MiB (some 20 ms)."""
        return disk.measure(Path(path))

    def _states(self, run: str, last: Callable[[], Mapping[str, str]] | None = None) -> StatesWriter:
        return StatesWriter(run, self._layout.states(run), self._layout.torn(run), last=last)

    def _refuse_archived(self, run: str) -> None:
        path = self._layout.archived(run)
        if os.path.lexists(path):
            advice = f"`flightlog restore {run}` brings it back; or record a new run with this one as parent"
            raise Conflict(f"run {run} is in the archive", where=path, advice=advice)

    def _create(self, run: str, path: Path) -> int:
        try:
            disk.refuse_symlink(path.parent)
            fd = disk.open_new(path)
        except FileExistsError as error:
            raise Conflict(
                f"run {run} exists already", where=path, advice="leave the id out to get a new one"
            ) from error
        except OSError as error:
            raise _logged(disk.storage_error(error, path, "creating the journal")) from error
        try:
            taken = lock.take(fd)
        except OSError as error:  # the file system has no locks
            os.close(fd)
            with contextlib.suppress(OSError):
                os.unlink(path)  # it is empty, and nobody's
            raise _logged(disk.storage_error(error, path, "creating the journal")) from error
        if not taken:
            os.close(fd)
            raise Conflict(f"somebody took run {run} up in this very moment", where=path, advice="begin another run")
        return fd

    def _lock_of(self, run: str, path: Path) -> int:
        try:
            fd = disk.open_append(path)
        except FileNotFoundError as error:
            self._refuse_archived(run)
            raise NotFound(f"no run {run} to take up", where=path) from error
        except OSError as error:
            raise _logged(disk.storage_error(error, path, "opening the journal")) from error
        try:
            if lock.take(fd) and disk.is_same_file(fd, path):
                return fd
        except OSError as error:
            os.close(fd)
            raise _logged(disk.storage_error(error, path, "taking the run up")) from error
        lock.close(fd)
        writer = last_writer(path)
        who = f"process {writer.pid} on {writer.host}" if writer else "somebody"
        raise Conflict(
            f"run {run} is being written by {who}",
            where=path,
            advice="record a run of your own with this one as parent",
        )


def last_writer(path: Path) -> Writer | None:
    """The process that began the run or took it up last, as its journal says; None if it does not. OSError."""
    for _, line in read_lines_back(path):
        if not isinstance(line, LongLine) and line.startswith((b'{"type":"run.resumed"', b'{"type":"run.started"')):
            for part in decode_line(line):
                if isinstance(part, Whole) and isinstance(part.event, RunResumed | RunStarted):
                    return part.event.writer
    return None


def last_values(path: Path) -> Mapping[str, str]:
    """State key → digest of its value at the run's last checkpoint. OSError."""
    for _, line in read_lines_back(path):
        if not isinstance(line, LongLine) and line.startswith(b'{"type":"checkpoint"'):
            for part in decode_line(line):
                if isinstance(part, Whole) and isinstance(part.event, CheckpointSaved):
                    return part.event.values
    return {}


def _last_seq(run: str, path: Path) -> int:
    """`seq` of the last event. Conflict if the run is finished, Corrupt if it has not even begun."""
    unreadable = 0
    for _, line in read_lines_back(path):
        events = [part.event for part in decode_line(line) if isinstance(part, Whole)]
        if not events:
            unreadable += 1
            continue
        if isinstance(events[-1], RunFinished):
            advice = "record a new run with this one as parent"
            raise Conflict(f"run {run} is finished", where=path, advice=advice)
        # Each unreadable line after it may have been an event: its number is not given again.
        return events[-1].seq + unreadable
    raise Corrupt(f"no event of run {run} can be read", where=path, advice="begin a new run")


def _sync_folders(path: Path) -> None:
    try:
        for folder in (path.parent, path.parent.parent):
            disk.sync_folder(folder)
    except OSError as error:
        raise disk.storage_error(error, path, "syncing the folder of a new journal") from error


def _logged(error: StorageError) -> StorageError:
    log.error("%s", error)
    return error
