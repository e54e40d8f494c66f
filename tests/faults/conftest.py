"""Programs that record in processes of their own, to be killed, starved and watched from outside."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Test modules are imported by path, so that a helper beside them must be put in reach.
sys.path.insert(0, str(Path(__file__).parent))

from flightlog.backends.journal.layout import Layout

PRELUDE = """
import os, signal, sys, threading, time
from pathlib import Path
from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.recording import JournalRecording
from flightlog.core.store import Store

root = Path(sys.argv[1])
store = Store(name="x", recording=JournalRecording(Layout(root)), workflows=None, reading=None, close=lambda: None)

def say(*words):
    # One write, so that a killed process leaves no half of a number behind.
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
"""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "data")


@pytest.fixture
def program(layout: Layout) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts a recording program given by its text; it is ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str, *words: object, **options: Any) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", PRELUDE + code, str(layout.root), *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={key: value for key, value in os.environ.items() if key != "FLIGHTLOG_DISABLED"},
            **options,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
