"""What is held at the moment of a fork is free once it is given back, while the child lives on."""

import os
from contextlib import closing, contextmanager

import pytest
from flightlog.backends.mirror.bookmark import BookmarkFile
from flightlog.backends.moving.gate import Gate
from flightlog.backends.sqlite.write_lock import WriteLock
from flightlog.backends.workflows.version_files import locked


@contextmanager
def fed(folder):
    with closing(BookmarkFile(folder)) as bookmark:
        assert bookmark.take()
        yield


@contextmanager
def written(folder):
    with closing(WriteLock(folder / "lock")) as lock, lock.held(0):
        yield


HOLDS = {
    "a change passes": (lambda folder: Gate(folder).passing(), lambda folder: Gate(folder).shut()),
    "the gate is shut": (lambda folder: Gate(folder).shut(), lambda folder: Gate(folder).passing()),
    "versions are saved": (locked, locked),
    "a mirror is fed": (fed, fed),
    "a database is written": (written, written),
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
