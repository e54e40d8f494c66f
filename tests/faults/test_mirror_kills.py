"""Agents that are killed between an acknowledgement and the mirror: the next opening makes it good, nothing twice."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import flightlog
import pytest
from flightlog.core.query.query import EVERYTHING

AGENT = """
import os, sys, flightlog
from flightlog.core.annotations import Noted
store = flightlog.open(sys.argv[1])
run = store.run("w", definition="a: 1")
os.write(1, f"{run.id}\\n".encode())
state = []
for n in range(100_000):
    run.log("x" * (n * 37 % 300), n=n)
    if n % 10 == 0:
        state.append(n)
        run.checkpoint({"list": list(state), "n": n})
    if n % 50 == 25:
        store.runs.annotate(Noted(run=run.id, text=str(n)))
    os.write(1, f"{n}\\n".encode())
"""


def configured(tmp_path: Path, storage: str) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    text = f"storage: {{logs: {{type: {storage}}}, mirror: {{type: file, path: {tmp_path / 'mirror'}}}}}"
    (data / "flightlog.yaml").write_text(text)
    return data


def killed(data: Path, seconds: float, number: int) -> tuple[str, int]:
    """An agent that was killed so long after its first event: its run, and how many events it was told are there."""
    said = data.parent / f"said-{number}"
    with said.open("wb") as out:
        agent = subprocess.Popen([sys.executable, "-c", AGENT, str(data)], stdout=out)
    until = time.monotonic() + 60
    while said.read_bytes().count(b"\n") < 2:
        assert time.monotonic() < until and agent.poll() is None
        time.sleep(0.01)
    time.sleep(seconds)
    agent.send_signal(signal.SIGKILL)
    agent.wait()
    lines = said.read_text().split("\n")[:-1]
    return lines[0], len(lines) - 1


def census(store) -> dict:
    """What the store and its mirror must have in common, but for the verdict on runs that were left unfinished."""
    return {
        run.id: (
            store.runs.events(run.id, limit=200_000),
            sorted(note.text for note in store.runs.notes(run.id).items),
            [store.checkpoints.state(point.id) for point in store.checkpoints.list(run.id)],
        )
        for run in store.runs.query(EVERYTHING, limit=1000).items
    }


def made_good(data: Path) -> None:
    """One opening, with as much time as it takes."""
    with flightlog.open(data) as store:
        until = time.monotonic() + 100
        while [found for found in store.upkeep.check() if found.kind.startswith("mirror")]:
            assert time.monotonic() < until
            time.sleep(0.1)


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_agents_killed_at_any_moment_are_whole_in_the_mirror_after_the_next_opening(tmp_path, storage):
    rng, data = random.Random(5), configured(tmp_path, storage)
    acknowledged = {}
    for number in range(8):
        run, count = killed(data, rng.random() * 0.8, number)
        acknowledged[run] = count
    made_good(data)
    with flightlog.open(data, read_only=True) as store, flightlog.open(tmp_path / "mirror") as mirror:
        first, second = census(store), census(mirror)
        assert first == second
        assert first.keys() == acknowledged.keys()
        for run, count in acknowledged.items():
            assert mirror.runs.get(run).logs >= count
        assert [version.number for version in mirror.workflows.list("w")] == [1]
        assert not mirror.runs.damage().items


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_a_feeder_killed_at_any_write_carries_nothing_twice(tmp_path, storage):
    """Each turn the process that feeds dies at another of its writes to the mirror."""
    data = configured(tmp_path, storage)
    code = """
import os, signal, sys, threading, time, flightlog
from flightlog.core.annotations import Noted
left, mirror = int(sys.argv[2]), sys.argv[3]
real = os.write
def write(fd, data):
    global left
    if os.readlink(f"/proc/self/fd/{fd}").startswith(mirror):
        left -= 1
        if left == 0:
            real(fd, data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
    return real(fd, data)
os.write = write
store = flightlog.open(sys.argv[1])
with store.run("w", definition="a: 1") as run:
    run.checkpoint({"list": [1]})
    run.log("x")
    run.checkpoint({"list": [1, 2]})
store.runs.annotate(Noted(run=run.id, text=run.id))
time.sleep(0.3)
store.close()
os._exit(0)
"""
    ends = set()
    for number in range(1, 14):
        words = [sys.executable, "-c", code, str(data), str(number), str(tmp_path / "mirror")]
        ends.add(subprocess.run(words, timeout=60).returncode)
    assert -signal.SIGKILL in ends
    made_good(data)
    with flightlog.open(data, read_only=True) as store, flightlog.open(tmp_path / "mirror") as mirror:
        assert census(store) == census(mirror)
        assert len(census(store)) == 13
        # Half an annotation that a killed process left is named, as in any data directory; it is there whole, too.
        assert {found.where for found in mirror.runs.damage().items} <= {"annotations.jsonl"}
    assert os.path.getsize(tmp_path / "mirror" / "mirror.json") < 1000
