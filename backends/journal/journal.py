"""The one writer of a run: each event is one line, one write, on a file under the kernel's lock."""

import logging
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from ...core.clock import now
from ...core.errors import Conflict, StorageError
from ...core.events import AnyEvent, CheckpointSaved, Event, RunFinished
from ...core.recording.jsonable import NotPlain, line_of, make_plain
from . import disk, lock
from .reader import LongLine, Whole, decode_line, read_lines
from .states_writer import StatesWriter

log = logging.getLogger("flightlog.journal")

_GATHERING_S = 0.001


class JournalWriter:
    """Appends a run's events; made by `JournalRecording.begin` and `resume` with the lock held. Thread-safe.

    What it promises, core.repositories.RunWriter says. `at` is where the journal stands: (seq of the last event, bytes
    up to its end).
    """

    def __init__(
        self,
        run: str,
        path: Path,
        fd: int,
        states: StatesWriter,
        *,
        at: tuple[int, int] = (0, 0),
        durable: bool = False,
    ) -> None:
        self._run, self._path, self._fd, self._states = run, path, fd, states
        self._at = at
        self._durable = durable
        self._synced = at[0]
        # Re-entrant, for a signal handler or a finaliser may record while this thread is in `append`.
        self._lock = threading.RLock()
        self._group = threading.Condition()
        self._is_syncing = self._crowded = False
        self._waiting = 0
        self._busy = False
        self._later: deque[Event] = deque()
        self._promised = at[0]
        self._attempt: Event | None = None  # an event of which it is not known whether its line was written
        self._refusal = ""
        self._second = ""
        self._said: tuple[int, str] | None = None  # what was refused last: behind which event, and what is to be done
        _open_writers.add(self)

    @property
    def run(self) -> str:
        """The run's id."""
        return self._run

    @property
    def last_seq(self) -> int:
        """`seq` of the newest event."""
        return self._at[0]

    def append(self, event: Event) -> int:
        """Numbers, times and appends an event; its values may be any that core.recording.jsonable makes plain.

        Costs some microseconds (`durable`: a sync, which threads that append at once share).
        Raises StorageError with nothing half-written; Conflict after `run.finished`, `close` or a fork.
        """
        seq = 0
        with self._lock:
            if self._busy:
                return self._promise(event)
            self._busy = True
            try:
                seq = self._write(event)
                while self._later:
                    self._write(self._later.popleft())
            except NotPlain:
                pass  # then it is made so
            finally:
                self._busy = False
        if not seq:
            # Outside the lock, for it runs code of the agent's, which may wait for a thread that records.
            make_plain(event)
            return self.append(event)
        if self._durable:
            self._sync(seq)
        return seq

    def _promise(self, event: Event) -> int:
        """Has an event written after the one that this very thread is writing, and tells its number."""
        make_plain(event)
        self._later.append(event)
        self._promised += 1
        return self._promised

    def put_value(self, value: bytes, *, key: str = "", opaque: bool = False) -> str:
        """Stores a checkpoint value once and returns its digest; it is written before this returns."""
        with self._lock:
            if self._refusal:
                raise self._refused()
            return self._states.put(value, key=key, opaque=opaque)

    def history(self, types: frozenset[str]) -> Iterator[AnyEvent]:
        """Events of these types recorded so far, in order. Reads the journal once; skips what is damaged.

        StorageError if it cannot be read.
        """
        heads = tuple(b'{"type":"%b"' % name.encode() for name in types)
        try:
            for _, line in read_lines(self._path):
                if not isinstance(line, LongLine) and line.startswith(heads):
                    yield from (part.event for part in decode_line(line) if isinstance(part, Whole))
        except OSError as error:
            raise disk.storage_error(error, self._path, "reading what was recorded") from error

    def close(self) -> None:
        """Lets go of the lock. May be called twice."""
        with self._lock:
            self._let_go(f"the writer of run {self._run} is closed")

    def _write(self, event: Event) -> int:
        if self._refusal or self._attempt:
            self._make_ready()
        seq, size = self._at
        event.seq = self._promised = seq = seq + 1
        event.t = t = now()
        if t[18] != self._second:
            self._look(t[18])
        if self._durable and type(event) is CheckpointSaved:
            self._states.sync()
        line = line_of(event)
        # An interrupt may strike between the write and the count: then the next append settles what became of it.
        self._attempt = event
        try:
            written = os.write(self._fd, line)
        except OSError as error:
            self._settle()
            raise self._failed(disk.storage_error(error, self._path, f"writing {len(line)} bytes")) from error
        if written != len(line):
            self._settle()
            raise self._failed(disk.short_write(written, len(line), self._path))
        self._at = (seq, size + written)
        self._attempt = None
        if type(event) is RunFinished:
            self._refusal = f"run {self._run} is finished"
        return seq

    def _make_ready(self) -> None:
        if self._attempt:
            self._settle()
        if self._refusal:
            raise self._refused()

    def _settle(self) -> None:
        """After an append that did not come to its end: counts its line if it is whole, else takes it back."""
        seq, size = self._at
        try:
            found = os.fstat(self._fd).st_size
            if found > size and os.pread(self._fd, 1, found - 1) == b"\n":
                self._at = (seq + 1, found)
                if isinstance(self._attempt, RunFinished):
                    self._refusal = f"run {self._run} is finished"
            elif found > size:
                os.ftruncate(self._fd, size)
        except OSError as error:
            raise self._failed(disk.storage_error(error, self._path, "taking back a torn line")) from error
        self._attempt = None

    def _look(self, second: str) -> None:
        """Once a second: whether the journal is still there, for a deleted file takes writes without complaint."""
        self._second = second
        if os.fstat(self._fd).st_nlink == 0:
            raise self._broken(f"the journal of run {self._run} was deleted while it was written")

    def _sync(self, seq: int) -> None:
        """Returns when an event is synced. One thread syncs for all that have written; the others wait for it."""
        with self._group:
            self._waiting += 1
            try:
                while self._is_syncing and self._synced < seq:
                    self._group.wait()
            finally:
                self._waiting -= 1
            if self._synced >= seq:
                return
            self._is_syncing = True
            crowded = self._crowded or self._waiting
        synced = self._synced
        try:
            if crowded:
                # More than one thread records, and one sync for all of them is worth a moment.
                time.sleep(_GATHERING_S)
            last = self._at[0]
            disk.sync(self._fd)
            synced = last
        except OSError as error:
            # The kernel may have dropped the pages: trying again on this descriptor would report a false success.
            raise self._broken(f"the journal could not be synced: {error.strerror}") from error
        finally:
            with self._group:
                self._crowded = synced - self._synced > 1
                self._synced = synced
                self._is_syncing = False
                self._group.notify_all()

    def _refused(self) -> Conflict:
        return Conflict(self._refusal, where=self._path, advice="record what follows as a run with this one as parent")

    def _broken(self, why: str) -> StorageError:
        self._let_go(why)
        return self._failed(StorageError(why, where=self._path, advice="begin a new run"))

    def _failed(self, error: StorageError) -> StorageError:
        """Says it in the log, once for all events in a row that are refused alike: a full disk refuses very many."""
        if self._said != (self._at[0], error.advice):
            self._said = self._at[0], error.advice
            log.error("run %s: %s", self._run, error)
        return error

    def _let_go(self, why: str) -> None:
        self._refusal = self._refusal or why
        _open_writers.discard(self)
        fd, self._fd = self._fd, -1
        if fd >= 0:
            lock.close(fd)
        self._states.close()

    def _after_fork(self) -> None:
        # The lock belongs to the open file, which the child shares: only its own copy is closed here.
        self._lock, self._group, self._busy = threading.RLock(), threading.Condition(), False
        self._refusal = f"run {self._run} is written by the process that this one was forked from"
        self._let_go("")

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            self._let_go("forgotten")


_open_writers: "weakref.WeakSet[JournalWriter]" = weakref.WeakSet()


def _close_in_child() -> None:
    for writer in list(_open_writers):
        writer._after_fork()


os.register_at_fork(after_in_child=_close_in_child)
