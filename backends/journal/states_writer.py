"""Appends checkpoint values to a run's states file: each whole, or told by an earlier one of its key."""

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from ...core.edits import edits_between
from ...core.errors import Corrupt, NotFound
from ...core.recording.value_ladders import WEIGHT, Ladders, Rung
from . import disk
from .aside import set_aside
from .reader import torn_tail
from .states import (
    States,
    chain_of,
    digest_of,
    dropped_record,
    edited_record,
    extending_record,
    header,
    opaque_record,
    value_of,
    whole_record,
)

log = logging.getLogger("flightlog.journal")


class StatesWriter:
    """Appends values to a run's states file, which it makes at the first one. Its owner holds the run's lock.

    `last` is given for a run that is taken up: it tells the digests of the last checkpoint's values by key.
    """

    def __init__(
        self, run: str, path: Path, torn: Path, *, last: Callable[[], Mapping[str, str]] | None = None
    ) -> None:
        self._run, self._path, self._torn = run, path, torn
        self._last = last
        self._fd = -1
        self._known: set[str] = set()
        self._dropped: set[str] = set()
        self._ladders = Ladders()
        self._dirty = False

    def put(self, value: bytes, *, key: str = "", opaque: bool = False) -> str:
        """Appends a value unless the run has it, and returns its digest. StorageError with nothing half-written.

        A value that resembles an earlier one of its `key` is told by what differs.
        """
        self._open()
        ladder = self._ladders.get(key)
        if ladder and ladder.last.body == value and not opaque:
            return ladder.last.digest
        digest = digest_of(value)
        if digest not in self._known:
            if opaque or not key:
                self._append(opaque_record(digest, value) if opaque else whole_record(digest, value))
            else:
                self._append_like(key, digest, value)
            self._known.add(digest)
        return digest

    def has(self, digest: str) -> bool:
        """Whether the run has a value, or had one that was dropped."""
        self._open()
        return digest in self._known or digest in self._dropped

    def put_dropped(self, digest: str) -> None:
        """Appends what is left of a value that was dropped where it comes from. StorageError."""
        self._open()
        self._append(dropped_record(digest))
        self._dropped.add(digest)

    def sync(self) -> None:
        """Returns when all values survive the machine's death. StorageError."""
        if not self._dirty:
            return
        try:
            disk.sync(self._fd)
        except OSError as error:
            raise disk.storage_error(error, self._path, "syncing state values") from error
        self._dirty = False

    def close(self) -> None:
        """Closes the file, and forgets what it kept of the values. May be called twice."""
        fd, self._fd = self._fd, -1
        self._ladders = Ladders()
        if fd >= 0:
            os.close(fd)

    def _append_like(self, key: str, digest: str, value: bytes) -> None:
        ladder = self._ladders.get(key)
        base = ladder.base() if ladder else None
        record = _told_by(base, digest, value) if base else None
        if base and record and base.weight + len(record) <= WEIGHT * len(value):
            self._append(record)
            self._ladders.climb(key, Rung(digest, value, base.records + 1, base.weight + len(record)))
        else:
            record = whole_record(digest, value)
            self._append(record)
            self._ladders.begin(key, Rung(digest, value, weight=len(record)))

    def _open(self) -> None:
        if self._fd >= 0:
            return
        try:
            self._fd = disk.open_shared(self._path)
            if self._last:
                set_aside_tail(self._fd, self._path, self._torn)
                self._go_on(self._last())
            if os.fstat(self._fd).st_size == 0:
                self._append(header(self._run))
        except OSError as error:
            self.close()
            raise disk.storage_error(error, self._path, "opening the file of state values") from error
        except BaseException:
            self.close()
            raise

    def _go_on(self, last: Mapping[str, str]) -> None:
        """Learns what the file has, and by what the next values may be told."""
        stored = States(self._path)
        for digest, place in stored.refresh().items():
            (self._dropped if place.kind == "dropped" else self._known).add(digest)
        for key, digest in last.items():
            try:
                lines = chain_of(digest, stored.record)
                body = value_of(digest, lines)
            except (Corrupt, NotFound) as error:
                log.warning("run %s: the next value of %r is stored whole: %s", self._run, key, error)
                continue
            self._ladders.begin(key, Rung(digest, body, len(lines) - 1, sum(map(len, lines))))

    def _append(self, line: bytes) -> None:
        disk.append_line(self._fd, line + b"\n", self._path)
        self._dirty = True


def _told_by(base: Rung, digest: str, value: bytes) -> bytes | None:
    """The record of a value by what differs from another; None if that is not worth it."""
    begun = base.body[:-1]
    if value[:1] == base.body[:1] and value[:1] in (b"[", b'"') and value.startswith(begun):
        more = value[len(begun) :]
        if value[:1] == b'"':
            return _worth(extending_record(digest, base.digest, b'"' + more), value)
        if more[:1] == b"," or begun == b"[":
            return _worth(extending_record(digest, base.digest, b"[" + more.removeprefix(b",")), value)
    edits = edits_between(base.body, value, len(value) // 2)
    return None if edits is None else _worth(edited_record(digest, base.digest, edits), value)


def _worth(record: bytes, value: bytes) -> bytes | None:
    return record if 2 * len(record) <= len(value) else None


def set_aside_tail(fd: int, path: Path, torn: Path) -> int:
    """Moves a torn last line into the `.torn` file; returns how many bytes. The caller holds the run's lock."""
    found = torn_tail(path)
    if found is None:
        return 0
    offset, tail = found
    try:
        set_aside(path, [(offset, len(tail))], torn)
        os.ftruncate(fd, offset)
    except OSError as error:
        raise disk.storage_error(error, path, "setting a torn line aside") from error
    return len(tail)
