"""Goals 6 to 8: what recording costs an agent, beside the system calls that it cannot do without."""

import os
import threading
import time
from itertools import count
from pathlib import Path
from statistics import median

import flightlog
import pytest
from flightlog.backends.journal import disk
from measure import in_turn, p, say, told

pytestmark = [pytest.mark.bench, pytest.mark.timeout(400)]

EVENTS = 20_000
SYNCED = 1000
MESSAGE = "the model was asked for the third time and gave an answer of the expected shape; " + "and so on, " * 10
"""Makes a line of about 316 bytes: those by which the goal was set."""


def each(work, calls: int) -> list[float]:
    """Seconds of each of so many calls."""
    clock, times = time.perf_counter, []
    for _ in range(calls):
        began = clock()
        work()
        times.append(clock() - began)
    return times


def raw_file(folder: Path) -> int:
    return os.open(folder / "raw", os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def line_like(store, folder: Path, run) -> bytes:
    """A line of the size that the recorder writes for `MESSAGE`."""
    return next((folder / "runs").glob(f"*/{run.id}.jsonl")).read_bytes().splitlines(keepends=True)[-1]


def test_buffered(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store, store.run("bench") as run:
        run.log(MESSAGE, case=17)
        line, fd = line_like(store, tmp_path, run), raw_file(tmp_path)
        medians, tails = [], []
        for _ in range(5):
            base = each(lambda: os.write(fd, line), EVENTS)
            ours = each(lambda: run.log(MESSAGE, case=17), EVENTS)
            medians.append(median(ours) / median(base))
            tails.append(p(ours, 99) / p(base, 99))
            last = f"{told(median(ours))} / {told(median(base))}, {len(line)} bytes"
    say(6, "recorder: a log entry, median, to write(2)", median(medians), 3, last)
    say(6, "recorder: a log entry, median, beside 447 us of wandb's", median(ours) * 1e6, 447 / 70, "", "us")
    say(6, "recorder: a log entry, p99 to p99", median(tails), 10, f"{told(p(ours, 99))} / {told(p(base, 99))}")


def test_durable(tmp_path, monkeypatch):
    with flightlog.open(tmp_path, storage="file", durable=True) as store, store.run("bench") as run:
        run.log(MESSAGE, case=17)
        line, fd = line_like(store, tmp_path, run), raw_file(tmp_path)

        def raw() -> None:
            os.write(fd, line)
            os.fsync(fd)

        # One after the other, for what a sync costs changes from second to second.
        pairs = [(*each(raw, 1), *each(lambda: run.log(MESSAGE, case=17), 1)) for _ in range(SYNCED)]
        base, ours = map(median, zip(*pairs, strict=True))
        say(7, "durable recorder: a log entry, to write + fsync", ours / base, 1.15, f"{told(ours)} / {told(base)}")
        syncs = []
        monkeypatch.setattr(disk, "sync", lambda fd: (syncs.append(fd), os.fsync(fd)))
        shared = median(_together(run) for _ in range(9))
        detail = f"{told(shared)} an event, threads included"
        say(7, "durable: 50 threads at once, syncs an event", len(syncs) / 9 / 50, 1 / 20, detail, "")


def _together(run) -> float:
    """Seconds an event, when 50 threads record one at the same moment."""
    ready = threading.Barrier(51)

    def one() -> None:
        ready.wait()
        run.log(MESSAGE, case=17)

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return (time.perf_counter() - began) / 50


def test_whole_run(files_of, tmp_path):
    small, large = files_of(1_000), files_of(100_000)
    fd, line = raw_file(tmp_path), b"x" * 299 + b"\n"

    def raw() -> None:
        for _ in range(7):
            os.write(fd, line)

    folder, numbers = max((large / "runs").iterdir()), count()

    def raw_file_each() -> None:
        # A file system may be slow to make files, where many were removed just now.
        new = os.open(folder / f"{next(numbers)}.tmp", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND)
        for _ in range(7):
            os.write(new, line)
        os.close(new)

    with flightlog.open(small, storage="file") as few, flightlog.open(large, storage="file") as many:
        _whole(many)
        in_few, in_many, base, files = in_turn(
            lambda: _whole(few), lambda: _whole(many), raw, raw_file_each, calls=20, rounds=15
        )
    detail = f"{told(in_many)} / {told(base)}; into a new file of their own {told(files)}"
    say(8, "create, 5 metrics, finish at 100k runs, to 7 raw appends", in_many / base, 51, detail)
    say(8, "the same at 100k runs, to that at 1k", in_many / in_few, 1.2, f"{told(in_many)} / {told(in_few)}")


def _whole(store) -> None:
    with store.run("bench") as run:
        for number in range(5):
            run.metric("score", number / 5)
