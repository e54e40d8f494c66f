"""How a person left the browser, a small file for each data directory: what is found again at the next start."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from ...core.errors import StorageError
from ..files import refused, replace

HISTORY = 50
"""Filters that are remembered."""
BOOKMARKED = 200
"""Runs whose bookmarks are remembered."""
LARGEST = 1_000_000
"""Bytes that such a file has at most."""
PATIENCE = 2.0
"""Seconds for which a program that ends waits for its last state to be written."""


class Remembered(msgspec.Struct, kw_only=True, frozen=True):
    """How it was left. Whoever takes something from it bears that it is old, or of another version."""

    data: str = ""
    """Of which data: the path that the name of the file is made of."""
    place: str = "runs"
    theme: str = ""
    screens: dict[str, dict[str, Any]] = {}
    """By place: what is shown there, and how; only the place's own screen knows what the keys mean."""
    filters: tuple[str, ...] = ()
    """Queries that were typed, the newest first."""
    watched: tuple[str, ...] = ()
    """Ids of the runs of which a person wants to be told."""
    bookmarks: dict[str, tuple[int, ...]] = {}
    """By run, the one that was marked last at the end: numbers of the entries of its log that are to be found again."""

    def with_filter(self, text: str) -> Remembered:
        """The same, with a query as the newest one."""
        rest = (one for one in self.filters if one != text)
        return msgspec.structs.replace(self, filters=(text, *rest)[:HISTORY]) if text else self

    def with_bookmarks(self, run: str, seqs: tuple[int, ...]) -> Remembered:
        """The same, with these bookmarks in the log of a run; those of runs that were marked long ago are forgotten."""
        rest = {one: found for one, found in self.bookmarks.items() if one != run}
        kept = [*rest.items(), *([(run, seqs)] if seqs else [])]
        return msgspec.structs.replace(self, bookmarks=dict(kept[-BOOKMARKED:]))


def state_file(data: str) -> Path:
    """Where it is remembered how some data were left, by their path or URL."""
    import platformdirs

    name = hashlib.blake2b(data.encode("utf-8", "surrogateescape"), digest_size=10).hexdigest()
    return Path(platformdirs.user_state_dir("flightlog")) / f"{name}.json"


def read_remembered(file: Path) -> Remembered:
    """What a file says. Nothing if there is none, or if it cannot be read; one that is damaged is put aside."""
    try:
        with file.open("rb") as opened:
            return msgspec.json.decode(opened.read(LARGEST), type=Remembered)
    except OSError:
        return Remembered()  # it is only how things were left
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        with suppress(OSError):  # then it stays, and is set aside the next time
            file.replace(file.with_suffix(".damaged"))
        return Remembered()


def write_remembered(file: Path, remembered: Remembered) -> None:
    """Writes it whole, or leaves what was there; StorageError. Of two at once the last one stays."""
    try:
        replace(file, msgspec.json.encode(remembered))
    except OSError as error:
        what = "how the browser is left, with its bookmarks, is not remembered"
        raise refused(what, error, file, otherwise="the next start finds what was kept before") from error


class Memory:
    """Writes how things stand, in a thread of its own while there is something to write. No call of it blocks or fails.

    Without a file it remembers nothing.
    """

    def __init__(self, file: Path | None) -> None:
        self.failure: StorageError | None = None
        """Why what was to be kept last is not kept."""
        self.tell: Callable[[StorageError], object] | None = None
        """Hears, in that thread, of each failure that comes after nothing failed."""
        self._file = file
        self._lock = threading.Lock()
        self._next: Remembered | None = None
        self._thread: threading.Thread | None = None

    def keep(self, remembered: Remembered) -> None:
        """Writes it soon; of several that come meanwhile only the last."""
        if self._file is None:
            return
        with self._lock:
            self._next = remembered
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, daemon=True, name="flightlog-memory")
                self._thread.start()

    def close(self) -> StorageError | None:
        """Waits, but not long, until the last state is written; why it is not, where that is so."""
        thread = self._thread
        if thread is not None:
            thread.join(PATIENCE)
        return self.failure

    def _write(self) -> None:
        assert self._file is not None
        while True:
            with self._lock:
                wanted, self._next = self._next, None
                if wanted is None:
                    self._thread = None
                    return
            before, self.failure = self.failure, _failure(self._file, wanted)
            if self.failure is not None and before is None and self.tell is not None:
                self.tell(self.failure)


def _failure(file: Path, remembered: Remembered) -> StorageError | None:
    try:
        write_remembered(file, remembered)
    except StorageError as error:
        return error
    return None
