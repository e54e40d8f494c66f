"""A fork waits for what a thread is loading, and for nothing else."""

import os
import subprocess
import sys
import threading

import pytest
from flightlog.core import loading as module
from flightlog.core.loading import loading

FORKING = """
import os, threading
from flightlog.core import loading as module
begun, left, said = threading.Event(), threading.Event(), []

def load():
    with module.loading():
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
    with module.loading():
        import json.tool
    os._exit(0 if said == {expected} else 1)
left.set()
thread.join()
with module.loading():
    print(os.waitpid(child, 0)[1])
"""


@pytest.mark.parametrize(
    ("ends", "patience", "expected"), [(True, 30.0, ["loaded"]), (False, 0.05, [])], ids=["waits", "not for ever"]
)
def test_a_fork_waits_for_what_is_being_loaded(ends, patience, expected):
    code = FORKING.format(ends=ends, patience=patience, expected=expected)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_who_loads_may_fork():
    with loading():
        child = os.fork()
        if child == 0:
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    free = []
    thread = threading.Thread(target=lambda: free.append(module._held.acquire(timeout=10)))
    thread.start()
    thread.join()
    assert free == [True]
    module._held = threading.RLock()  # the thread that took it is gone
