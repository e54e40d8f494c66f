"""What the browser writes to its terminal, which may be far away: against what Textual's own driver writes for it."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from measure import say
from terminal import FLIGHTLOG, Terminal

pytestmark = pytest.mark.bench

SECONDS = 8
OWN = {"TEXTUAL_DRIVER": "textual.drivers.linux_driver:LinuxDriver"}


@contextmanager
def agents_at_work(folder: Path) -> Iterator[None]:
    """The demo's agents record into a folder until the block is left."""
    words = [*FLIGHTLOG, "demo", "--headless", "600", "--data", str(folder)]
    agents = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        time.sleep(10)
        yield
    finally:
        agents.terminate()
        agents.wait()


def written(folder: Path, **environment: str) -> tuple[int, float, float]:
    """Bytes of the first picture, of another place, and of a second of the list of runs and of what runs now."""
    with Terminal([*FLIGHTLOG, str(folder)], columns=80, rows=24, **environment) as terminal:
        first = terminal.swallow(SECONDS)
        places = 0
        for key in (b"2", b"3", b"4", b"5", b"1"):
            terminal.press(key)
            places += terminal.swallow(1)
        live = terminal.swallow(SECONDS)
        terminal.press(b"L")
        terminal.swallow(2)
        return first, places / 5, (live + terminal.swallow(SECONDS)) / SECONDS / 2


def test_bytes_to_a_terminal_of_80_columns(tmp_path):
    with agents_at_work(tmp_path):
        ours, theirs = written(tmp_path), written(tmp_path, **OWN)
    for what, own, other in zip(("the first picture", "to another place", "a live second"), ours, theirs, strict=True):
        say(0, f"bytes to the terminal, {what}, to Textual's driver", own / other, 0.35, f"{own:.0f} / {other:.0f}")
