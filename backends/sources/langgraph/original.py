"""Opening somebody else's SQLite database without leaving a trace.

What SQLite does to a database in WAL mode, and what follows (tried with 3.40):

- `mode=ro` makes `-wal` and `-shm` if they are missing and cannot remove them again. So it is
  used only where both lie there; then it adds nothing, changes nothing but reader marks in the
  `-shm`, and never moves the log into the database, also after the writer was killed.
- Without a `-wal` all is in the file: `immutable=1` reads it without locks or other files. The
  answer is thrown away and asked again if the files changed meanwhile.
- A `-wal` without a `-shm` (a copied or half-removed database) can only be read by making the
  `-shm`: a private copy is read instead.

Every read is short and closes its connection: a reader that stays open would keep the
writer from tidying its `-wal` away. Nothing else of this process may open the file, for closing
any descriptor of it would drop SQLite's locks (sqlite.org/howtocorrupt.html, 2.2).
"""

import os
import shutil
import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import quote

from ....core.errors import Corrupt, FlightlogError, Locked, NotFound, StorageError
from ....core.forking import inherited, undivided
from ...journal.disk import storage_error

T = TypeVar("T")

_TRIES = 20
_COARSE_S = 0.02  # a file's time moves in steps of up to 10 ms: younger ones may still hide a change


class FileState(NamedTuple):
    """What tells one content of a file from the next. (Not the change time, which SQLite moves by only looking.)"""

    inode: int
    size: int
    mtime_ns: int


class State(NamedTuple):
    """The files of a database as they are now; None for one that is not there."""

    main: FileState | None
    wal: FileState | None
    shm: bool
    journal: bool


class Original:
    """A foreign database. Thread-safe: every read has a connection of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._removed: weakref.finalize[..., Original] | None = None
        self.in_child()
        inherited(self)

    def in_child(self) -> None:
        """It has no private copy: that of its parent is not a child's to remove, neither when it ends."""
        if self._removed:
            self._removed.detach()
        self._lock = threading.Lock()
        self._copy: tuple[State, Path] | None = None

    def state(self) -> State:
        """What the folder says about the database; differs after every commit. Costs four `stat`."""
        shm, journal = (os.path.exists(f"{self.path}{end}") for end in ("-shm", "-journal"))
        return State(_stat(f"{self.path}"), _stat(f"{self.path}-wal"), shm, journal)

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What `work` returns for one consistent view of the database; it may be called several times.

        Raises NotFound, Corrupt (no database, or a damaged one), Locked, or StorageError where the system refuses
        it, or the room for a private copy; the database is untouched.
        """
        for attempt in range(_TRIES):
            before = self.state()
            if before.main is None:
                raise NotFound("the database is not there", where=self.path, advice="check the path")
            try:
                done, answer = self._attempt(before, work)
                if done:
                    return answer  # type: ignore[return-value]
            except sqlite3.DatabaseError as error:
                # Files that changed or vanished under us, or a writer that just recovers its log: ask again.
                passing = isinstance(error, sqlite3.OperationalError) and "open" in str(error)
                if attempt == _TRIES - 1 or not (passing or self.state() != before):
                    raise self._fault(error) from error
            except OSError as error:
                if attempt == _TRIES - 1 or self.state() == before:
                    raise storage_error(error, self.path, "reading the database") from error
            time.sleep(min(0.005 * 2**attempt, 0.25))
        raise Locked("the database changes faster than it can be read", where=self.path, advice="try again")

    def _attempt(self, before: State, work: Callable[[sqlite3.Connection], T]) -> tuple[bool, T | None]:
        if before.journal or (before.wal and before.shm):
            return True, _with(self.path, "mode=ro", work)
        if before.wal:
            return True, _with(self._private_copy(before), "mode=rw", work)
        _let_grow_old(before.main)
        answer = _with(self.path, "immutable=1", work)
        return self.state() == before, answer

    def _private_copy(self, state: State) -> Path:
        with self._lock:
            if self._copy is None or self._copy[0] != state:
                self.close()
                copy = Path(self._new_folder(), "copy")
                try:
                    for end in ("", "-wal"):
                        shutil.copyfile(f"{self.path}{end}", f"{copy}{end}")
                except BaseException:
                    self.close()
                    raise
                self._copy = (state, copy)
            return self._copy[1]

    def _new_folder(self) -> str:
        """One that goes with this, or with the program."""
        with undivided():
            folder = tempfile.mkdtemp(prefix="flightlog-")
            self._removed = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _fault(self, error: sqlite3.Error) -> FlightlogError:
        text = str(error)
        if "locked" in text or "busy" in text:
            return Locked("another program has the database locked", where=self.path, advice="try again")
        if "malformed" in text or "not a database" in text:
            return Corrupt(f"the database cannot be read: {text}", where=self.path, advice="restore it from a backup")
        return StorageError(f"the database cannot be read: {text}", where=self.path)

    def close(self) -> None:
        """Removes a private copy, if one was needed."""
        self._copy = None
        if self._removed:
            self._removed()


def _stat(path: str) -> FileState | None:
    try:
        stat = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return FileState(stat.st_ino, stat.st_size, stat.st_mtime_ns)


def _let_grow_old(state: FileState | None) -> None:
    age = time.time() - state.mtime_ns / 1e9 if state else _COARSE_S
    if 0 <= age < _COARSE_S:
        time.sleep(_COARSE_S - age)


def _with(path: Path, how: str, work: Callable[[sqlite3.Connection], T]) -> T:
    uri = f"file:{quote(str(path))}?{how}"
    with undivided(), closing(sqlite3.connect(uri, uri=True, timeout=2, isolation_level=None)) as connection:
        connection.text_factory = _text
        connection.execute("PRAGMA query_only = 1")
        connection.execute("BEGIN")
        return work(connection)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
