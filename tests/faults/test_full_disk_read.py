"""A store on a disk without a free byte is read as ever, whoever died there before, and reading takes no room."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress

import flightlog
import pytest
from strace_points import PROGRAM

WRITE = """
import os, signal, sys, flightlog
store = flightlog.open(sys.argv[1], storage=sys.argv[2])
for number in range(3):
    with store.run("triage", name=f"run-{number}") as run:
        run.checkpoint({"a": number})
store.runs.totals()
os.kill(os.getpid(), signal.SIGKILL) if sys.argv[3] == "killed" else store.close()
"""


@pytest.fixture
def disk(tmp_path, monkeypatch):
    root = tmp_path / "disk"
    root.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "test", root], capture_output=True).returncode:
        pytest.skip("mounting needs root")
    for name in ("config", "state", "cache", "data"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(root / name))
    yield root
    subprocess.run(["umount", "-l", root], check=True)


def fill(disk):
    with suppress(OSError), open(disk / "ballast", "wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    assert not shutil.disk_usage(disk).free


def told(*words):
    return subprocess.run([*PROGRAM, *map(str, words)], capture_output=True, text=True, timeout=60)


def reserves(data):
    return {path: path.stat().st_size for path in data.rglob("*reserve")}


HEAVY = pytest.mark.heavy
EACH = [("sqlite", "closed"), *(pytest.param(*one, marks=HEAVY) for one in (("sqlite", "killed"), ("file", "closed")))]


@pytest.mark.parametrize(("storage", "end"), [*EACH, ("file", "killed")])
@pytest.mark.parametrize("kept", [pytest.param(True, marks=HEAVY), False])
def test_on_a_full_disk_a_store_is_read_and_its_reserve_stays(disk, storage, end, kept):
    data = disk / "data"
    subprocess.run([sys.executable, "-c", WRITE, data, storage, end], capture_output=True, check=end == "closed")
    if not kept:
        for path in reserves(data):
            path.write_bytes(b"")
    fill(disk)
    before = reserves(data)
    assert any(before.values()) is kept
    for words in (["ls"], ["ls", "--read-only"], ["costs"]):
        found = told(*words, "--data", data)
        assert found.returncode == 0, found.stderr
        assert words[0] == "costs" or all(f"run-{number}" in found.stdout for number in range(3))
    assert "unreadable" not in told("doctor", "--data", data).stdout
    assert reserves(data) == before


def shown(data):
    for words in (["ls"], ["ls", "--read-only"]):
        found = told(*words, "--data", data)
        assert found.returncode == 0, found.stderr
        assert all(f"run-{number}" in found.stdout for number in range(3))


def test_a_log_whose_map_was_cut_by_who_opened_it_last_is_read_without_room_for_another(disk):
    data = disk / "data"
    subprocess.run([sys.executable, "-c", WRITE, data, "sqlite", "killed"], capture_output=True)
    for path in reserves(data):
        path.write_bytes(b"")
    assert (data / "flightlog.db-wal").stat().st_size
    os.truncate(data / "flightlog.db-shm", 3)
    fill(disk)
    shown(data)
    (disk / "ballast").unlink()
    with flightlog.open(data) as store:
        assert store.runs.totals().runs == 3


def test_an_index_for_which_there_is_room_but_not_for_what_it_would_hold_is_none(disk):
    data = disk / "data"
    subprocess.run([sys.executable, "-c", WRITE, data, "file", "closed"], check=True)
    shutil.rmtree(data / ".flightlog")
    fill(disk)
    os.truncate(disk / "ballast", (disk / "ballast").stat().st_size - (300 << 10))
    shown(data)


@HEAVY
@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_what_is_new_on_a_full_disk_is_said_to_be_missing_and_comes_when_there_is_room(disk, storage):
    data = disk / "data"
    subprocess.run([sys.executable, "-c", WRITE, data, storage, "closed"], check=True)
    with flightlog.open(data) as store, store.run("triage", name="latest") as run:
        pass
    if storage == "sqlite":  # so it lies in the spool, where its agent died before it was shipped
        subprocess.run([sys.executable, "-c", WRITE.replace("store.runs.totals()", ""), data, storage, "killed"])
    for path in reserves(data):
        path.write_bytes(b"")
    fill(disk)
    assert told("ls", "--data", data).returncode == 0
    (disk / "ballast").unlink()
    found = told("ls", "--data", data)
    assert (found.returncode, found.stderr) == (0, "")
    assert run.id in found.stdout


def test_what_was_read_without_room_can_be_removed_with_what_is_kept_for_that(disk):
    data = disk / "data"
    subprocess.run([sys.executable, "-c", WRITE, data, "sqlite", "closed"], check=True)
    fill(disk)
    with flightlog.open(data) as store:
        assert store.runs.totals().runs == 3
        assert sum(reserves(data).values()) > 0
    found = told("rm", "--where", "status:completed", "--yes", "--data", data)
    assert found.returncode == 0, found.stderr
    assert told("ls", "--json", "--data", data).stdout.strip() in ("", "[]")
