"""The index of a folder of transcripts: each a run in query tables, brought up to date by the lines that are new.

Content is never copied: the index keeps names, numbers and addresses, and can be thrown away.
"""

import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection

from ....core.hurry import is_hurried
from ....core.progress import Progress, go_on
from ...ingest.reading_on import ReadingOn
from ...sql.database import Database
from . import tables
from .folder import Folder, Seen
from .formats import Format
from .taking import PORTION, Taker

_COSTS = 16 << 10
"""Opening a transcript costs as much as so many bytes: a transaction takes a portion in, of one or of many."""
_NOTHING = Seen(0, 0, 0)
_MUCH, _SOME = 4 << 20, 2 << 20
"""Of so much that is new a person in a hurry is shown the newest at once, and then the rest by so much at a time."""
_MOMENT_S = 0.03
"""So long he waits for others who take something in."""
_AGAIN_S = 10.0
"""Seconds after which a transcript that could not be read is tried again."""

_log = logging.getLogger("flightlog")


class TranscriptIndex:
    """Keeps the index of a folder of transcripts, or of a single one. Thread-safe."""

    def __init__(self, path: Path, formats: Sequence[Format], database: Database) -> None:
        self.path, self.database = path, database
        self.progress = Progress()
        """Of taking in what is new, in transcripts."""
        self.folder = Folder(path, formats)
        self._taker = Taker()
        self._lock = threading.RLock()
        self._reading_on = ReadingOn()
        self._taken: dict[str, Seen] = {}
        self._due: dict[str, float] = {}
        self._unreadable: dict[str, str] = {}
        self._names = [names for one in formats if (names := one.names(path))]
        with database.write() as connection:
            for run in tables.begin(connection):
                self._taker.forget(connection, run)

    def refresh(self) -> None:
        """Takes in what is new. Costs some `stat` when nothing is.

        Who is in a hurry (`core.hurry`) waits for no more than the newest, where it is much: the rest is taken in by a
        thread of its own.
        """
        if is_hurried():
            self._glance()
        else:
            with self._lock:
                self._take_in(self._look())

    def close(self) -> None:
        """Ends what is being taken in for nobody who waits. May be called twice."""
        self._reading_on.close()

    @property
    def portions(self) -> int:
        """Another number where something was taken in that nobody waited for."""
        return self._reading_on.portions

    def needs_details(self, run: str) -> bool:
        """Nothing of a transcript is left for later."""
        return False

    def details(self, run: str) -> None:
        """Nothing of a transcript is left for later."""

    def prices(self) -> None:
        """Nothing of a transcript is left for later."""

    def shallow(self, cost: int) -> str | None:
        """Nothing of a transcript is left for later."""
        return None

    def folders(self) -> list[Path]:
        """Where a change is to be noticed at once."""
        with self._lock:
            return self.folder.folders()

    def size_bytes(self) -> int:
        """Bytes of all transcripts, as they are now."""
        with self._lock:
            self.folder.look()
            return sum(seen.size for seen in self.folder.seen.values())

    def unreadable(self) -> dict[str, str]:
        """Transcripts that cannot be read now, and why."""
        self.refresh()
        with self._lock:
            return dict(self._unreadable)

    # --- taking in what is new

    def _known(self) -> list[str]:
        """The paths of which something is in the index: asked of it once, by who begins."""
        if not self._taken:
            with self.database.read() as connection:
                known = tables.known(connection)
            self._taken = {path: seen for path, (seen, _) in known.items()}
            self._due = {path: 0.0 for path, (_, is_due) in known.items() if is_due}
        return list(self._taken)

    def _look_at_names(self) -> None:
        """Transcripts that are called otherwise by now are looked at again."""
        if any([names.look() for names in self._names]):
            self._known()
            with self.database.read() as connection:
                called = tables.names(connection)
            renamed = (path for path, name in called.items() if self._name(path) not in ("", name))
            self._due.update(dict.fromkeys(renamed, 0.0))

    def _name(self, path: str) -> str:
        return next((name for names in self._names if (name := names.of(path))), "")

    def _changed(self) -> list[str]:
        """Transcripts with something new, or of whose silence there is something to say; the newest first."""
        self._known()
        now, seen = time.monotonic(), self.folder.seen
        due = {path for path, at in self._due.items() if at <= now and path in seen}
        wanted = [path for path, one in seen.items() if path in due or self._is_new(path, one)]
        return sorted(wanted, key=lambda path: (-seen[path].mtime_ns, path))

    def _is_new(self, path: str, seen: Seen) -> bool:
        known = self._taken.get(path)
        return known != seen and (known is not None or seen.size > 0 or seen.packed)

    def _look(self) -> list[str]:
        """Transcripts of which there is something to take in; those that are gone are forgotten."""
        self.folder.look()
        self._look_at_names()
        gone = [path for path in self._known() if path not in self.folder.seen]
        if gone:
            with self.database.write() as connection:
                for path in gone:
                    self._forget(connection, path)
        return self._changed()

    def _glance(self) -> None:
        if self._reading_on.is_on:
            return self._reading_on.wait()
        if not self._lock.acquire(timeout=_MOMENT_S if self._taken else -1):
            return None  # somebody takes in what is new, and some is known
        try:
            wanted = self._look()
            if sum(map(self._new, wanted)) < _MUCH:
                return self._take_in(wanted)
            self._reading_on.begin(self._take_in_some)
        finally:
            self._lock.release()
        return self._reading_on.wait()

    def _take_in(self, wanted: list[str]) -> None:
        """Takes all in, and then those that are to be told anew."""
        try:
            while wanted:
                self.progress.begin(len(wanted), "transcripts")
                while wanted:
                    wanted = self._take_next(wanted, PORTION)
                wanted = self._changed()
        finally:
            self.progress.end()

    def _take_in_some(self) -> bool:
        """Takes some of all in; whether there may be more."""
        with self._lock:
            wanted = self._look()
            if wanted and self.progress.look() is None:
                self.progress.begin(len(wanted), "transcripts")
            try:
                left = self._take_next(wanted, _SOME) if wanted else []
            except BaseException:
                self.progress.end()
                raise
            if not left:
                self.progress.end()
            return bool(wanted)

    def _take_next(self, wanted: list[str], most: int) -> list[str]:
        """Takes in the first of them in one transaction; returns those that are left."""
        self.progress.go_on()
        try:
            with self.database.write() as connection:
                left = self._take_some(connection, wanted, most)
        except BaseException:
            self._taken, self._due = {}, {}  # what the index says of them is asked anew
            raise
        at = self.progress.look()
        if at is not None:
            self.progress.reach(max(at.done, at.total - len(left)))
        return left

    def _new(self, path: str) -> int:
        """What it takes to take in what is new of a transcript, in bytes."""
        return _COSTS + max(0, self.folder.seen[path].size - self._taken.get(path, _NOTHING).size)

    def _take_some(self, connection: Connection, wanted: list[str], most: int) -> list[str]:
        left, size = wanted[::-1], 0
        while left and size < most:
            go_on()
            path = left.pop()
            seen = self.folder.seen[path]
            size += min(_COSTS + PORTION, self._new(path))
            if self._take(connection, path, seen):
                left.append(path)
        return left[::-1]

    def _take(self, connection: Connection, path: str, seen: Seen) -> bool:
        """Takes a portion of a transcript in; whether there is more of it."""
        try:
            taken = self._taker.take(connection, path, self.folder.format_of(path), seen, self._name(path))
        except OSError as error:
            _log.warning("a transcript cannot be read now: %s: %s", path, error.strerror)
            self._due[path] = time.monotonic() + _AGAIN_S
            self._taken[path], self._unreadable[path] = seen, error.strerror or str(error)
            return False
        self._unreadable.pop(path, None)
        self._retell(taken.retold)
        if taken.more:
            return True
        self._taken[path] = seen
        self._due.pop(path, None)
        if taken.again is not None:
            self._due[path] = time.monotonic() + taken.again
        return False

    def _forget(self, connection: Connection, path: str) -> None:
        row = tables.row_of(connection, path)
        if row is not None:
            self._retell(self._taker.forget(connection, row.run))
        tables.keep_silent(connection, path, None)
        self._taken.pop(path, None)
        self._due.pop(path, None)
        self._unreadable.pop(path, None)

    def _retell(self, paths: Sequence[str]) -> None:
        """Their next look takes them in from their beginnings."""
        for path in paths:
            self._taken[path] = _NOTHING
