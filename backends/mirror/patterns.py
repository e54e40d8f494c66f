"""Patterns in a mirror: a file that is written anew, whole, when one of them changed."""

from pathlib import Path

from ...core.metrics import Pattern
from ...core.repositories import MetricsRepository
from ..files.file_metrics import FileMetrics
from ..sql.metrics_repository import SqlMetrics


class PatternCarrier:
    """Writes the patterns of a store into a file of a mirror. A look costs the patterns, which people record."""

    def __init__(self, source: MetricsRepository, path: Path) -> None:
        assert isinstance(source, SqlMetrics)
        self._source = source
        self._mirrored = FileMetrics(source.database, lambda: None, path)
        self._seen: list[Pattern] = []

    def carry(self) -> bool:
        """Whether there was anything new. One that the store has no more stays. StorageError."""
        found = self._source.all_patterns()
        if found == self._seen:
            return False
        there = self._mirrored.all_patterns()
        news = [pattern for pattern in found if pattern not in there]
        if news:
            self._mirrored.put_patterns(news)
        self._seen = found
        return bool(news)
