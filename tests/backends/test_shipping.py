"""From the spool into the database: nothing is lost, and what is shipped goes."""

import os
import shutil
import subprocess
import sys
import threading
import time

import flightlog
import pytest
from flightlog.core import events as e
from spooling import record, rows, spool, wait_until

pytestmark = pytest.mark.usefixtures("patient_shipper")


def test_a_finished_run_leaves_the_spool_and_its_bytes_lie_in_the_events_table(tmp_path):
    with flightlog.open(tmp_path) as store:
        with store.run("w") as run:
            run.log("hello")
            run.checkpoint({"a": 1})
        wait_until(lambda: not spool(tmp_path))
    lines = [line for (line,) in rows(tmp_path, "SELECT line FROM events ORDER BY seq")]
    assert [e.decode(line).seq for line in lines] == [1, 2, 3, 4]
    assert len(rows(tmp_path, "SELECT record FROM state_values")) == 1


def test_an_agents_events_are_shipped_while_it_runs(tmp_path):
    with flightlog.open(tmp_path) as store:
        run = store.run("w")
        store.runs.totals()
        for n in range(5):
            run.log(f"{n}")
            wait_until(lambda n=n: rows(tmp_path, "SELECT count(*) FROM events") == [(n + 2,)])
        run.finish()


def test_whoever_opens_the_store_next_ships_what_a_dead_agent_left(tmp_path):
    done, lost = record(tmp_path), record(tmp_path, finish=False)
    assert len(spool(tmp_path)) == 4 and not (tmp_path / "flightlog.db").exists()
    with flightlog.open(tmp_path) as store:
        assert (store.runs.get(done).status, store.runs.get(lost).status) == ("completed", "lost")
        assert store.checkpoints.state(store.checkpoints.list(done)[0].id) == {"a": [1, 2]}
    assert {name.split(".")[0] for name in spool(tmp_path)} == {lost}


def test_an_agent_that_only_records_ships_what_a_dead_agent_left(tmp_path):
    record(tmp_path)
    with flightlog.open(tmp_path) as store:
        store.run("w").finish()
    assert spool(tmp_path) == [] and rows(tmp_path, "SELECT count(*) FROM runs") == [(2,)]


def test_a_paused_run_whose_spool_is_gone_is_taken_up_from_the_database(tmp_path):
    with flightlog.open(tmp_path) as store:
        run = store.run("w")
        run.log("before")
        saved = run.checkpoint({"a": [1, 2, 3]})
        run.pause()
        assert store.runs.get(run.id).status == "paused"
    shutil.rmtree(tmp_path / "spool")
    with flightlog.open(tmp_path) as store:
        # What one left who was killed at it, and had the same numbers, as in a container.
        left = f".{run.id}.jsonl.{os.getpid()}.{threading.get_ident()}"
        (tmp_path / "spool" / left).write_text("half")
        again = store.resume(run.id)
        again.log("after")
        again.finish()
        assert [entry.message for entry in store.logs.query(run.id)] == ["before", "after"]
        assert store.checkpoints.state(saved) == {"a": [1, 2, 3]} and not store.runs.damage().items
    assert spool(tmp_path) == []


def test_an_unfinished_run_whose_spool_is_gone_is_lost(tmp_path):
    with flightlog.open(tmp_path) as store:
        run = store.run("w")
        assert store.runs.get(run.id).status == "running"
        shutil.rmtree(tmp_path / "spool")
        time.sleep(1.1)
        assert store.runs.get(run.id).status == "lost"
        assert "no longer in the spool" in store.runs.get(run.id).evidence


def test_reading_only_ships_nothing(tmp_path):
    with flightlog.open(tmp_path) as store:
        store.run("w").finish()
        assert store.runs.totals().runs == 1
    record(tmp_path)
    before = spool(tmp_path)
    with flightlog.open(tmp_path, read_only=True) as store:
        assert store.runs.totals().runs == 1
    assert spool(tmp_path) == before != []


def test_a_store_in_memory_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with flightlog.open("sqlite::memory:") as store:
        with store.run("w", definition="a: 1") as run:
            run.log("x")
        assert len(list(tmp_path.iterdir())) == 1
        assert store.runs.get(run.id).status == "completed"
    assert list(tmp_path.iterdir()) == []


def test_recording_into_a_spool_loads_no_database_engine_on_the_agents_path(tmp_path):
    code = f"""
import sys, flightlog
store = flightlog.open({str(tmp_path)!r})
store.recording.real._ship = lambda run: None
with store.run("w") as run:
    run.log("x")
assert "sqlalchemy" not in sys.modules, "loaded"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_recording_with_files_loads_neither_engine_nor_watcher_nor_yaml(tmp_path):
    code = f"""
import sys, flightlog
with flightlog.open({str(tmp_path)!r}, storage="file") as store, store.run("w") as run:
    run.log("x")
heavy = {{"sqlalchemy", "sqlite3", "watchdog", "yaml", "textual", "alembic", "genai_prices", "platformdirs"}}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
