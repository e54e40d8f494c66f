"""A process and its forked child record into the same store: what each of them ships is there."""

import os

import flightlog
import pytest
from flightlog.core.query.query import EVERYTHING

pytestmark = pytest.mark.usefixtures("patient_shipper")


def test_a_forked_child_records_into_the_same_store(tmp_path):
    with flightlog.open(tmp_path) as store:
        with store.run("parent"):
            pass
        store.runs.totals()
        child = os.fork()
        if child == 0:
            try:
                with store.run("child") as run:
                    run.log("hello")
                store.close()
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert {run.workflow for run in store.runs.query(EVERYTHING).items} == {"parent", "child"}


def test_what_a_forked_child_writes_stays_where_its_parent_closes_first(tmp_path):
    """SQLite in the child takes its parent's locks for its own: of what is open at a fork nothing is locked there."""
    store = flightlog.open(tmp_path)
    with store.run("parent"):
        pass
    assert store.runs.totals().runs == 1
    (reading, opened), (waiting, closed) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with flightlog.open(tmp_path) as own:
                own.runs.totals()
                os.write(opened, b".")
                os.read(waiting, 1)
                with own.run("child"):
                    pass
                assert own.runs.totals().runs == 2
            os._exit(0)
        finally:
            os._exit(1)
    os.read(reading, 1)
    store.close()
    os.write(closed, b".")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    for fd in (reading, opened, waiting, closed):
        os.close(fd)
    with flightlog.open(tmp_path) as found:
        assert {run.workflow for run in found.runs.query(EVERYTHING).items} == {"parent", "child"}
