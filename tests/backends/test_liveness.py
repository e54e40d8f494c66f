"""Lost runs: told by the kernel's lock, with the evidence."""

import os
import subprocess
import sys
import time

import flightlog
import pytest
from flightlog.backends.journal import liveness, lock
from flightlog.backends.journal.process import is_alive, started, this_process
from flightlog.core import clock
from flightlog.core import events as e
from flightlog.core.ids import new_ulid
from flightlog.core.query.query import EVERYTHING
from msgspec.structs import replace

NOW = clock.now()


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "journal"
    path.touch()
    return path


def gone():
    """A process that is no longer there."""
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], stdout=-1, check=True)
    return replace(this_process(), pid=int(child.stdout))


def test_the_dead_whom_nobody_has_buried_are_gone(journal):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    writer = replace(this_process(), pid=child.pid, pid_started=started(child.pid))
    assert is_alive(writer)
    child.kill()
    deadline = time.monotonic() + 30
    while is_alive(writer) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert f"pid {child.pid} is gone" in liveness.evidence(journal, writer, NOW)
    child.communicate()


def test_while_the_lock_is_held_nobody_is_lost(journal):
    fd = os.open(journal, os.O_RDWR)
    assert lock.take(fd)
    assert liveness.evidence(journal, gone(), NOW) == ""
    os.close(fd)
    assert liveness.evidence(journal, gone(), NOW)


def test_looking_does_not_disturb_the_writer(journal):
    for _ in range(100):
        liveness.evidence(journal, this_process(), NOW)
        fd = os.open(journal, os.O_RDWR)
        assert lock.take(fd)
        liveness.evidence(journal, this_process(), NOW)
        os.close(fd)


HERE = this_process()
CASES = {
    "dead": (lambda: gone(), "is gone; last event"),
    "alive but let go": (lambda: HERE, f"pid {HERE.pid} lives but left it unfinished"),
    "pid used again": (lambda: replace(HERE, pid_started="1"), "is gone"),
    "restarted": (lambda: replace(HERE, boot_id="another"), "the machine was started anew"),
    "container": (lambda: replace(HERE, host="other", pid_ns="pid:[1]"), "was on other"),
    "nobody said": (lambda: None, "nobody holds its lock"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_evidence_says_only_what_is_known(journal, case):
    writer, words = CASES[case]
    found = liveness.evidence(journal, writer(), NOW)
    assert words in found and found.endswith(f"last event {NOW[:10]} {NOW[11:19]} UTC")


def test_of_another_machine_a_free_lock_is_proof_only_after_silence(journal):
    elsewhere = replace(HERE, host="elsewhere", boot_id="another")
    assert liveness.evidence(journal, elsewhere, clock.now()) == ""
    silent = clock.from_seconds(time.time() - liveness.SILENCE_S - 1)
    assert "on elsewhere" in liveness.evidence(journal, elsewhere, silent)
    assert "on elsewhere" in liveness.evidence(journal, elsewhere, "")


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_a_run_that_finishes_while_it_is_looked_at_is_never_lost(tmp_path, storage, monkeypatch):
    """The writer's last event and the freed lock come between our look at the journal and at the lock."""
    with flightlog.open(tmp_path, storage=storage) as store:
        writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow="w"))
        assert store.runs.get(writer.run).status == "running"
        real = liveness.evidence

        def finishes_first(path, *facts):
            if writer.last_seq == 1:
                writer.append(e.RunFinished(status="completed"))
                writer.close()
            return real(path, *facts)

        monkeypatch.setattr(liveness, "evidence", finishes_first)
        time.sleep(1.1)
        statuses = {store.runs.get(writer.run).status for _ in range(3)}
        assert statuses <= {"running", "completed"} and store.runs.get(writer.run).status == "completed"


def test_a_dead_writer_is_noticed_by_a_store_that_stays_open(tmp_path):
    code = f"""
import flightlog, sys
run = flightlog.open({str(tmp_path)!r}, storage="file").run("w")
print(run.id, flush=True)
sys.stdin.read()
"""
    other = subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True)
    run = other.stdout.readline().strip()
    with flightlog.open(tmp_path, storage="file") as store:
        assert store.runs.get(run).status == "running"
        cursor = store.feed.cursor()
        other.kill()
        other.wait()
        other.stdin.close()
        time.sleep(1.1)
        assert store.feed.changes(cursor).changed == (run,)
        assert store.runs.get(run).status == "lost" and f"pid {other.pid} is gone" in store.runs.get(run).evidence
        cursor = store.feed.cursor()
        time.sleep(1.1)
        assert store.feed.changes(cursor).changed == ()  # said once


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_that_a_process_lives_which_let_go_is_told_only_as_long_as_it_does(tmp_path, storage, monkeypatch):
    code = f"""
import flightlog, sys
from flightlog.core.events import RunStarted
from flightlog.core.ids import new_ulid
store = flightlog.open({str(tmp_path)!r}, storage={storage!r})
store.recording.begin(RunStarted(run=new_ulid(), workflow="w")).close()
print("let go", flush=True)
sys.stdin.read()
"""
    other = subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True)
    assert other.stdout.readline() == "let go\n"
    looked = []
    monkeypatch.setattr(liveness, "evidence", lambda *facts, real=liveness.evidence: looked.append(1) or real(*facts))
    with flightlog.open(tmp_path, storage=storage) as store:
        run = store.runs.query(EVERYTHING).items[0].id

        def until(words):
            deadline = time.monotonic() + 30
            while words not in store.runs.get(run).evidence and time.monotonic() < deadline:
                time.sleep(0.1)
            assert words in store.runs.get(run).evidence and store.runs.get(run).status == "lost"

        until(f"pid {other.pid} lives but left it unfinished")
        other.kill()
        other.communicate()
        until(f"pid {other.pid} is gone")
        # That stays so, and is not looked at again.
        looked.clear()
        time.sleep(1.1)
        assert f"pid {other.pid} is gone" in store.runs.get(run).evidence and not looked
