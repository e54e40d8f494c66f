"""Goals 13 and 14: watching a large store, and making its index anew."""

import os
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import flightlog
import msgspec
import pytest
from flightlog.core.events import AnyEvent
from generate import write_journals
from measure import in_turn, resident, say, told

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

FULL = os.environ.get("FLIGHTLOG_BENCH_FULL") == "1"
WATCHED = 20_000


def test_rebuild(tmp_path):
    runs = 100_000 if FULL else 20_000
    write_journals(tmp_path, runs)
    decoder = msgspec.json.Decoder(AnyEvent)

    def read_all() -> int:
        count = 0
        for folder in (tmp_path / "runs").iterdir():
            for path in folder.iterdir():
                with path.open("rb") as file:
                    count += len([decoder.decode(line) for line in file.read().splitlines()])
        return count

    def rebuild() -> None:
        shutil.rmtree(tmp_path / ".flightlog", ignore_errors=True)
        with flightlog.open(tmp_path, storage="file") as store:
            assert store.runs.totals().runs == runs

    assert read_all() == 12 * runs
    ours, base, bare = in_turn(
        rebuild, read_all, lambda: insert_bare(tmp_path / ".flightlog" / "index.db"), rounds=1 if FULL else 3
    )
    detail = f"{told(ours)} / {told(base)}, {told(ours / runs)} a run; to read and to insert the rows by the driver "
    detail += f"alone would be {(base + bare) / base:.3g}x"
    say(14, f"index of {runs // 1000}k runs made anew, to open + read + decode", ours / base, 2, detail)


def insert_bare(index: Path) -> None:
    """Puts the rows of an index into an empty database, by statements that know no column's name; then its indexes."""
    with closing(sqlite3.connect(index)) as source, closing(sqlite3.connect("", isolation_level=None)) as target:
        made = "SELECT name, sql FROM sqlite_master WHERE type = ? AND sql NOT NULL AND name NOT LIKE 'sqlite_%'"
        for name, sql in source.execute(f"{made} AND name NOT LIKE 'log_words%'", ["table"]).fetchall():
            target.execute(sql)
            rows = source.execute(f'SELECT * FROM "{name}"')
            into = f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(rows.description))})'
            while some := rows.fetchmany(1000):
                target.execute("BEGIN")
                target.executemany(into, some)
                target.execute("COMMIT")
        for _, sql in source.execute(made, ["index"]).fetchall():
            target.execute(sql)


def test_watch_set_up(files_of, tmp_path):
    """The floor, a recursive watch of a folder a run, is made for a fifth of the runs and taken times five."""
    from watchdog.events import FileSystemEventHandler
    from watchdog.observers import Observer

    for number in range(WATCHED):
        (tmp_path / f"{number % 100:02}" / f"run-{number}").mkdir(parents=True)

    def recursive() -> None:
        observer = Observer()
        observer.schedule(FileSystemEventHandler(), str(tmp_path), recursive=True)
        observer.start()
        observer.stop()
        observer.join()

    with flightlog.open(files_of(100_000), storage="file") as store:
        store.runs.totals()
        before = resident()
        ours, floor = in_turn(lambda: store.feed.watch(lambda: None).close(), recursive, rounds=5)
        watch = store.feed.watch(lambda: None)
        grown = (resident() - before) / 1e6
        watch.close()
    base = floor * 100_000 / WATCHED
    say(13, "watch of 100k runs, to a recursive one", ours / base, 1 / 50, f"{told(ours)} / {told(base)} (scaled)")
    say(13, "memory that it takes", grown, 5, "", "MB")


def test_overflow(tmp_path):
    """While nobody reads its notices, more happens than the kernel keeps of them."""
    with flightlog.open(tmp_path, storage="file") as store:
        held, called, seen = threading.Event(), threading.Event(), threading.Event()
        found: set[str] = set()
        wanted: set[str] = set()
        known = store.feed.cursor()

        def on_change() -> None:
            called.set()
            held.wait()
            found.update(store.feed.changes(known).changed)
            if wanted and wanted <= found and store.runs.get(runs[-1].id).logs == 6_000:
                seen.set()

        watch = store.feed.watch(on_change)
        runs = [store.run("flood") for _ in range(4)]
        assert called.wait(5)
        for number in range(6_000):
            for run in runs:
                run.log("x", number=number)
        _touch_many(tmp_path / "runs")
        late = [store.run("late") for _ in range(50)]
        wanted.update(run.id for run in (*runs, *late))
        began = time.perf_counter()
        held.set()
        assert seen.wait(10)
        took = time.perf_counter() - began
        assert [store.runs.get(run.id).logs for run in runs] == [6_000] * 4
        seen.clear()
        found.clear()
        late[0].log("the watch goes on")
        assert seen.wait(5)
        watch.close()
        for run in (*runs, *late):
            run.finish()
    say(13, "after an overflow of notices: all caught up", took, 1, "24,000 events, 50 new runs", "s")


def _touch_many(folder: Path) -> None:
    """More notices than the kernel's queue holds (16,384), no two neighbours alike."""
    day = next(folder.iterdir())
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text()) if Path("/proc/sys/fs").exists() else 16_384
    for number in range(limit // 2 + 1_000):
        path = day / f"passing-{number % 2}.tmp"
        path.touch()
        path.unlink()


def test_a_heartbeat_costs_nothing_while_nothing_happens(files_of):
    """A look at 100k unchanged runs: what the heartbeat does every two seconds."""
    with flightlog.open(files_of(100_000), storage="file") as store:
        cursor = store.feed.cursor()
        (look,) = in_turn(lambda: store.feed.changes(cursor), calls=20)
        began = time.process_time()
        watch = store.feed.watch(lambda: store.feed.changes(cursor))
        time.sleep(4)
        busy = time.process_time() - began
        watch.close()
    say(13, "100k runs at rest: a look", look * 1e3, 5, "stat of each day's folder", "ms")
    say(13, "100k runs at rest: share of a core", busy / 4 * 100, 2, "heartbeats and probes", "%")
