"""Part 7 of what the browser promises: keys on a store of a million runs, while fifty agents write into it.

Ten minutes with FLIGHTLOG_BENCH_FULL=1, else half a minute. In a terminal a key counts as answered when the cursor is
drawn on the next line; headless, at the end of the frame that did.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import flightlog
import pytest
from flightlog.core.query.query import parse
from flightlog.tui.app import FlightlogApp
from frames import Frames
from measure import p, say, told
from terminal import FLIGHTLOG, Terminal

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1500)]

FULL = os.environ.get("FLIGHTLOG_BENCH_FULL") == "1"
SECONDS = 600 if FULL else 30
WRITERS, RATE = 50, 20
EVERY_S = 0.1  # from a key's answer to the next key
SETTLED_S = 15
"""Until then all is read that the program consists of, and that fills what it keeps at hand: that is no growth."""
LINES = range(6, 18)
"""Lines of the terminal between which the cursor goes up and down."""


@contextmanager
def written(million: Path, to: Path) -> Iterator[Path]:
    """A copy of the million runs, into which fifty processes write until the block is left."""
    shutil.copytree(million, to)
    script = Path(__file__).with_name("writers.py")
    lasting = map(str, (WRITERS, RATE, SECONDS + 60))
    command = [sys.executable, script, to, to.with_suffix(".times"), *lasting, "sqlite"]
    agents = subprocess.Popen(command, start_new_session=True)
    try:
        with flightlog.open(to) as store:
            end = time.monotonic() + 60
            while store.runs.count(parse("name:w status:running")) < WRITERS:
                assert time.monotonic() < end
                time.sleep(0.2)
        yield to
    finally:
        os.killpg(agents.pid, signal.SIGTERM)
        agents.wait()
        shutil.rmtree(to)


def tell(where: str, keys: list[float], more: str) -> None:
    detail = f"{len(keys)} keys in {SECONDS} s, median {told(median(keys))}{more}"
    say(11, f"{where}: 1M runs, 50 writers: key -> painted, p95", p(keys, 95) * 1e3, 50, detail, "ms")
    say(11, f"{where}: 1M runs, 50 writers: key -> painted, worst", max(keys) * 1e3, 250, "", "ms")


def test_keys_in_a_terminal(million, tmp_path):
    keys: list[float] = []
    with written(million, tmp_path / "store") as folder, Terminal([*FLIGHTLOG, str(folder)]) as terminal:
        terminal.until(b"1,000,0")
        terminal.cursor_at(LINES[0], b"gjj")
        time.sleep(1)
        before, line = 0, LINES[0]
        end, step = time.monotonic() + SECONDS, 1
        while time.monotonic() < end:
            if not before and time.monotonic() > end - SECONDS + SETTLED_S:
                before = terminal.resident()
            step = -step if line + step not in LINES else step
            line += step
            keys.append(terminal.cursor_at(line, b"j" if step > 0 else b"k"))
            terminal.swallow(EVERY_S)
        grown = (terminal.resident() - before) / 1e6
    tell("terminal", keys, f"; memory grew by {grown:.1f} MB")


async def test_keys_headless(million, tmp_path, monkeypatch, as_started):
    keys: list[float] = []
    with written(million, tmp_path / "store") as folder:
        app = FlightlogApp(lambda: flightlog.open(folder))
        frames = Frames(app, monkeypatch)
        async with app.run_test(size=(120, 36)):
            await frames.until(frames.complete)
            await asyncio.sleep(1)
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                keys.append(await frames.move("j" if len(keys) % 20 < 10 else "k"))
                await asyncio.sleep(EVERY_S)
        app.close()
    tell("headless", keys, "")
