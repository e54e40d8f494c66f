"""Operations whose system calls fail or kill, as `strace` injects it from outside: a second witness beside our own.

Where `strace` is missing or may not trace, nothing is left out: the kills of our own tell the same, from inside.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import flightlog
import pytest
from killing import EVERY
from operation_steps import Scene, archive, content, placed, shown, trash

CALLS = "renameat,renameat2,linkat,unlinkat,unlink,mkdirat,mkdir,rmdir,fsync,fdatasync,pwrite64"
PROGRAM = """
import sys
sys.path[:0] = sys.argv[3:5]
import flightlog
from pathlib import Path
import operation_steps as steps
scene = object.__new__(steps.Scene)
scene.chosen = sys.argv[5:]
with flightlog.open(sys.argv[2]) as store:
    getattr(steps, sys.argv[1])(store, scene)
"""
WAYS = {"KILL": "signal=KILL", "ENOSPC": "error=ENOSPC", "EIO": "error=EIO"}


def traced(way: str, number: int, words: list[str]) -> "subprocess.CompletedProcess[str]":
    inject = f"inject={CALLS}:{WAYS[way]}:when={number}"
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={CALLS}", "-e", inject, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def can_trace() -> bool:
    return shutil.which("strace") is not None and traced("KILL", 9999, ["true"]).returncode == 0


@pytest.mark.heavy
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("work", "ends"), [(trash, "trash"), (archive, "archive")], ids=["trash", "archive"])
def test_struck_from_outside_at_some_steps_all_is_there_once_and_whole(work, ends, way, tmp_path):
    if not can_trace():
        return
    scene, root = Scene(tmp_path / "base"), tmp_path / "data"
    here = Path(__file__).parent
    for number in range(3, 80, EVERY or 37):
        scene.copy(root)
        words = [sys.executable, "-c", PROGRAM, work.__name__, str(root), str(here), str(here.parent), *scene.chosen]
        traced(way, number, words)
        looked = shown(root, read_only=True)
        assert looked.keys() == set(scene.runs)
        settled = shown(root, read_only=False)
        assert {run: [place] for run, place in settled.items()} == placed(root)
        for run, place in settled.items():
            assert place == "archive" or content(root, run) == scene.content[run]
        with flightlog.open(root) as store:
            work(store, scene)
        assert shown(root, read_only=True) == dict.fromkeys(scene.chosen, ends) | {scene.other: "runs"}
