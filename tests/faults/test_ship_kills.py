"""Agents, shippers and readers that are killed at any moment: what was acknowledged is there, once and in order."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import flightlog
import pytest
from flightlog.core.query.query import EVERYTHING
from killing import killed_at

EVENTS = int(os.environ.get("FLIGHTLOG_EVENTS", "500"))
"""What each of fifty agents records; 10,000 is the full size, some minutes on two cores."""
LIMIT_S = 300 + EVENTS // 5

AGENT = """
import sys, time, flightlog
place, storage, count, pause = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
with flightlog.open(place, storage=None if storage == "postgres" else storage) as store:
    run = store.run("w")
    print(run.id, flush=True)
    for n in range(count):
        run.log("x" * (n * 37 % 300), n=n)
        print(n, flush=True)
        if pause:
            time.sleep(pause)
    run.finish()
"""


class Agent:
    """A process that records, and what it said was acknowledged."""

    def __init__(
        self, place: Path | str, storage: str, count: int, pause: float = 0.0, *, beside: Path | None = None
    ) -> None:
        # Read by its name: the agent's own handle has one place in the file, which a read would move.
        self._said = (beside or Path(place).parent) / f"said-{id(self)}"
        words = [sys.executable, "-c", AGENT, str(place), storage, str(count), str(pause)]
        with self._said.open("wb") as said:
            self.process = subprocess.Popen(words, stdout=said)
        self.count = count

    def said(self) -> list[str]:
        """Whole lines that it printed."""
        return self._said.read_text().split("\n")[:-1]

    def has_begun(self) -> bool:
        """Whether it recorded something."""
        return len(self.said()) > 1


def check(store, agents: list[Agent]) -> None:
    """Every acknowledged event there once and in order, and at most one that was not acknowledged."""
    runs = {run.id: run for run in store.runs.query(EVERYTHING, limit=1000).items}
    for agent in agents:
        run, *numbers = agent.said()
        recorded, after = [], 0
        while page := store.logs.query(run, limit=1000, after=after):
            recorded += [entry.details["n"] for entry in page]
            after = page[-1].seq
        assert recorded in (list(range(len(numbers))), list(range(len(numbers) + 1)))
        assert [seq for seq, _ in store.runs.events(run, limit=agent.count + 10)] == list(
            range(1, runs[run].events + 1)
        )
        assert runs[run].logs == len(recorded)
        status = "completed" if agent.process.returncode == 0 else ("lost", "completed")
        assert runs[run].status in status and not runs[run].damaged
        assert agent.process.returncode or len(numbers) == agent.count


def begun(agents: list[Agent]) -> None:
    until = time.monotonic() + 120
    while not all(agent.has_begun() for agent in agents):
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.heavy
@pytest.mark.timeout(2 * LIMIT_S)
@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_fifty_processes_record_at_once(tmp_path, storage):
    place = tmp_path / "data"
    agents = [Agent(place, storage, EVENTS, beside=tmp_path) for _ in range(50)]
    assert [agent.process.wait(LIMIT_S) for agent in agents] == [0] * 50
    with flightlog.open(place) as store:
        check(store, agents)
        assert store.runs.totals().by_status["completed"] == 50
        if storage == "sqlite":
            assert os.listdir(tmp_path / "data" / "spool") == []


@pytest.mark.heavy
@pytest.mark.timeout(2 * LIMIT_S)
@pytest.mark.parametrize("storage", ["file", "sqlite", "postgres"])
def test_fifty_processes_of_which_twenty_are_killed(tmp_path, storage, new_postgres_url):
    """The victims are killed at moments spread over what they record."""
    place = new_postgres_url() if storage == "postgres" else tmp_path / "data"
    rng = random.Random(20)
    agents = [Agent(place, storage, EVENTS, beside=tmp_path) for _ in range(50)]
    victims = {agent: rng.randrange(EVENTS) for agent in agents[::2][:20]}
    until = time.monotonic() + LIMIT_S
    while victims:
        assert time.monotonic() < until
        for victim in [victim for victim, at in victims.items() if len(victim.said()) > at]:
            victim.process.send_signal(signal.SIGKILL)
            del victims[victim]
        victims = {victim: at for victim, at in victims.items() if victim.process.poll() is None}
        time.sleep(0.005)
    for agent in agents:
        agent.process.wait(LIMIT_S)
    assert sum(agent.process.returncode == -signal.SIGKILL for agent in agents) > 5
    with flightlog.open(place) as store:
        check(store, agents)


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_readers_that_are_killed_while_agents_record(tmp_path, storage):
    rng = random.Random(7)
    agents = [Agent(tmp_path / "data", storage, 1500) for _ in range(3)]
    begun(agents)
    code = f"import flightlog\nstore = flightlog.open({str(tmp_path / 'data')!r})\nwhile True: store.runs.totals()"
    for _ in range(6):
        reader = subprocess.Popen([sys.executable, "-c", code])
        time.sleep(0.3 + rng.random() * 0.4)
        reader.kill()
        reader.wait()
    for agent in agents:
        agent.process.wait(100)
    with flightlog.open(tmp_path / "data") as store:
        check(store, agents)


# --- killed at every step -----------------------------------------------------------------------------

STEPS = {"execute", "executemany", "unlink", "rename", "link", "commit", "ftruncate", "open"}


def prepared(folder: Path, storage: str) -> dict[str, tuple]:
    """A spool (or journals) as dead agents leave it; returns what must be found in it."""
    code = f"""
