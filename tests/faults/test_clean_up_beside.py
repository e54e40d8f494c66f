"""Eight retention processes at once while runs wake up, and verbs on a disk without a free byte."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import flightlog
import pytest
from flightlog.core.query.query import EVERYTHING
from strace_points import PROGRAM
from verb_scene import brought_back, census

LOSE = """
import os, signal, sys, flightlog
store = flightlog.open(sys.argv[1], storage=sys.argv[2])
for number in range(int(sys.argv[3])):
    run = store.run("triage", name=f"lost-{number}")
    run.log("before")
    print(run.id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
WAKE = """
import sys, flightlog
from flightlog.core.errors import StorageError
with flightlog.open(sys.argv[1]) as store:
    for id in sys.argv[2:]:
        try:
            run = store.resume(id)
        except StorageError:
            continue
        for number in range(20):
            run.log(f"woken {number}")
            print(id, number, flush=True)
        run.finish()
"""
POLICY = "retention: [{match: 'workflow:triage', keep: {last: 1}, then: archive}]\nminimum: 0\n"
LOST, ENDED = 12, 20


def started(*words: object) -> "subprocess.Popen[str]":
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    return subprocess.Popen([str(word) for word in words], text=True, **pipes)


@pytest.mark.heavy
@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_eight_retentions_and_runs_that_wake_up_lose_and_tear_nothing(tmp_path, storage):
    data, policy = tmp_path / "data", tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    lost = started(sys.executable, "-c", LOSE, data, storage, LOST).communicate(timeout=60)[0].split()
    with flightlog.open(data) as store:
        for number in range(ENDED):
            with store.run("triage", name=f"ended-{number}") as run:
                run.log("before")
    retain = (*PROGRAM, "retain", "--apply", "--yes", "--policy", policy, "--data", data)
    remove = (*PROGRAM, "rm", "--where", "status:lost", "--yes", "--data", data)
    wakers = [started(sys.executable, "-c", WAKE, data, *lost[part::2]) for part in range(2)]
    others = [started(*retain) for _ in range(8)]
    others += [started(*retain), started(*remove), started(*retain)]
    for process in others:
        out, errors = process.communicate(timeout=300)
        assert process.returncode in (0, 1, 3) and "Traceback" not in errors, (out, errors)
        assert process.returncode != 1 or errors.count("flightlog: ") == 1, errors
    told = [waker.communicate(timeout=300) for waker in wakers]
    assert [waker.returncode for waker in wakers] == [0, 0], told
    acknowledged: dict[str, int] = {}
    for line in "".join(out for out, _ in told).splitlines():
        id, number = line.split()
        acknowledged[id] = int(number) + 1
    assert census(data).keys() >= set(lost)
    brought_back(data)
    with flightlog.open(data) as store:
        runs = {run.id: run for run in store.runs.query(EVERYTHING, limit=100).items}
        assert len(runs) == LOST + ENDED and set(lost) <= runs.keys()
        for id in lost:
            woken = [f"woken {number}" for number in range(acknowledged.get(id, 0))]
            assert [entry.message for entry in store.logs.query(id)] == ["before", *woken]
            assert runs[id].status == ("completed" if woken else "lost")
    done = started(*retain).communicate(timeout=60)
    assert "Traceback" not in done[1]
    assert sum(place == "archive" for place, _ in census(data).values()) >= ENDED - 1


# --- a disk without a free byte -----------------------------------------------------------------------

FULL = """
import json, os, sys
sys.path[:0] = sys.argv[3:]
import flightlog
from pathlib import Path
from strace_points import said_by
from verb_scene import census, leftovers
data, storage = Path(sys.argv[1]), sys.argv[2]
runs = []
with flightlog.open(data, storage=storage) as store:
    for number in range(12):
        with store.run("triage", name=str(number)) as run:
            run.log("x" * 4000)
            run.checkpoint({"a": os.urandom(2000).hex()})
        runs.append(run.id)
    store.runs.totals()
before = census(data)
policy = Path(sys.argv[1] + ".yaml")
policy.write_text("retention: [{match: 'workflow:triage', keep: {last: 6}, then: trash}]")
said_by(("archive", runs[0], "--yes"), data)
filler = os.open(sys.argv[1] + ".filler", os.O_WRONLY | os.O_CREAT)
for size in (65536, 4096, 512, 1):
    try:
        while True:
            os.write(filler, b"x" * size)
    except OSError:
        pass
told = {}
for name, words in {
    "archive": ("archive", *runs[1:4], "--yes"),
    "restore": ("restore", runs[0], "--yes"),
    "ls": ("ls", "--all"),
    "rm": ("rm", runs[1], runs[2], "--yes"),
    "retain": ("retain", "--apply", "--yes", "--policy", str(policy)),
    "undo": ("undo", "--yes"),
    "retain again": ("retain", "--apply", "--yes", "--policy", str(policy)),
    "empty": ("trash", "empty", "--yes"),
}.items():
    told[name] = [*said_by(words, data), [str(path) for path in leftovers(data)]]
os.close(filler)
os.unlink(sys.argv[1] + ".filler")
after = census(data)
told["same"] = all(after[run][1] == before[run][1] for run in after if after[run][0] == "live")
told["live"] = [run in after for run in runs]
print(json.dumps(told))
"""


def on_a_small_disk(storage: str, program: str, size: str) -> "subprocess.CompletedProcess[str]":
    """Runs a program on a disk that is there for it alone."""
    here = Path(__file__).parent
    script = (
        f"mount -t tmpfs -o size={size} tmpfs /mnt && "
        f'exec {sys.executable} -c "$0" /mnt/data {storage} {here} {here.parent}'
    )
    command = ["unshare", "--mount", *([] if os.getuid() == 0 else ["--map-root-user"]), "sh", "-c", script, program]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.mark.heavy
@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_on_a_full_disk_runs_are_removed_and_what_needs_room_is_refused_whole(storage):
    if shutil.which("unshare") is None:
        return  # the faults that are injected tell the same (test_verbs_killed.py, test_operation_kills.py)
    done = on_a_small_disk(storage, FULL, {"file": "6m", "sqlite": "80m"}[storage])
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        return
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(told, indent=1))  # noqa: T201 - shown where it fails
    for name, (code, said, left) in (
        (name, one) for name, one in told.items() if isinstance(one, list) and len(one) == 3
    ):
        assert "Traceback" not in said and code in (0, 1, 3), (name, said)
        assert not left, (name, left)
    for name in ("rm", "retain", "undo", "retain again", "empty", "ls"):
        assert told[name][0] == 0, (name, told[name])
    code, said, _ = told["archive"]  # which may fit into the room that is kept
    assert code == 0 or (code in (1, 3) and ("room" in said or "full" in said)), said
    assert told["same"] and told["live"][6:] == [True] * 6


