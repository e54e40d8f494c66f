"""Patterns in a file: several processes add to it, and one that writes it anew loses none of theirs."""

import threading
from pathlib import Path

import pytest
from flightlog.backends.files.file_metrics import FileMetrics
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.metrics import Pattern


@pytest.fixture
def metrics(tmp_path: Path) -> FileMetrics:
    """The patterns of an empty folder."""
    return FileMetrics(open_database(None, truth=False), lambda: None, tmp_path / "patterns.jsonl")


def counts(metrics: FileMetrics) -> dict[str, int]:
    return {pattern.name: pattern.count for pattern in metrics.all_patterns()}


def test_what_is_observed_while_the_file_is_written_anew_is_not_lost(metrics, monkeypatch):
    metrics.record_pattern(Pattern(workflow="triage", name="slow"))
    write, others = FileMetrics._write, []

    def written_beside(self, text):
        other = threading.Thread(target=metrics.record_pattern, args=[Pattern(workflow="triage", name="loops")])
        other.start()
        other.join(0.1)  # it waits, or would have written to a file that goes
        others.append(other)
        write(self, text)

    monkeypatch.setattr(FileMetrics, "_write", written_beside)
    metrics.put_patterns([Pattern(workflow="triage", name="slow", count=7)])
    others[0].join(10)
    assert counts(metrics) == {"slow": 7, "loops": 1}
    metrics.put_patterns([Pattern(workflow="triage", name="new", count=3)])
    assert counts(metrics) == {"slow": 7, "loops": 1, "new": 3}
