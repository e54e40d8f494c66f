"""Whether Claude Code is at work on a session: by what its process says, which may be in another container."""

import json
import os
from pathlib import Path

import pytest
from flightlog.backends.sources import locks, processes
from flightlog.backends.sources.processes import lives
from recorded_transcripts import aged, rows_of

KILLED = "df620dee-0b53-4cdf-89b0-505710b9a567"
GONE = 2**22 + 1
MACHINE = "0123456789abcdef0123456789abcdef"
OURS, OTHER = "pid:[4026531836]", "pid:[4026532301]"
STARTED = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19] if os.path.exists("/proc/self") else ""


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine of that name, seen from its own namespace of processes, wherever the tests run."""
    namespace, name = tmp_path / "namespace", tmp_path / "machine-id"
    namespace.symlink_to(OURS)
    name.write_text(f"{MACHINE}\n")
    monkeypatch.setattr(locks, "_NAMESPACE", namespace)
    monkeypatch.setattr(processes, "_MACHINE", name)
    monkeypatch.setattr(processes, "_below", {})
    return namespace


def inside(namespace, where=OTHER):
    """From now on it is looked from a container."""
    namespace.unlink()
    namespace.symlink_to(where)


@pytest.fixture
def path(claude):
    """A session in the middle of a turn."""
    (found,) = claude.rglob(f"{KILLED}.jsonl")
    (claude / "sessions").mkdir()
    return found


def says(claude, **told):
    """A process says that it is at work on it."""
    (claude / "sessions" / "7.json").write_text(json.dumps({"sessionId": KILLED, **told}))


def standing(index_of, claude, path, silent=60):
    aged(path, silent)
    status, evidence = rows_of(index_of(claude), "status", "evidence")[path.stem]
    return status, evidence.removesuffix(", in the middle of a turn")


def test_a_pid_of_this_machine_that_is_gone_is_evidence_at_once(claude, path, index_of):
    says(claude, pid=GONE, procStart="77", pidDomain=f"linux:{MACHINE}:{OURS}")
    assert standing(index_of, claude, path) == ("lost", f"pid {GONE} is gone")


@pytest.mark.parametrize("where", ["", f"linux:{MACHINE}:{OTHER}", f"linux:{'f' * 32}:{OURS}", "linux::", "win32:box"])
def test_of_a_pid_that_may_be_elsewhere_silence_is_no_evidence_and_what_is_known_is_said(claude, path, index_of, where):
    """Without a domain it may be that of a process in any container that shares the folder."""
    says(claude, pid=GONE, procStart="77", pidDomain=where)
    assert standing(index_of, claude, path) == ("running", "")
    assert standing(index_of, claude, path, 700) == ("running", "")
    evidence = f"nothing was written for over an hour, and whether pid {GONE} is gone cannot be seen from here"
    assert standing(index_of, claude, path, 3_700) == ("paused", evidence)


def test_a_pid_elsewhere_that_somebody_else_has_here_is_none_that_lives(claude, path, index_of):
    says(claude, pid=os.getpid(), pidDomain=f"linux:{MACHINE}:{OTHER}")
    assert standing(index_of, claude, path, 700) == ("running", "")
    assert standing(index_of, claude, path, 3_700)[0] == "paused"


@pytest.mark.parametrize("where", ["", f"linux:{MACHINE}:{OTHER}"])
@pytest.mark.parametrize("silent", [60, 3_700, 90_000])
def test_one_elsewhere_that_waits_for_a_person_is_shown_so_however_long_it_waits(claude, path, index_of, where, silent):
    says(claude, pid=GONE, procStart="77", pidDomain=where, status="waiting", waitingFor="approve Bash")
    evidence = f"approve Bash; whether pid {GONE} is gone cannot be seen from here"
    assert standing(index_of, claude, path, silent) == ("waiting", evidence)


@pytest.mark.usefixtures("always_walking")
def test_one_that_rested_unseen_goes_on_when_it_is_seen_again(claude, path, index_of):
    says(claude, pid=GONE, procStart="77")
    aged(path, 3_700)
    index = index_of(claude)
    assert rows_of(index, "status")[path.stem] == ("paused",)
    says(claude, pid=os.getpid(), procStart=STARTED)
    aged(path, 3_600)
    index.refresh()
    assert rows_of(index, "status", "evidence")[path.stem] == ("running", "")


@pytest.mark.parametrize("told", [{"pid": GONE, "procStart": "77"}, None])
def test_from_a_container_neither_a_pid_that_is_gone_nor_that_nobody_says_anything_is_evidence(
    claude, path, index_of, machine, told
):
    inside(machine)
    if told:
        says(claude, **told)
    assert standing(index_of, claude, path, 700) == ("running", "")
    assert standing(index_of, claude, path, 3_700)[0] == "paused"


def test_in_its_own_container_a_pid_is_known_to_be_gone(claude, path, index_of, machine):
    inside(machine)
    says(claude, pid=GONE, procStart="77", pidDomain=f"linux:{MACHINE}:{OTHER}")
    assert standing(index_of, claude, path) == ("lost", f"pid {GONE} is gone")
    says(claude, pid=os.getpid(), procStart=STARTED, pidDomain=f"linux:{MACHINE}:{OTHER}")
    assert standing(index_of, claude, path, 5_000) == ("running", "")


@pytest.mark.parametrize("where", [{"pidDomain": f"linux::{OTHER}"}, {}])
def test_where_a_container_shares_the_folder_that_nobody_says_anything_is_no_evidence(claude, path, index_of, where):
    """It takes away what processes say whom it does not see."""
    assert standing(index_of, claude, path, 70) == ("lost", "no process says that it is at work on it")
    other = {"sessionId": "another", "pid": 9, **where}
    (claude / "sessions" / "9.json").write_text(json.dumps(other))
    assert standing(index_of, claude, path, 700) == ("running", "")
    assert "which one in another container may have said" in standing(index_of, claude, path, 3_700)[1]


def test_a_process_in_a_container_of_this_machine_is_found_by_its_own_number_and_looked_for_once(tmp_path, monkeypatch):
    proc = tmp_path / "proc"
    for name, numbers in (("1", "1"), ("500", "500\t9"), ("501", "501\t9\t7"), ("502", "502\t7")):
        (proc / name).mkdir(parents=True)
        (proc / name / "status").write_text(f"Name:\tx\nNSpid:\t{numbers}\n")
        (proc / name / "stat").write_text(f"{name} (a ) b) S " + "0 " * 18 + f"{name}00 0\n")
    monkeypatch.setattr(processes, "_PROC", proc)
    looks, real = [], processes._text
    monkeypatch.setattr(processes, "_text", lambda path: looks.append(path) or real(path))
    where = f"linux::{OTHER}"
    assert lives(7, "50200", where) is True
    looks.clear()
    assert lives(7, "50200", where) is True
    assert len([path for path in looks if path.name in ("status", "stat")]) == 2
    assert lives(7, "50100", where) is True and lives(7, "1", where) is None
    assert lives(9, "50000", "") is True and lives(9, "1", "") is None
    (proc / "502" / "stat").write_text("502 (a ) b) Z " + "0 " * 18 + "50200 0\n")
    assert lives(7, "50200", where) is None


def test_where_the_system_tells_no_beginning_a_pid_is_known_by_its_number(monkeypatch):
    monkeypatch.setattr(processes.sys, "platform", "darwin")
    monkeypatch.setattr(processes, "started", lambda pid: "")
    monkeypatch.setattr("flightlog.backends.journal.process.started", lambda pid: "")
    assert lives(os.getpid(), "Sat Sep 12 15:07:13 2026", "darwin") is True
    assert lives(GONE, "Sat Sep 12 15:07:13 2026", "darwin") is False
    assert lives(GONE, "Sat Sep 12 15:07:13 2026", "") is False
    assert lives(GONE, "344439141", "") is None and lives(GONE, "344439141", f"linux::{OTHER}") is None
