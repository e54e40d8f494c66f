"""Patterns in a mirror: a file that is written anew, whole, when one of them changed."""

import os
from pathlib import Path

import msgspec

from ...core.metrics import Pattern
from ...core.repositories import MetricsRepository
from ..files.file_metrics import FileMetrics
from ..journal import disk
from ..sql.metrics_repository import SqlMetrics


class PatternCarrier:
    """Writes the patterns of a store into a file of a mirror. A look costs the patterns, which people record."""

    def __init__(self, source: MetricsRepository, path: Path) -> None:
        assert isinstance(source, SqlMetrics)
        self._source, self._path = source, path
        self._mirrored = FileMetrics(source.database, lambda: None, path)
        self._seen: list[Pattern] = []

    def carry(self) -> bool:
        """Whether there was anything new. One that the store has no more stays. StorageError, OSError."""
        found = self._source.all_patterns()
        if found == self._seen:
            return False
        there = {(known.workflow, known.name): known for known in self._mirrored.all_patterns()}
        now = there | {(pattern.workflow, pattern.name): pattern for pattern in found}
        if now != there:
            self._write(b"".join(msgspec.json.encode(pattern) + b"\n" for pattern in now.values()))
        self._seen = found
        return now != there

    def _write(self, text: bytes) -> None:
        beside = self._path.with_name(f".{self._path.name}.new")
        beside.unlink(missing_ok=True)
        fd = disk.open_new(beside)
        try:
            disk.append_line(fd, text, beside)
            disk.sync(fd)
        finally:
            os.close(fd)
        beside.replace(self._path)
