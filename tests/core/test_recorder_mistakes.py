"""What a programmer gets wrong with the recorder, each said in a sentence at its moment, and nothing lost."""

import gc
import inspect
import logging
import os
import pickle
import subprocess
import sys

import flightlog
import pytest
from flightlog.core.errors import Conflict, NotFound, StorageError


@pytest.fixture
def told(caplog):
    caplog.set_level(logging.WARNING, "flightlog.recorder")
    return lambda: [record.getMessage() for record in caplog.records]


def test_an_editor_knows_what_a_run_may_be_told():
    assert {"version", "definition", "session", "parent"} <= set(inspect.signature(flightlog.Store.run).parameters)


def test_every_error_can_be_caught_by_its_name():
    assert issubclass(flightlog.NotFound, flightlog.StorageError)
    assert issubclass(flightlog.ConfigError, flightlog.FlightlogError)
    assert (flightlog.Conflict, flightlog.StorageError) == (Conflict, StorageError)


def test_a_run_that_is_forgotten_is_told_of(store, told):
    run = store.run("w")
    step, name = run.step("s"), run.id
    del run
    gc.collect()
    assert not told()  # its step may still end
    del step
    gc.collect()
    (line,) = told()
    assert name in line and "`with store.run(…)`" in line


@pytest.mark.parametrize("end", ["finish", "fail", "cancel", "pause"])
def test_a_run_that_was_ended_is_not_spoken_of(store, told, end):
    run = store.run("w")
    getattr(run, end)()
    del run
    gc.collect()
    assert not told()


def test_neither_is_one_that_could_not_be_taken_up(store, told, monkeypatch):
    run = store.run("w")
    run.pause()
    monkeypatch.setattr("flightlog.core.recording.tape.Tape.learn", lambda tape: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        store.resume(run.id)
    gc.collect()
    assert not told()


def test_nor_the_copy_of_a_forked_child(store, told):
    with store.run("w") as run:
        child = os.fork()
        if not child:
            run._tape.__del__()
            os._exit(len(told()))
        assert os.waitpid(child, 0)[1] == 0


def test_a_program_that_ends_with_a_run_open_says_so(tmp_path):
    program = f"import flightlog\nrun = flightlog.open({str(tmp_path)!r}).run('w')\nrun.log('x')\n"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.startswith("run ") and "left without an end" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_stays_in_its_process_says_so(store):
    with store.run("w") as run, run.step("s") as step:
        for one, advice in ((run, "send the run's id"), (step, "send the run's id"), (store, "send its path")):
            with pytest.raises(TypeError, match=advice):
                pickle.dumps(one)


@pytest.mark.parametrize(
    ("timeout", "said"), [("1m", "timeout is no number of seconds: '1m'"), (float("nan"), "no number of seconds")]
)
def test_a_question_without_a_number_of_seconds_is_not_asked(store, recorded, timeout, said):
    with store.run("w") as run:
        with pytest.raises(ValueError, match=said):
            run.approve("?", timeout=timeout)
        assert not recorded(run.id, "approval.requested")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"version": 1, "definition": "a: 1\n"}, "both given"),
        ({"version": "v3"}, "version is no whole number: 'v3'"),
        ({"session": 12}, "a value of type int cannot be a session id"),
        ({"project": ""}, "'' cannot be a project id"),
    ],
)
def test_a_run_that_cannot_begin_leaves_nothing(store, layout, given, said):
    with pytest.raises((ValueError, StorageError), match=said):
        store.run("w", **given)
    assert not layout.root.exists() or not list(layout.root.rglob("*.jsonl"))


def test_the_wrong_thing_in_the_right_place(store):
    with store.run("w") as run, pytest.raises(ValueError, match="no map of names"):
        run.graph(["a", "b"])
    with store.run("w") as run, pytest.raises(ValueError, match="path is no path of a file: '5'"):
        run.artifact(5)
    with pytest.raises(TypeError, match="to a run or step, not to a value of type Store"):
        flightlog.Handler(store)
    with pytest.raises(NotFound, match="'mine' is not a run id"):
        store.resume("mine")
    with pytest.raises(StorageError, match="None cannot be a workflow id"):
        store.run(None)


def test_a_place_may_be_bytes_and_its_storage_is_one_of_two(tmp_path):
    with flightlog.open(os.fsencode(tmp_path / "data")) as store:
        store.run("w").finish()
    assert (tmp_path / "data" / "flightlog.db").exists()
    with pytest.raises(flightlog.ConfigError, match="allowed are file and sqlite; a server is opened by its URL"):
        flightlog.open(tmp_path / "other", storage="postgres")


@pytest.mark.parametrize("opaque", ["text", 5, {3}, {"k": "text"}, {"k": 2**40}, {"k": None}, {"\ud800": [1]}])
def test_opaque_bytes_that_are_none_are_refused_and_nothing_is_recorded(store, recorded, opaque):
    with store.run("w") as run:
        with pytest.raises(ValueError, match=r"^opaque .*is no "):
            run.checkpoint({"a": 1}, opaque=opaque)
        run.checkpoint({"a": 2}, opaque={"k": bytearray(b"x")})
    (saved,) = recorded(run.id, "checkpoint")
    assert saved.opaque["k"].size == 1


@pytest.mark.parametrize("name", ["tags", "results", "name", "out_put"])
def test_what_is_assigned_to_a_name_that_nobody_records_is_not_lost(store, name):
    with store.run("w") as run, run.step("s") as step, run.row(1) as row:
        for recorder in (run, row) if name == "name" else (run, step, row):
            with pytest.raises(AttributeError, match=name):
                setattr(recorder, name, 1)
        run.result, step.output, row.output = {"a": 1}, 2, 3


def test_what_is_printed_says_which_it_is(store):
    with store.run("w") as run, run.step("plan\n") as step:
        assert repr(run) == f"<RunRecorder {run.id}>"
        assert repr(step) == f"<StepRecorder 'plan\\n' of run {run.id}>"
        assert repr(store) == f"<Store {store.name}>"
