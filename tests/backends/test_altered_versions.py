"""A version whose file somebody changed by hand is not used in silence by who records runs of it."""

import os
import threading

import flightlog
import pytest
from flightlog.backends.workflows import workflow_files
from flightlog.core.logs import LogFilter
from flightlog.core.recording import pricing

WHY = "version 1 of triage is not what was saved under this number: its text was changed after it was saved"


@pytest.fixture(params=["file", "sqlite"])
def data(tmp_path, request):
    with flightlog.open(tmp_path / "data", storage=request.param) as store:
        store.workflows.store("triage", "steps: [plan]\n")
    return tmp_path / "data"


@pytest.fixture
def file(data):
    return data / "workflows" / "triage" / "v0001.yaml"


def change(file):
    file.write_bytes(file.read_bytes().replace(b"[plan]", b"[plan, x]"))


def warnings_of(store, run):
    return [entry.message for entry in store.logs.query(run, LogFilter(level="WARNING"))]


def recorded(data, **facts):
    """What the log of a run of it warns of."""
    with flightlog.open(data) as store:
        with store.run("triage", **facts) as run:
            run.log("x")
        return warnings_of(store, run.id)


def test_who_records_a_run_of_it_is_told_by_the_runs_log(data, file, caplog):
    assert recorded(data, version=1) == []
    change(file)
    (told,) = recorded(data, version=1)
    assert told.startswith(WHY) and "sha256:" in told
    assert WHY in caplog.text
    assert recorded(data, definition="steps: [plan]\n") == []  # the text that is given is saved anew
    assert recorded(data, version=2) == recorded(data, version=7) == recorded(data) == []


def test_who_takes_a_run_up_again_is_told_what_was_changed_meanwhile(data, file):
    with flightlog.open(data) as store:
        run = store.run("triage", version=1)
        run.pause()
    change(file)
    with flightlog.open(data) as store:
        with store.resume(run.id) as again:
            again.log("y")
        assert [told.startswith(WHY) for told in warnings_of(store, run.id)] == [True]


def test_what_was_changed_after_a_run_of_it_began_is_told_by_the_next(data, file):
    with flightlog.open(data) as store:
        for told in ([], [True], []):
            with store.run("triage", version=1) as run:
                pass
            assert [one.startswith(WHY) for one in warnings_of(store, run.id)] == told
            if told:
                os.rename(file.with_suffix(".was"), file)
            else:
                file.with_suffix(".was").write_bytes(file.read_bytes())
                change(file)


def test_a_version_that_is_as_it_was_is_read_once_however_many_runs_begin(data, monkeypatch):
    looks, real = [], workflow_files.read
    monkeypatch.setattr(workflow_files, "read", lambda *given: looks.append(given) or real(*given))
    with flightlog.open(data) as store:
        for _ in range(20):
            with store.run("triage", version=1):
                pass
    assert len(looks) == 1


def test_no_database_is_opened_for_it_and_nobody_waits_where_it_cannot_be_told(tmp_path, monkeypatch, caplog):
    config = "storage:\n  workflows: {type: sqlite, path: versions.db}\n  logs: {type: file}\n"
    (tmp_path / "flightlog.yaml").write_text(config)
    with flightlog.open(tmp_path) as store, store.run("triage", version=1):
        pass
    assert not (tmp_path / "versions.db").exists()
    monkeypatch.setattr(workflow_files.FileWorkflows, "altered", lambda *_: 1 // 0)
    assert recorded(tmp_path / "other", version=1) == []
    assert "whether its version is as it was saved is not told" in caplog.text


def test_a_look_that_takes_too_long_is_not_told_as_calls_without_a_price(data, monkeypatch, caplog):
    goes_on = threading.Event()
    monkeypatch.setattr(workflow_files.FileWorkflows, "altered", lambda *_: goes_on.wait(60) and "")
    monkeypatch.setattr(pricing, "SETTLE_S", 0.05)
    with flightlog.open(data) as store:
        with store.run("triage", version=1):
            pass
        assert "whether its version is as it was saved could not be told within 0.05 s" in caplog.text
        assert "without price" not in caplog.text
        goes_on.set()
