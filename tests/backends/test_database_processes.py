"""Real processes on one database: cold starts, writing together, and being killed."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flightlog.backends.sql import tables
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.ids import is_ulid
from sqlalchemy import func, select

WRITER = """
import os, sys
from pathlib import Path
from flightlog.backends.sql.database import BY_HAND_S
from flightlog.backends.sql.projector import Projector, Recorded
from flightlog.backends.sqlite.engine import open_database
from flightlog.core import events as e
from flightlog.core.ids import new_ulid

path, kind, count, processes = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
for _ in range(processes - 1):
    if not os.fork():
        break
database, projector = open_database(path, truth=kind == "truth"), Projector()
run = new_ulid()
print(f"{run}\\n", end="", flush=True)  # in one piece, for others say theirs in the same place
events = [e.RunStarted(run=run, workflow="w", version=1)]
events += [e.CostRecorded(model="m", input_tokens=1, nanousd=1) for _ in range(count - 1)]
for seq, event in enumerate(events, 1):
    event.seq, event.t = seq, "2026-11-20T10:00:00.000000Z"
    with database.write(BY_HAND_S) as connection:  # nobody here would try again
        projector.project(connection, run, [Recorded(event, 10)])
    print(f"{seq}\\n", end="", flush=True)
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT sum(runs) FROM counters").scalar() >= 1
database.close()
"""


def start(path: Path, kind: str, count: int, processes: int = 1) -> subprocess.Popen:
    """Processes that begin at the same moment, for what they import is there already; their output is one."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), kind, str(count), str(processes)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def check(path: Path, kind: str, told: dict[str, int], exact: bool) -> None:
    database = open_database(path, truth=kind == "truth")
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        found = {row.id: row.last_seq for row in connection.execute(select(tables.runs))}
        calls = connection.scalar(select(func.sum(tables.rollups.c.calls)))
        assert calls == sum(found.values()) - len(found)
        assert connection.scalar(select(func.sum(tables.counters.c.runs))) == len(found)
    database.close()
    assert found.keys() >= {run for run, seq in told.items() if seq}
    for run, seq in told.items():
        assert found.get(run, 0) in ({seq} if exact else {seq, seq + 1})


@pytest.mark.parametrize("kind", ["truth", "index"])
def test_many_processes_start_at_once_on_nothing(tmp_path, kind):
    path = tmp_path / "x.db"
    process = start(path, kind, 3, processes=16)
    out, err = process.communicate(timeout=100)
    assert (process.returncode, err) == (0, "")
    told = {word: 3 for word in out.split() if is_ulid(word)}
    assert len(told) == 16
    check(path, kind, told, exact=True)


def test_processes_killed_while_they_write_lose_nothing_that_was_committed(tmp_path):
    path = tmp_path / "x.db"
    open_database(path, truth=True).close()
    rng = random.Random(7)
    started = [start(path, "truth", 100_000) for _ in range(4)]
    # Each says its run, and then the number of each event that it has committed.
    lines = {process.pid: [process.stdout.readline() for _ in range(8)] for process in started}
    for process in started:
        time.sleep(rng.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        lines[process.pid] += process.stdout.read().splitlines()
        assert not process.communicate()[1]
    told = {}
    for run, *seqs in lines.values():
        told[run.strip()] = int(seqs[-1]) if seqs else 0
    assert sum(told.values()) > 20
    check(path, "truth", told, exact=False)


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_thirty_two_cold_starts_twenty_times(tmp_path):
    for turn in range(20):
        path = tmp_path / f"{turn}.db"
        started = [start(path, "truth", 2) for _ in range(32)]
        for process in started:
            _, err = process.communicate(timeout=100)
            assert process.returncode == 0, err


def test_a_kill_within_the_upgrade_leaves_a_database_that_opens(tmp_path):
    """Killed at its n-th statement, for every n until it comes through. Each is a process of its own, forked by one
    that has imported all.
    """
    script = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from sqlalchemy.engine import Engine
from flightlog.backends.sqlite.engine import open_database
at, status = 3, -signal.SIGKILL
while status == -signal.SIGKILL:
    if not (child := os.fork()):
        left = at
        break
    status, at = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), at + 25
    print(status, flush=True)
else:
    sys.exit(status)
@event.listens_for(Engine, "after_cursor_execute")
def count(*args):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
open_database(Path(sys.argv[1]) / f"{at}.db", truth=True)
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, check=False, text=True)
    ends = [int(status) for status in done.stdout.split()]
    assert (set(ends[:-1]), ends[-1]) == ({-signal.SIGKILL}, 0), done.stderr
    assert len(ends) > 3
    for n in range(len(ends)):
        database = open_database(tmp_path / f"{3 + 25 * n}.db", truth=True)
        with database.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM runs").scalar() == 0
        database.close()


def test_a_database_of_sqlite_itself_agrees(tmp_path):
    """Plain sqlite3 reads what we wrote, while we have it open and after."""
    path = tmp_path / "x.db"
    process = start(path, "truth", 5)
    process.communicate(timeout=60)
    database = open_database(path, truth=True)
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as plain:
        assert plain.execute("SELECT events, tokens, nanousd FROM runs").fetchall() == [(5, 4, 4)]
    plain.close()
    database.close()
    assert os.path.getsize(path) > 0