import os, flightlog
store = flightlog.open({str(folder)!r}, storage={storage!r})
if {storage!r} == "sqlite":
    store.recording.real._ship = lambda run: None
for finish in (True, True, False):
    run = store.run("w")
    for n in range(5):
        run.log(str(n))
    run.checkpoint({{"a": list(range(n))}})
    run.checkpoint({{"a": list(range(n + 1))}})
    if finish:
        run.finish()
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    scratch = folder.with_name("scratch")
    shutil.copytree(folder, scratch)
    with flightlog.open(scratch) as store:
        return census(store)


def census(store) -> dict[str, tuple]:
    """Everything that a store says of its runs."""
    return {
        run.id: (
            run.status,
            run.events,
            store.runs.events(run.id),
            [store.checkpoints.state(point.id) for point in store.checkpoints.list(run.id)],
        )
        for run in store.runs.query(EVERYTHING).items
    }


def every_step(tmp_path, storage, by: int) -> int:
    """Kills a reader at every `by`-th step, looks again, and returns at how many steps that was."""
    template = tmp_path / "template"
    expected = prepared(template, storage)
    assert len(expected) == 3
    number, done = 1, False
    while not done:
        folder = tmp_path / "data"
        shutil.copytree(template, folder)

        def read(folder=folder):
            with flightlog.open(folder) as store:
                store.runs.totals()

        done = killed_at(number, STEPS, read)
        with flightlog.open(folder) as store:
            assert census(store) == expected, f"killed at step {number}"
            assert not store.runs.damage().items
        if storage == "sqlite":
            left = {name.split(".")[0] for name in os.listdir(folder / "spool")}
            assert left == {run for run, facts in expected.items() if facts[0] == "lost"}
        shutil.rmtree(folder)
        number += by
    return number // by


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_a_reader_that_is_killed_at_some_steps_loses_nothing(tmp_path, storage):
    assert every_step(tmp_path, storage, 17) > 5


@pytest.mark.heavy
@pytest.mark.timeout(600)
@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_a_reader_that_is_killed_at_every_step_loses_nothing(tmp_path, storage):
    assert every_step(tmp_path, storage, 1) > 50


# --- no room ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_without_room_for_the_database_recording_goes_on_and_nothing_is_lost(tmp_path, storage):
    """The database (or index) may not grow as far as it must; the journals are smaller and fit."""
    code = f"""
import resource, signal, sys, flightlog
from flightlog.core.errors import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
store = flightlog.open({str(tmp_path)!r}, storage={storage!r})
runs = []
for _ in range(3):
    with store.run("w") as run:
        for n in range(300):
            run.log("y" * 200, n=n)
    runs.append(run.id)
try:
    store.runs.totals()
    print("fits")
except StorageError as error:
    print(type(error).__name__, error.what)
store.close()
print(*runs)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said, runs = done.stdout.splitlines()
    assert said.startswith("StorageError the d"), said  # full, or what SQLite makes of a file too large
    assert "Traceback" not in done.stderr
    with flightlog.open(tmp_path) as store:
        for run in runs.split():
            assert (store.runs.get(run).logs, store.runs.get(run).status) == (300, "completed")
        assert store.runs.totals().runs == 3 and not store.runs.damage().items
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] in (-1, resource.RLIM_INFINITY)
