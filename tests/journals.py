"""Runs written into a journal by hand, and what stands there."""

from pathlib import Path

from flightlog.backends.journal.reader import read_lines
from flightlog.backends.journal.recording import JournalRecording
from flightlog.core.events import Logged, RunStarted, decode
from flightlog.core.ids import new_ulid


def begin(recording: JournalRecording, **facts):
    return recording.begin(RunStarted(run=new_ulid(), workflow="w", **facts))


def entry(n: int = 0, **details) -> Logged:
    return Logged(level="INFO", message=f"entry {n}", details=details)


def events(path: Path):
    return [decode(line) for _, line in read_lines(path)]
