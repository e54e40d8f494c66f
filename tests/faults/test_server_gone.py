"""A PostgreSQL server that goes away and comes back: agents and readers go on, and nothing is lost."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import flightlog
import pytest
from flightlog.backends.postgres.server_url import ServerUrl, spool_folder
from flightlog.core.errors import FlightlogError
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.app import FlightlogApp
from postgres_server import PASSWORD, PostgresServer

GONE = (
    *("the connection to the server was lost", "no server answers there", "just starting or stopping"),
    "does not answer",  # in time: while it starts on a busy machine
)

AGENT = """
import os, sys, threading, time, flightlog
store = flightlog.open(os.environ["PLACE"])
run = store.run("w")
print(run.id, flush=True)
beats = 0

def beat():
    global beats
    with open(sys.argv[1] + "-beats", "ab", 0) as file:
        while True:
            file.write(b".")
            beats += 1
            time.sleep(0.01)

threading.Thread(target=beat, daemon=True).start()
n, longest = 0, 0
while not os.path.exists(sys.argv[1]):
    began = beats
    run.log(f"entry {n}", n=n)
    longest = max(longest, beats - began)
    n += 1
    time.sleep(0.002)
run.finish()
store.close()
print(n, longest, flush=True)
"""


@pytest.fixture
def url(new_postgres_url, postgres):
    yield new_postgres_url()
    if not postgres.is_running:
        postgres.start()


def until(condition, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def agent(url: str, stop: Path, monkeypatch) -> "subprocess.Popen[str]":
    monkeypatch.setenv("PLACE", url)
    return subprocess.Popen(
        [sys.executable, "-c", AGENT, str(stop)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def journals(url: str) -> list[Path]:
    return sorted((spool_folder(ServerUrl(url)) / "spool").glob("*.jsonl"))


def recorded(store, run: str) -> list[int]:
    found, after = [], 0
    while page := store.logs.query(run, limit=500, after=after):
        found += [entry.details["n"] for entry in page]
        after = page[-1].seq
    return found


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_an_agent_goes_on_while_the_server_is_stopped_and_killed(postgres, url, tmp_path, monkeypatch):
    writing = agent(url, tmp_path / "stop", monkeypatch)
    run = writing.stdout.readline().strip()
    with flightlog.open(url) as store:
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            until(lambda: arrived(store, run))
            before = arrived(store, run)
            postgres.stop(number)
            size = journals(url)[0].stat().st_size
            until(lambda size=size: journals(url)[0].stat().st_size > size)
            postgres.start()
            until(lambda before=before: arrived(store, run) > before)
        (tmp_path / "stop").touch()
        said, complaints = writing.communicate(timeout=60)
        count, longest = said.split()
        assert recorded(store, run) == list(range(int(count)))
        found = store.runs.get(run)
        assert (found.status, found.logs, found.events) == ("completed", int(count), int(count) + 2)
        assert store.runs.damage().items == []
    # No call has lasted so long that another thread of the agent's could write for two seconds meanwhile.
    assert writing.returncode == 0 and int(longest) < 200
    assert "Traceback" not in complaints and PASSWORD not in complaints
    assert journals(url) == []


MANY = """
import os, sys, flightlog
with flightlog.open(os.environ["PLACE"]) as store:
    while True:
        with store.run("w") as run:
            for n in range(30):
                run.log("x" * (n * 37 % 300), n=n)
                os.write(1, f"{run.id} {n}\\n".encode())
