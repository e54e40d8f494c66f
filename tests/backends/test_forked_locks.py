"""What is held at the moment of a fork is free once it is given back, while the child lives on."""

import os
import signal
from contextlib import closing, contextmanager

import pytest
from flightlog.backends.journal import lock
from flightlog.backends.mirror.bookmark import BookmarkFile
from flightlog.backends.moving.gate import Gate
from flightlog.backends.sqlite.operations_lock import OperationsLock
from flightlog.backends.sqlite.write_lock import Use, WriteLock
from flightlog.backends.workflows.version_files import locked
from flightlog.core.errors import Locked


@contextmanager
def fed(folder):
    with closing(BookmarkFile(folder)) as bookmark:
        assert bookmark.take()
        yield


@contextmanager
def written(folder):
    with closing(WriteLock(folder / "lock")) as lock, lock.held(0):
        yield


@contextmanager
def used(folder):
    with closing(Use(folder / "index")) as use:
        assert use.alone()
        yield


@contextmanager
def worked_on(folder):
    fd = os.open(folder / "run", os.O_RDWR | os.O_CREAT)
    try:
        assert lock.take(fd)
        yield
    finally:
        lock.close(fd)


HOLDS = {
    "a change passes": (lambda folder: Gate(folder).passing(), lambda folder: Gate(folder).shut()),
    "the gate is shut": (lambda folder: Gate(folder).shut(), lambda folder: Gate(folder).passing()),
    "versions are saved": (locked, locked),
    "a mirror is fed": (fed, fed),
    "a database is written": (written, written),
    "an index is used": (used, used),
    "a run is worked on": (worked_on, worked_on),
    "an operation is done": (lambda folder: OperationsLock(folder / "lock").held(),) * 2,
}


@pytest.mark.parametrize(("holds", "takes"), HOLDS.values(), ids=HOLDS)
def test_a_lock_is_free_when_it_is_given_back_though_a_child_was_forked_meanwhile(tmp_path, holds, takes):
    waiting, over = os.pipe()
    with holds(tmp_path):
        child = os.fork()
        if child == 0:
            os.close(over)
            os.read(waiting, 1)
            os._exit(0)
    try:
        with takes(tmp_path):
            pass
    finally:
        os.close(over)
        os.waitpid(child, 0)
        os.close(waiting)


@pytest.mark.parametrize("holds", [written, worked_on, HOLDS["an operation is done"][0]])
def test_a_child_that_leaves_the_block_leaves_its_parent_the_lock(tmp_path, holds):
    child, left = -1, 1
    try:
        with holds(tmp_path):
            child = os.fork()
            if child:
                assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
                with pytest.raises((Locked, AssertionError)), holds(tmp_path):
                    pass
        left = 0
    finally:
        if child == 0:
            os._exit(left)


def test_a_child_holds_no_lock_of_a_parent_that_was_killed_while_it_wrote(tmp_path):
    (told, tells), (waits, over) = os.pipe(), os.pipe()
    if (writer := os.fork()) == 0:
        os.close(over)
        lock_of_writers = WriteLock(tmp_path / "lock")
        if os.fork() == 0:
            os.write(tells, b".")
            os.read(waits, 1)  # until the test is over
            os._exit(0)
        with lock_of_writers.held(0):
            os.read(told, 1)
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(writer, 0)
    try:
        with written(tmp_path):
            pass
    finally:
        for fd in (told, tells, waits, over):
            os.close(fd)
