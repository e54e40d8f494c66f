"""Metrics of the files backend: summaries from the index, patterns in a file of their own, a line each observation."""

import logging
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from ...core.clock import now
from ...core.metrics import Pattern, merged, observed
from ..journal import disk, lock
from ..journal.reader import LongLine, read_lines
from ..sql.database import Database
from ..sql.metrics_repository import SqlMetrics

log = logging.getLogger("flightlog")

_decoder = msgspec.json.Decoder(Pattern)


class FileMetrics(SqlMetrics):
    """Thread-safe; patterns may be recorded by several processes at once."""

    def __init__(self, database: Database, refresh: Callable[[], None], path: Path) -> None:
        super().__init__(database, refresh)
        self._path = path

    def record_pattern(self, pattern: Pattern) -> None:
        with self.passing():
            self._append(observed(pattern, now()))

    def _append(self, pattern: Pattern) -> None:
        with self._held("recording a pattern") as fd:
            self._add(fd, pattern)

    def _add(self, fd: int, pattern: Pattern) -> None:
        size = os.fstat(fd).st_size
        torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
        disk.append_line(fd, (b"\n" if torn else b"") + _line(pattern), self._path)

    @contextmanager
    def _held(self, doing: str) -> Iterator[int]:
        """The file while nobody else writes it, and none that was replaced while its lock was waited for. Locked."""
        try:
            held = False
            while not held:
                fd = disk.open_shared(self._path)
                try:
                    with lock.waiting(fd, self._path):
                        held = disk.is_same_file(fd, self._path)
                        if held:
                            yield fd
                finally:
                    os.close(fd)
        except OSError as error:
            raise disk.storage_error(error, self._path, doing) from error

    def put_patterns(self, found: Sequence[Pattern]) -> None:
        new = {(pattern.workflow, pattern.name): pattern for pattern in found}
        with self._held("writing the patterns") as fd:
            there = {(known.workflow, known.name): known for known in self.all_patterns()}
            if there.keys() & new.keys():
                self._write(b"".join(map(_line, (there | new).values())))
                return
            for pattern in new.values():
                self._add(fd, pattern)

    def _write(self, text: bytes) -> None:
        """The file anew, whole, while it is held."""
        beside = self._path.with_name(f".{self._path.name}.new")
        beside.unlink(missing_ok=True)
        fd = disk.open_new(beside)
        try:
            disk.append_line(fd, text, beside)
            disk.sync(fd)
        finally:
            os.close(fd)
        beside.replace(self._path)
        disk.sync_folder(self._path.parent)

    def all_patterns(self) -> list[Pattern]:
        return sorted(self._merged(), key=lambda pattern: (pattern.workflow, pattern.name))

    def patterns(self, workflow: str) -> list[Pattern]:
        found = [pattern for pattern in self._merged() if pattern.workflow == workflow]
        return sorted(found, key=lambda pattern: (-pattern.count, pattern.name))

    def _merged(self) -> Collection[Pattern]:
        found: dict[tuple[str, str], Pattern] = {}
        try:
            for offset, line in read_lines(self._path):
                pattern = self._decoded(offset, line)
                if pattern:
                    key = (pattern.workflow, pattern.name)
                    old = found.get(key)
                    found[key] = merged(old, pattern) if old else pattern
        except FileNotFoundError:
            return []
        except OSError as error:
            raise disk.storage_error(error, self._path, "reading the patterns") from error
        return found.values()

    def _decoded(self, offset: int, line: bytes | LongLine) -> Pattern | None:
        try:
            return _decoder.decode(line.head if isinstance(line, LongLine) else line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("no pattern at byte %d of %s: %s", offset, self._path, error)
            return None


def _line(pattern: Pattern) -> bytes:
    return msgspec.json.encode(pattern) + b"\n"