SMALL = """
import json, os, sys
from pathlib import Path
import flightlog
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING
data, storage = Path(sys.argv[1]), sys.argv[2]
runs = []
with flightlog.open(data, storage=storage) as store:
    for number in range(4):
        with store.run("triage", name=str(number)) as run:
            for n in range(50):
                run.log("a line of some words " * 5)
            for n in range(100):
                run.checkpoint({"a": os.urandom(2000).hex(), "n": n})
        runs.append(run.id)
    store.runs.totals()
filler = os.open(sys.argv[1] + ".filler", os.O_WRONLY | os.O_CREAT)
for size in (65536, 4096, 512, 1):
    try:
        while True:
            os.write(filler, b"x" * size)
    except OSError:
        pass
told = []
def does(what):
    with flightlog.open(data, storage=storage) as store:
        told.append([one.outcome for one in what(store.upkeep)])
order, chosen = new_order(), [Chosen(run=run, rule="by hand") for run in runs[:2]]
does(lambda upkeep: upkeep.trash(order, chosen))
does(lambda upkeep: upkeep.undo(new_order(), order.id))
does(lambda upkeep: upkeep.trash(new_order(), chosen))
does(lambda upkeep: upkeep.purge(new_order()))
with flightlog.open(data, storage=storage) as store:
    there = {run.id for run in store.runs.query(EVERYTHING).items}
    whole = [len(store.checkpoints.list(run)) for run in there]
print(json.dumps([told, [run in there for run in runs], whole]))
"""


@pytest.mark.heavy
@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_of_a_small_store_on_a_full_disk_runs_are_removed_and_taken_back(storage):
    """Each by a start of its own, so that nothing is left of a log that would serve the next."""
    if shutil.which("unshare") is None:
        return
    done = on_a_small_disk(storage, SMALL, "24m")
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        return
    assert done.returncode == 0, done.stderr
    told, there, whole = json.loads(done.stdout.splitlines()[-1])
    assert told == [["done", "done"]] * 4
    assert (there, whole) == ([False, False, True, True], [100, 100])
