"""A browser that stays open for long keeps nobody's log from being written back: it holds no read transaction."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import flightlog
import pytest
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.tui.app import FlightlogApp
from flightlog.tui.messages import OpenRun

MB = 1 << 20
WRITTEN_MB = int(os.environ.get("FLIGHTLOG_WRITTEN_MB", "100"))
"""How much the agent records; the browser is to be open over any amount."""

AGENT = """
import random, sys, flightlog
letters, rng = "abcdefghijklmnopqrstuvwxyz     ", random.Random(1)
with flightlog.open(sys.argv[1], storage="sqlite") as store:
    for part in range(int(sys.argv[2]) // 5):
        with store.run("w", name=f"part {part}") as run:
            state = []
            for n in range(500):
                run.log("".join(rng.choices(letters, k=200)), text="x" * 9_500, n=n)
                if n % 100 == 0:
                    state.append("y" * 1000)
                    run.checkpoint({"messages": list(state)})
"""


class Largest(threading.Thread):
    """Watches a file and remembers how large it was."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._path, self._ended = path, threading.Event()
        self.bytes = 0

    def run(self) -> None:
        while not self._ended.wait(0.01):
            try:
                self.bytes = max(self.bytes, self._path.stat().st_size)
            except FileNotFoundError:
                continue

    def stop(self) -> None:
        self._ended.set()
        self.join()


def recording(data: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", AGENT, str(data), str(WRITTEN_MB)])


@pytest.mark.heavy
@pytest.mark.timeout(600)
async def test_the_log_stays_small_while_a_browser_is_open_and_live(tmp_path):
    data = tmp_path / "data"
    with flightlog.open(data, storage="sqlite") as store, store.run("w") as first:
        first.log("before")
    app = FlightlogApp(lambda: flightlog.open(data))
    largest = Largest(data / "flightlog.db-wal")
    largest.start()
    async with app.run_test(size=(120, 40)) as pilot:
        agent = recording(data)
        try:
            turn = 0
            while agent.poll() is None:
                # It looks at the list, at what is recorded now, and searches all logs: each takes its time.
                await pilot.press(("j", "k", "G", "g")[turn % 4])
                if turn % 40 == 20:
                    newest = (await asyncio.to_thread(newest_run, data)).id
                    app.post_message(OpenRun(newest))
                elif turn % 40 == 39:
                    await pilot.press("escape")
                await asyncio.sleep(0.05)
                turn += 1
            assert agent.returncode == 0
        finally:
            agent.kill()
            agent.wait()
        until = time.monotonic() + 60
        while await asyncio.to_thread(completed, data) <= WRITTEN_MB // 5:
            assert time.monotonic() < until
            await asyncio.sleep(0.1)
    app.close()
    largest.stop()
    print(f"{(data / 'flightlog.db').stat().st_size // MB} MB written, the log had at most {largest.bytes // MB} MB")  # noqa: T201
    assert (data / "flightlog.db").stat().st_size > WRITTEN_MB * MB
    assert largest.bytes <= 64 * MB


def completed(data: Path) -> int:
    with flightlog.open(data, read_only=True) as store:
        return store.runs.count(parse("status:completed"))


def newest_run(data: Path):
    with flightlog.open(data, read_only=True) as store:
        return store.runs.query(EVERYTHING, limit=1).items[0]


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_the_log_stays_small_while_a_search_is_read_slowly_and_the_store_is_checked(tmp_path):
    """Whoever stops in the middle of what a store yields holds no read transaction meanwhile."""
    data = tmp_path / "data"
    with flightlog.open(data, storage="sqlite") as store, store.run("w") as first:
        for number in range(2000):
            first.log(f"needle {number}", n=number)
    largest = Largest(data / "flightlog.db-wal")
    with flightlog.open(data) as store:
        halves = [
            store.logs.search("needle", EVERYTHING),
            store.logs.scan(first.id, "needle"),
            store.logs.search("needl*", EVERYTHING),
            store.upkeep.check(),
        ]
        for half in halves:
            next(half, None)
        agent = recording(data)
        largest.start()
        assert agent.wait(500) == 0
        store.runs.totals()
        largest.stop()
        for half in halves[:3]:
            assert len(list(half)) > 1000
    print(f"the log had at most {largest.bytes // MB} MB")  # noqa: T201
    assert largest.bytes <= 64 * MB
