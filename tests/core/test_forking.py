"""A fork waits for who is in the middle of something, and for nobody else."""

import os
import subprocess
import sys
import threading
import time

import pytest
from flightlog.core import forking
from flightlog.core.forking import before_fork, is_wanted, undivided

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

# A thread puts together what answers a question (the fourth argument), and is stopped while a module of that (the
# third) is being loaded, until a fork waits for it.
LOADING = """
import os, signal, sys, threading, flightlog
from flightlog.core.forking import is_wanted
begun, forked = threading.Event(), threading.Event()

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[3] and not forked.is_set():
            begun.set()
            while not (is_wanted() or forked.wait(0.001)):
                pass

sys.meta_path.insert(0, Slow())
store = flightlog.open(sys.argv[1], storage=sys.argv[2])
def ask(store):
    store.runs.totals() if sys.argv[4] == "totals" else store.upkeep.space()
thread = threading.Thread(target=lambda: ask(store))
thread.start()
begun.wait()
child = os.fork()
forked.set()
if child == 0:
    signal.alarm(30)
    with flightlog.open(sys.argv[1]) as own:
        ask(own)
    os._exit(0)
thread.join()
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

# The store is in the memory of one process, but what is recorded goes through files.
IN_MEMORY = """
import os, flightlog
from flightlog.core.errors import StorageError
from flightlog.core.query.query import EVERYTHING
store = flightlog.open("sqlite::memory:")
run = store.run("w", name="parent")
run.log("before")
child = os.fork()
if child == 0:
    with store.run("w", name="child") as own:
        own.log("by the child")
    refused = 0
    for what in (lambda: store.runs.count(EVERYTHING), lambda: store.workflows.store("w", "a: 1")):
        try:
            what()
        except StorageError as error:
            refused += "in the parent" in str(error)
    store.close()
    os._exit(refused)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
run.log("after")
run.finish()
found = {one.name: [entry.message for entry in store.logs.query(one.id)] for one in store.runs.query(EVERYTHING).items}
print(code, sorted(found.items()))
store.close()
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


def test_threads_that_come_and_go_by_turns_let_a_fork_in(monkeypatch):
    """Each leaves as soon as the other has come in: there would never be a moment without anybody."""
    seen, over = [], threading.Event()
    monkeypatch.setattr(forking, "_to_put_away", [])
    before_fork(lambda: seen.append(forking._gate.inside))
    come = [threading.Event(), threading.Event()]

    def come_and_go(me: int) -> None:
        while not over.is_set():
            with undivided():
                come[me].set()
                come[1 - me].wait(0.2)
                come[1 - me].clear()

    threads = [threading.Thread(target=come_and_go, args=(me,)) for me in (0, 1)]
    for thread in threads:
        thread.start()
    assert come[0].wait(30)
    assert forked() == 0
    over.set()
    for thread in threads:
        thread.join()
    assert seen == [0]


@pytest.mark.parametrize("storage", ["sqlite", "file"])
@pytest.mark.parametrize(("module", "asked"), [("ingest.refresh", "totals"), ("space.stores", "space")])
def test_a_child_opens_a_store_of_its_own_while_a_thread_of_its_parent_was_opening_one(
    tmp_path, storage, module, asked
):
    command = [sys.executable, "-c", LOADING, str(tmp_path), storage, f"flightlog.backends.{module}", asked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert (done.stdout, done.stderr) == ("0\n", "")


def test_a_child_records_and_reads_whatever_threads_of_its_parent_were_writing(tmp_path):
    """Forked in the middle of transactions: in the child nobody holds their locks."""
    done = subprocess.run([sys.executable, "-c", WRITING, str(tmp_path)], capture_output=True, text=True, timeout=100)
    assert (done.stdout, done.stderr) == ("[0, 0, 0, 0, 0]\n", "")


def test_what_a_child_records_into_a_store_in_memory_comes_to_its_parent():
    """In a memory of its own it would read too little, and all that it keeps there would be lost: that is refused."""
    done = subprocess.run([sys.executable, "-c", IN_MEMORY], capture_output=True, text=True, timeout=100)
    expected = "2 [('child', ['by the child']), ('parent', ['before', 'after'])]\n"
    assert (done.stdout, done.stderr) == (expected, "")
