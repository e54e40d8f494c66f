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
