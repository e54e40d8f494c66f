"""What lies in the spool and in the database beside it, and who leaves something there and dies."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager


def spool(folder):
    return sorted(path.name for path in (folder / "spool").iterdir())


def wait_until(condition, seconds=30.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def rows(folder, query):
    with closing(sqlite3.connect(f"file:{folder / 'flightlog.db'}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def record(folder, logs=3, *, finish=True):
    """Records a run in a process of its own that dies without a word; returns the run's id."""
    code = f"""
import os, flightlog
store = flightlog.open({str(folder)!r})
store.recording.real._ship = lambda run: None
run = store.run("w")
for n in range({logs}):
    run.log(str(n))
run.checkpoint({{"a": [1, 2]}})
if {finish}:
    run.finish()
print(run.id, flush=True)
os._exit(0)
"""
    return subprocess.run([sys.executable, "-c", code], stdout=-1, text=True, check=True).stdout.strip()


@contextmanager
def locked(folder):
    """Somebody else writes the database all the time."""
    with closing(sqlite3.connect(folder / "flightlog.db", isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")