"""


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_agents_of_two_machines_that_are_killed_lose_nothing(url, tmp_path, monkeypatch):
    """Nor is anything there twice, or out of order, or damaged, whoever ships what they left."""
    random, said = Random(1), {}
    monkeypatch.setenv("PLACE", url)
    for turn in range(3):
        for machine in ("one", "other"):
            monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / machine))
            path = tmp_path / f"said-{machine}-{turn}"
            with path.open("wb") as out:
                working = subprocess.Popen([sys.executable, "-c", MANY], stdout=out)
            until(lambda path=path: path.read_bytes().count(b"\n") > 30)  # it is at its second run
            time.sleep(random.random() / 2)
            working.kill()
            working.wait()
            for line in path.read_text().split("\n")[:-1]:
                run, n = line.split()
                said[run] = int(n) + 1
    for machine in ("one", "other"):
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / machine))
        with flightlog.open(url) as store:
            store.runs.totals()
    with flightlog.open(url) as store:
        assert len(said) >= 12 and store.runs.damage().items == []
        for run, count in said.items():
            entries, found = recorded(store, run), store.runs.get(run)
            assert entries in (list(range(count)), list(range(count + 1)))
            assert found.logs == len(entries)
            assert found.status in (("lost", "completed") if len(entries) == 30 else ("lost",))


def arrived(store, run: str) -> int:
    """How many entries of a run are there; 0 while nobody answers."""
    try:
        found = store.runs.query(EVERYTHING).items
        return found[0].logs if found else 0
    except FlightlogError as error:
        if not any(words in str(error) for words in GONE):
            raise
        return 0


def test_what_was_recorded_while_there_was_no_server_is_shipped_by_who_comes_next(postgres, url, tmp_path, monkeypatch):
    postgres.stop()
    writing = agent(url, tmp_path / "stop", monkeypatch)
    run = writing.stdout.readline().strip()
    until(lambda: journals(url) and journals(url)[0].stat().st_size > 5000)
    writing.kill()
    writing.communicate()
    with pytest.raises(FlightlogError, match="no server answers there"), flightlog.open(url) as store:
        store.runs.totals()
    postgres.start()
    with flightlog.open(url) as store:
        assert store.runs.get(run).status == "lost"
        entries = recorded(store, run)
        assert len(entries) > 20 and entries == list(range(len(entries)))


def test_a_server_that_stands_still_holds_up_no_agent(postgres, url):
    with flightlog.open(url) as store:
        store.run("w").finish()
        backends = postgres.tell("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'")
        with standing_still(postgres.pid, *(pid for (pid,) in backends if alive(pid))):
            began = time.monotonic()
            for _ in range(3):
                with store.run("w") as run:
                    run.log("meanwhile")
            assert time.monotonic() - began < 15
        until(lambda: store.runs.totals().by_status.get("completed") == 4)
        assert store.runs.damage().items == []


@contextmanager
def standing_still(*pids: int) -> Iterator[None]:
    try:
        for pid in pids:
            _send(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            _send(pid, signal.SIGCONT)


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # one that was about to end when it was asked for
        os.kill(pid, number)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False  # it was the one that was asked
    return True


@pytest.mark.heavy
def test_verbs_that_follow_wait_until_the_server_is_back(postgres, url, tmp_path, monkeypatch):
    monkeypatch.setenv("FLIGHTLOG_DATA", url)
    with flightlog.open(url) as store:
        run = store.run("first")
        run.log("before")
        said = {verb: tmp_path / verb for verb in ("watch", "logs")}
        words = {"watch": ["watch", "--existing"], "logs": ["logs", "-f", run.id]}
        store.runs.totals()
        following = []
        for verb, path in said.items():
            command = [sys.executable, "-c", "from flightlog.tui.cli.main import main; main()", *words[verb]]
            with path.open("wb") as out:
                following.append(subprocess.Popen(command, stdout=out, stderr=out))
        until(lambda: "first" in said["watch"].read_text() and "before" in said["logs"].read_text())
        postgres.stop(signal.SIGQUIT)
        until(lambda: all(any(words in path.read_text() for words in GONE) for path in said.values()))
        run.log("meanwhile")
        postgres.start()
        store.run("second").finish()
        run.finish()
    until(lambda: "second" in said["watch"].read_text())
    assert following[1].wait(60) == 0, said["logs"].read_text()
    following[0].kill()
    following[0].wait()
    told = [line.split()[-1] for line in said["logs"].read_text().splitlines() if "INFO" in line]
    assert told == ["before", "meanwhile"]
    assert PASSWORD not in said["watch"].read_text() + said["logs"].read_text()


# --- the browser ---------------------------------------------------------------------------------------


def line(app: FlightlogApp, number: int = 0) -> str:
    return app.screen._compositor.render_strips(app.screen.size)[number].text


def text(app: FlightlogApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips(app.screen.size))


async def shown(pilot, condition) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, text(pilot.app)
        await pilot.pause(0.05)


def record(postgres: PostgresServer, url: str, name: str) -> None:
    with flightlog.open(url) as store:
        store.run("triage", name=name).finish()


@pytest.mark.heavy
async def test_the_browser_says_that_the_server_is_gone_and_goes_on_when_it_is_back(postgres, url):
    record(postgres, url, "before")
    app = FlightlogApp(lambda: flightlog.open(url, create=False))
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot, lambda: "before" in text(app))
        postgres.stop(signal.SIGQUIT)
        await shown(pilot, lambda: any(words in line(app) for words in GONE))
        assert "before" in text(app)  # what was read stays
        await pilot.press("j", "k", "enter", "escape")
        postgres.start()
        record(postgres, url, "after")
        await shown(pilot, lambda: "after" in text(app) and not any(words in line(app) for words in GONE))
        assert PASSWORD not in text(app)
    app.close()


STILL = "the server does not answer since "


@pytest.mark.heavy
async def test_the_browser_says_that_the_server_stands_still_and_takes_it_back(postgres, url):
    record(postgres, url, "before")
    app = FlightlogApp(lambda: flightlog.open(url, create=False))
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot, lambda: "before" in text(app) and "watching" in line(app))
        with standing_still(*processes(postgres)):
            began = time.monotonic()
            await shown(pilot, lambda: STILL in line(app))
            said = time.monotonic() - began
            await pilot.press("slash", *"nothing", "enter")  # what nobody answers now
            await pilot.press("question_mark")
            await shown(pilot, lambda: "Look into the run" in text(app))
            await pilot.press("escape", "slash", "escape")
            await shown(pilot, lambda: "Look into the run" not in text(app))
            assert STILL in line(app)
        await shown(pilot, lambda: STILL not in line(app))
        record(postgres, url, "after")
        await shown(pilot, lambda: "after" in text(app) and "before" in text(app))
        assert said < 15, "seconds on a machine that has nothing else to do: 4"
    app.close()


@pytest.mark.heavy
def test_who_listens_is_told_that_a_server_stands_still_and_goes_on(postgres, url, caplog):
    with flightlog.open(url) as store:
        woken = threading.Event()
        watch = store.feed.watch(woken.set)
        store.run("w").finish()
        until(lambda: store.runs.totals().runs == 1 and not watch.problem)
        for _ in range(2):
            with standing_still(*processes(postgres)):
                until(lambda: watch.problem.startswith(STILL))
                woken.clear()
            until(lambda: not watch.problem and woken.is_set())
            store.run("w").finish()
        until(lambda: store.runs.totals().by_status.get("completed") == 3)
        watch.close()
    assert sum(STILL in record.getMessage() for record in caplog.records) >= 2


def processes(postgres: PostgresServer) -> list[int]:
    """Those of a server, each of which stands still or goes on by itself."""
    others = postgres.tell("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    return [postgres.pid, *(pid for (pid,) in others)]


async def test_the_browser_opens_as_soon_as_there_is_a_server(postgres, url, monkeypatch):
    from flightlog.tui.program import beginning

    monkeypatch.setattr(beginning, "AGAIN", 0.2)
    record(postgres, url, "before")
    postgres.stop()
    app = FlightlogApp(lambda: flightlog.open(url, create=False))
    async with app.run_test(size=(120, 36)) as pilot:
        await shown(pilot, lambda: "no server answers there" in text(app))
        assert PASSWORD not in text(app)
        postgres.start()
        await shown(pilot, lambda: "before" in text(app))
    app.close()
