"""A fork waits for who is in the middle of something, and for nobody else."""

import os
import subprocess
import sys
import threading
import time

import pytest
from flightlog.core.forking import is_wanted, undivided

FORKING = """
import os, threading
from flightlog.core import forking as module
begun, left, said = threading.Event(), threading.Event(), []

def load():
    with module.undivided():
        begun.set()
        if not {ends}:
            left.wait()
        import json.tool
        said.append("loaded")

module.PATIENCE_S = {patience}
thread = threading.Thread(target=load, daemon=True)
thread.start()
begun.wait()
child = os.fork()
if child == 0:
    with module.undivided():
        import json.tool
    os._exit(0 if said == {expected} else 1)
left.set()
thread.join()
with module.undivided():
    print(os.waitpid(child, 0)[1])
"""

WRITING = """
import os, sys, threading, flightlog
store = flightlog.open(sys.argv[1], storage="sqlite")
ended = threading.Event()
first = store.run("w")

def write():
    while not ended.is_set():
        first.log("on")
        store.runs.totals()

thread = threading.Thread(target=write)
thread.start()
children = []
for _ in range(5):
    child = os.fork()
    if child == 0:
        with flightlog.open(sys.argv[1], storage="sqlite") as own:
            with own.run("w") as run:
                run.log("child")
            own.runs.get(run.id)
        os._exit(0)
    children.append(os.waitpid(child, 0)[1])
ended.set()
thread.join()
first.finish()
store.close()
print(children)
"""


@pytest.mark.parametrize(
    ("ends", "patience", "expected"), [(True, 30.0, ["loaded"]), (False, 0.05, [])], ids=["waits", "not for ever"]
)
def test_a_fork_waits_for_what_is_being_loaded(ends, patience, expected):
    code = FORKING.format(ends=ends, patience=patience, expected=expected)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("0\n", "")


def forked() -> int:
    child = os.fork()
    if child == 0:
        with undivided():
            os._exit(0)
    return os.waitpid(child, 0)[1]


def test_who_is_inside_may_fork_and_others_come_in_afterwards():
    with undivided(), undivided():
        assert forked() == 0
    came = threading.Event()

    def enter() -> None:
        with undivided():
            came.set()

    threading.Thread(target=enter).start()
    assert came.wait(30)
    assert forked() == 0


def test_who_is_inside_for_long_is_told_that_a_fork_waits():
    inside = threading.Event()

    def work() -> None:
        with undivided():
            inside.set()
            while not is_wanted():
                time.sleep(0.001)

    thread = threading.Thread(target=work)
    thread.start()
    assert inside.wait(30)
    assert forked() == 0
    thread.join()
    assert not is_wanted()


def test_a_child_records_and_reads_whatever_threads_of_its_parent_were_writing(tmp_path):
    """Forked in the middle of transactions: in the child nobody holds their locks."""
    done = subprocess.run([sys.executable, "-c", WRITING, str(tmp_path)], capture_output=True, text=True, timeout=100)
    assert (done.stdout, done.stderr) == ("[0, 0, 0, 0, 0]\n", "")
