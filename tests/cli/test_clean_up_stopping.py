"""What was begun is stopped between two runs, and the same command goes on with the rest."""

import fcntl
import json
import os
import signal
import subprocess
import sys

import flightlog
import pytest
from cleaning import FEW_KINDS, made
from flightlog.core.query.query import EVERYTHING

RUNS = 60
PROGRAM = (sys.executable, "-c", "from flightlog.tui.cli.main import main; main(prog_name='flightlog')")


@pytest.fixture(params=FEW_KINDS)
def data(request, tmp_path, new_postgres_url):
    name, storage = made(request.param, tmp_path / "data", new_postgres_url)
    with flightlog.open(name, storage=storage) as store:
        for number in range(RUNS):
            store.run("w", name=f"run-{number}").finish()
    return name


def removing(data):
    words, env = [*PROGRAM, "rm", "--where", "workflow:w", "--yes", "--json"], os.environ | {"FLIGHTLOG_DATA": data}
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0, env=env)


def left(data) -> int:
    with flightlog.open(data) as store:
        return store.runs.count(EVERYTHING)


@pytest.mark.parametrize("told", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.heavy)])
def test_a_signal_stops_between_two_runs_and_says_how_to_go_on(data, told):
    process = removing(data)
    # So little goes into the pipe that it cannot be through before it is told to stop.
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, 4096)
    first = process.stdout.read(10)
    process.send_signal(told)
    out, errors = process.communicate(timeout=300)
    rows = [json.loads(line) for line in (first + out).splitlines()]
    done = rows[-1]["done"]
    assert process.returncode == 130, errors
    assert 0 < done < RUNS and len(rows) == done + 1 and all(row["outcome"] == "done" for row in rows[:-1])
    assert b"stopping after this run" in errors
    assert f"stopped after {done} of {RUNS}; the same command goes on with the rest" in errors.decode()
    assert left(data) == RUNS - done
    rest = removing(data).communicate(timeout=300)[0].splitlines()
    assert json.loads(rest[-1])["done"] == RUNS - done
    assert left(data) == 0


@pytest.mark.heavy
def test_killed_in_the_middle_it_goes_on_where_it_was(data):
    process = removing(data)
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, 4096)
    process.stdout.read(1000)
    process.kill()
    process.communicate(timeout=300)
    here = left(data)
    assert 0 < here < RUNS
    done = removing(data)
    out, errors = done.communicate(timeout=300)
    assert done.returncode == 0, errors
    assert json.loads(out.splitlines()[-1])["done"] == here
    with flightlog.open(data) as store:
        trashed = [one.run for one in store.upkeep.trashed(limit=1000).items]
        assert store.runs.count(EVERYTHING) == 0 and len(trashed) == len(set(trashed)) == RUNS
        assert [one.unfinished for one in store.upkeep.operations().items] == [False, True]
