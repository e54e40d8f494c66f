"""Clean-ups that are killed at random while agents record: nothing is lost, nothing is there twice, all is whole."""

import subprocess
import sys
from pathlib import Path

import flightlog
import pytest
from flightlog.core.operations import new_order
from flightlog.core.pages import each
from flightlog.core.query.query import EVERYTHING

KEEPER = Path(__file__).parent / "chaos_keeper.py"
WRITERS = 4

WRITER = """
import os, sys, time, flightlog
data, storage, name = sys.argv[1:]
with flightlog.open(data, storage=storage) as store:
    number = 0
    while not os.path.exists(data + "/../stop"):
        with store.run("triage", name=f"{name}-{number}") as run:
            for part in range(3):
                run.log(f"{name} {number} {part} " + "x" * 300)
                time.sleep(0.01)
            run.checkpoint({"made": [name, number]})
        print(run.id, name, number, flush=True)
        number += 1
        time.sleep(0.05)
"""


def kept(store, run: str, name: str, number: int) -> None:
    """Asserts that a run is as it was recorded."""
    found = store.runs.get(run)
    assert (found.status, found.name) == ("completed", f"{name}-{number}")
    messages = [entry.message.rsplit(" ", 1)[0] for entry in store.logs.query(run)]
    assert messages == [f"{name} {number} {part}" for part in range(3)]
    assert store.checkpoints.state(store.checkpoints.list(run)[0].id) == {"made": [name, number]}


def census(data: Path, recorded: dict[str, tuple[str, int]]) -> None:
    with flightlog.open(data) as store:
        live = [run.id for page in [store.runs.query(EVERYTHING, limit=100_000)] for run in page.items]
        trash = [(one.run, one.operation) for one in each(lambda after: store.upkeep.trashed(limit=100, after=after))]
        there = [*live, *(run for run, _ in trash)]
        assert len(there) == len(set(there)), "a run is there twice"
        assert set(there) == set(recorded)
        for run in live:
            kept(store, run, *recorded[run])
        for operation in {operation for _, operation in trash}:
            outcomes = [one.outcome for one in store.upkeep.undo(new_order(), operation)]
            assert set(outcomes) == {"done"}
        for run, _ in trash:
            kept(store, run, *recorded[run])
        kinds = {finding.kind for finding in store.upkeep.check() if finding.severity != "note"}
        assert not kinds


def chaos(tmp_path: Path, storage: str, kills: int) -> None:
    data = tmp_path / "data"
    script = [sys.executable, "-c", WRITER, str(data), storage]
    writers = [subprocess.Popen([*script, f"w{n}"], stdout=subprocess.PIPE, text=True) for n in range(WRITERS)]
    try:
        assert writers[0].stdout
        first = writers[0].stdout.readline()  # from now on there is a store
        keeper = subprocess.run(
            [sys.executable, str(KEEPER), str(data), str(kills), "7"], capture_output=True, text=True, timeout=900
        )
    finally:
        (tmp_path / "stop").touch()
        told = [first, *(writer.communicate(timeout=120)[0] for writer in writers)]
    assert "FAULT" not in keeper.stderr, keeper.stderr
    assert int(keeper.stdout) == kills, keeper.stderr
    assert [writer.returncode for writer in writers] == [0] * WRITERS
    lines = [line.split() for text in told for line in text.splitlines()]
    census(data, {run: (name, int(number)) for run, name, number in lines})
    assert len(lines) > kills / 5


@pytest.mark.heavy
def test_five_hundred_kills_beside_live_writers_lose_nothing(tmp_path):
    chaos(tmp_path, "file", 500)


@pytest.mark.heavy
def test_kills_beside_live_writers_lose_nothing_in_a_database(tmp_path):
    chaos(tmp_path, "sqlite", 150)


def test_some_kills_beside_live_writers_lose_nothing(tmp_path):
    chaos(tmp_path, "file", 10)
