"""Goals 10 and 11: how soon what agents append is on screen, and how soon a key is, meanwhile."""

import asyncio
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import median

import flightlog
import pytest
from flightlog.backends.watching.hints import open_hints
from flightlog.core.feed import Changes
from flightlog.core.runs import Run
from flightlog.tui.app import FlightlogApp
from frames import Frames
from little_store import Feed, Runs, make_run, make_store
from measure import p, say, told
from writers import Times

pytestmark = [pytest.mark.bench, pytest.mark.timeout(200)]

WRITERS, RATE, SECONDS = 50, 20, 8
SIZE = (120, 76)  # so high that all fifty are in sight


class Agents:
    """Fifty processes that append, until the block is left."""

    def __init__(self, base: Path, name: str) -> None:
        self.folder, times = base / name, base / f"{name}.times"
        self.folder.mkdir()
        self.times = Times(times, WRITERS)
        script = Path(__file__).with_name("writers.py")
        self._command = [sys.executable, script, self.folder, times, *map(str, (WRITERS, RATE, SECONDS)), "file"]

    def __enter__(self) -> "Agents":
        self._process = subprocess.Popen(self._command)
        end = time.monotonic() + 20
        # A journal is there a moment before its first line is.
        while sum(path.stat().st_size > 0 for path in self.folder.glob("runs/*/*.jsonl")) < WRITERS:
            assert time.monotonic() < end
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.wait(60) == 0

    def late(self, writer: int, seen: int, last: int) -> list[float]:
        """Seconds since each event after `seen` up to `last` was appended."""
        now = time.monotonic_ns()
        appended = [self.times.at(writer, seq) for seq in range(seen + 1, last + 1)]
        return [max(now - moment, 0) / 1e9 for moment in appended if moment]


def by_notices(agents: Agents, seconds: float) -> list[float]:
    """The floor: from append to the bytes read, by the kernel's notices alone."""
    files = [path.open("rb") for path in agents.folder.glob("runs/*/*.jsonl")]
    hints, late = open_hints(), []
    hints.watch(list(agents.folder.glob("runs/*")))
    of = [int(file.readline().partition(b'"name":"w')[2][:2]) for file in files]
    lines = [1 + len(file.readlines()) for file in files]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if hints.wait(0.1):
            for at, file in enumerate(files):
                if new := file.read().count(b"\n"):
                    late += agents.late(of[at], lines[at], lines[at] + new)
                    lines[at] += new
    hints.close()
    for file in files:
        file.close()
    return late


async def test_append_to_row(tmp_path, monkeypatch, as_started):
    with Agents(tmp_path, "floor") as agents:
        floor = by_notices(agents, 4)
    with Agents(tmp_path, "ours") as agents:
        app = FlightlogApp(lambda: flightlog.open(agents.folder, storage="file"))
        frames, seen, late, keys = Frames(app, monkeypatch), {}, [], []

        def painted() -> None:
            for run in frames.drawn.values():
                if run.name and seen.get(run.id, 0) < run.last_seq:
                    if run.id in seen:
                        late.extend(agents.late(int(run.name[1:]), seen[run.id], run.last_seq))
                    seen[run.id] = run.last_seq

        async with app.run_test(size=SIZE):
            await frames.until(frames.complete)
            await asyncio.sleep(0.5)
            frames.on_frame = painted
            await asyncio.sleep(3)
            frames.on_frame = lambda: None
            for number in range(40):
                keys.append(await frames.move("j" if number % 20 < 10 else "k"))
                await asyncio.sleep(0.03)
        app.close()
    assert len(seen) == WRITERS
    detail = f"{len(late)} events; inotify alone {told(median(floor))}, p99 {told(p(floor, 99))}"
    say(10, "50 writers x 20/s: append -> painted, median", median(late) * 1e3, 30, detail, "ms")
    limit = round(p(floor, 99) * 1e3 + 75, 1)
    say(10, "50 writers x 20/s: append -> painted, p99", p(late, 99) * 1e3, limit, "goal: inotify's p99 + 75 ms", "ms")
    say(11, "50 writers x 20/s: key -> painted, p95", p(keys, 95) * 1e3, 50, f"median {told(median(keys))}", "ms")


class Fire(Runs):
    """A thousand runs in memory, of which any number changes without cost; the order stays."""

    def __init__(self) -> None:
        super().__init__([make_run(n, status="running", finished=None) for n in range(1000)])
        self.order = sorted(self.by_id, reverse=True)
        self.places = {id: place for place, id in enumerate(self.order)}
        self.versions = [
            [make_run(n, status="running", finished=None, events=e) for e in range(8)] for n in range(1000)
        ]
        self.updates = 0

    def ordered(self, query, sort):
        return [self.by_id[id] for id in self.order]

    def totals(self):
        return self.known

    known = None

    def burn(self, feed: "FireFeed", stop: threading.Event, rate: int) -> None:
        """Applies `rate` updates a second, in portions of a sixtieth."""
        began = time.monotonic()
        while not stop.wait(1 / 60):
            due = int((time.monotonic() - began) * rate)
            for number in range(self.updates, due):
                run: Run = self.versions[number % 1000][number // 1000 % 8]
                self.by_id[run.id] = run
                feed.revisions[run.id] = number
            self.updates = due
            feed.tell()


class FireFeed(Feed):
    """Tells, as the real one does, which runs changed since a revision: each once."""

    def __init__(self) -> None:
        super().__init__()
        self.revisions: dict[str, int] = {}

    def tell(self) -> None:
        for on_change in self.watchers:
            on_change()

    def cursor(self):
        return max(self.revisions.values(), default=-1)

    def changes(self, since, *, limit=5000):
        cursor = self.cursor()
        changed = tuple(id for id, revision in list(self.revisions.items()) if revision > since)
        return Changes(cursor=cursor, changed=changed, removed=(), more=False)


async def test_keys_under_fire(monkeypatch, as_started):
    runs, feed, stop = Fire(), FireFeed(), threading.Event()
    runs.known = Runs(list(runs.by_id.values())).totals()
    app = FlightlogApp(lambda: make_store(runs, feed))
    frames, keys, idle = Frames(app, monkeypatch), [], []
    fire = threading.Thread(target=runs.burn, args=(feed, stop, 50_000))
    async with app.run_test(size=(120, 40)) as pilot:
        await frames.until(frames.complete)
        for number in range(20):
            idle.append(await frames.move("j" if number % 20 < 10 else "k"))
            await asyncio.sleep(0.03)
        began = time.monotonic()
        fire.start()
        for number in range(100):
            keys.append(await frames.move("j" if number % 20 < 10 else "k"))
            await asyncio.sleep(0.03)
        applied = runs.updates / (time.monotonic() - began)
        stop.set()
        fire.join()
        await pilot.pause(0.5)
        assert all(line == runs.by_id[line.id] for line in frames.in_sight())
    app.close()
    detail = f"median {told(median(keys))}, idle {told(median(idle))}; {applied:,.0f} updates/s"
    say(11, "50,000 updates/s: key -> painted, p95", p(keys, 95) * 1e3, 50, detail, "ms")
