"""From the spool into the database: nothing is lost, nothing comes twice, and what is shipped goes."""

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager

import flightlog
import pytest
from flightlog.backends.spool import shipping
from flightlog.core import events as e
from flightlog.core.errors import Conflict, Locked, StorageError
from flightlog.core.ids import new_ulid
from flightlog.core.query.query import EVERYTHING

pytestmark = pytest.mark.usefixtures("patient_shipper")


def spool(folder):
    return sorted(path.name for path in (folder / "spool").iterdir())


def wait_until(condition, seconds=30.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def rows(folder, query):
    with closing(sqlite3.connect(f"file:{folder / 'flightlog.db'}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def record(folder, logs=3, *, finish=True):
    """Records a run in a process of its own that dies without a word; returns the run's id."""
    code = f"""
import os, flightlog
store = flightlog.open({str(folder)!r})
store.recording.real._ship = lambda run: None
run = store.run("w")
for n in range({logs}):
    run.log(str(n))
run.checkpoint({{"a": [1, 2]}})
if {finish}:
    run.finish()
print(run.id, flush=True)
os._exit(0)
"""
    return subprocess.run([sys.executable, "-c", code], stdout=-1, text=True, check=True).stdout.strip()


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


def test_shipping_twice_and_from_two_sides_changes_nothing(tmp_path):
    runs = [record(tmp_path, finish=False) for _ in range(3)]
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "spool", copy)
    with flightlog.open(tmp_path) as one, flightlog.open(tmp_path) as two:
        threads = [threading.Thread(target=store.runs.totals) for store in (one, two) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        before = [(one.runs.get(run), one.runs.events(run)) for run in runs]
        for file in copy.iterdir():  # the same bytes again, as new files
            os.replace(file, tmp_path / "spool" / file.name)
        assert [(two.runs.get(run).events, two.runs.events(run)) for run in runs] == [
            (run.events, lines) for run, lines in before
        ]
        assert not one.runs.damage().items


@pytest.mark.parametrize("moment", ["before removing", "between the two files"])
def test_a_shipper_that_dies_before_the_spool_is_cleared_leaves_that_to_the_next(tmp_path, monkeypatch, moment):
    run = record(tmp_path)
    with flightlog.open(tmp_path) as store, monkeypatch.context() as patch:

        def dies(self, shipped):
            if moment == "between the two files":
                self._layout.states(shipped.run).unlink()
            raise KeyboardInterrupt

        patch.setattr(shipping.Shipping, "_remove", dies)
        with pytest.raises(KeyboardInterrupt):
            store.runs.totals()
    assert spool(tmp_path)
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run).events == 6 and not store.runs.damage().items
    assert spool(tmp_path) == []


def test_a_run_that_was_shipped_cannot_be_begun_again_by_a_process_that_never_opened_the_database(tmp_path):
    run = record(tmp_path)
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run).status == "completed"
    with flightlog.open(tmp_path) as store, pytest.raises(Conflict):
        store.run("w", id=run)
    assert spool(tmp_path) == []


def test_the_same_id_begun_by_many_at_once_exists_once(tmp_path):
    run = new_ulid()
    code = f"""
import flightlog
from flightlog.core.errors import Conflict
with flightlog.open({str(tmp_path)!r}) as store:
    try:
        with store.run("w", id={run!r}) as run:
            run.log("mine")
        print("begun")
    except Conflict:
        print("conflict")
"""
    others = [subprocess.Popen([sys.executable, "-c", code], stdout=-1, text=True) for _ in range(8)]
    said = sorted(other.communicate(timeout=100)[0].strip() for other in others)
    assert said == ["begun"] + ["conflict"] * 7
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run).logs == 1 and not store.runs.damage().items


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


@contextmanager
def locked(folder):
    """Somebody else writes the database all the time."""
    with closing(sqlite3.connect(folder / "flightlog.db", isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield
        connection.execute("ROLLBACK")


def test_a_locked_database_hinders_no_agent_and_is_said(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("flightlog.backends.sqlite.engine.WAIT_S", 0.2)
    monkeypatch.setattr("flightlog.backends.ingest.refresh._RETRY_S", 0.5)
    with flightlog.open(tmp_path) as store:
        store.run("w").finish()
        assert store.runs.totals().runs == 1
        wait_until(lambda: not spool(tmp_path))
        watch = store.feed.watch(lambda: store.feed.changes(0))
        with locked(tmp_path):
            begun = time.monotonic()
            run = store.run("w")
            for n in range(100):
                run.log(f"{n}")
            assert time.monotonic() - begun < 10  # and not a fifth of a second for each
            wait_until(lambda: watch.problem, 30)
            assert "writing the database" in watch.problem
            assert store.runs.totals().runs == 1  # what is known can be read on
            assert "the store cannot be brought up to date" in caplog.text
        run.finish()
        wait_until(lambda: store.runs.totals().runs == 2, 30)
        assert store.runs.get(run.id).logs == 100
        wait_until(lambda: not watch.problem, 30)
        watch.close()


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError(errno.EROFS, os.strerror(errno.EROFS)), "in the spool: Read-only"), (KeyError("x"), "KeyError: 'x'")],
    ids=["the system", "a mistake of ours"],
)
def test_what_refuses_for_a_while_does_not_end_the_thread_that_ships(tmp_path, monkeypatch, caplog, error, said):
    remove, refused = shipping.Shipping._remove, []

    def refuses(self, shipped):
        if len(refused) < 2:
            refused.append(shipped)
            raise error
        remove(self, shipped)

    monkeypatch.setattr(shipping.Shipping, "_remove", refuses)
    with flightlog.open(tmp_path) as store:
        store.run("w").finish()
        wait_until(lambda: not spool(tmp_path))
    assert len(refused) == 2 and said in caplog.text and "Traceback" not in caplog.text


def test_the_first_question_to_a_locked_database_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("flightlog.backends.sqlite.engine.WAIT_S", 0.2)
    with flightlog.open(tmp_path) as store:
        store.run("w").finish()
    record(tmp_path)
    with locked(tmp_path), flightlog.open(tmp_path) as store, pytest.raises(Locked, match="writing the database"):
        store.runs.totals()


def test_who_still_asks_when_the_store_is_closed_is_told_and_nothing_is_logged(tmp_path, caplog):
    store = flightlog.open(tmp_path)
    store.run("w").finish()
    assert store.runs.totals().runs == 1
    store.close()
    with pytest.raises(StorageError, match="the store was closed"):
        store.runs.totals()
    assert not caplog.records


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


def test_a_database_that_cannot_be_opened_hinders_no_agent(tmp_path, caplog):
    (tmp_path / "flightlog.db").write_bytes(b"this is no database, but somebody's letter" * 100)
    with flightlog.open(tmp_path) as store:
        with store.run("w") as run:
            run.log("kept")
        with pytest.raises(StorageError):
            store.runs.totals()
    assert run.id in "".join(spool(tmp_path)) and "wait in the spool" in caplog.text
    (tmp_path / "flightlog.db").unlink()
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run.id).logs == 1


def test_another_event_of_the_same_number_is_named_and_the_first_one_stays(tmp_path):
    run = record(tmp_path, finish=False)
    with flightlog.open(tmp_path) as store:
        before = store.runs.events(run)
        path = tmp_path / "spool" / f"{run}.jsonl"
        lines = path.read_bytes().splitlines(True)
        forged = e.encode(e.Logged(seq=3, t="2026-11-20T10:00:00.000000Z", level="INFO", message="forged"))
        (tmp_path / "beside").write_bytes(b"".join([*lines[:2], forged + b"\n", *lines[3:]]))
        (tmp_path / "beside").replace(path)
        assert store.runs.events(run) == before
        assert [damage.what for damage in store.runs.damage(run).items] == [
            "event 3 was recorded before in other bytes, which stay"
        ]


def test_an_event_that_comes_after_those_that_follow_it_is_kept_and_named(tmp_path):
    run = record(tmp_path, finish=False)
    path = tmp_path / "spool" / f"{run}.jsonl"
    whole = path.read_bytes()
    lines = whole.splitlines(True)
    path.write_bytes(b"".join([*lines[:1], *lines[2:]]))
    with flightlog.open(tmp_path) as store:
        assert [seq for seq, _ in store.runs.events(run)] == [1, *range(3, len(lines) + 1)]
        before = store.runs.get(run)
        (tmp_path / "beside").write_bytes(whole)
        (tmp_path / "beside").replace(path)
        assert b"".join(line + b"\n" for _, line in store.runs.events(run)) == whole
        said = f"event 2 came after event {len(lines)}: it is kept, but no number knows of it"
        assert said in [damage.what for damage in store.runs.damage(run).items]
        assert store.runs.get(run).logs == before.logs


def test_a_twin_that_came_and_went_between_look_and_lock_is_a_conflict(tmp_path, monkeypatch):
    run = new_ulid()
    with flightlog.open(tmp_path) as store, flightlog.open(tmp_path) as other:
        real = store.recording.real._shipped

        def twin_is_quicker(asked):
            found = real(asked)
            if not found and not other.runs.count(EVERYTHING):
                other.run("w", id=run).finish()
            assert other.runs.get(run).status == "completed"  # looks into the spool, where ours may lie by now
            return found

        monkeypatch.setattr(store.recording.real, "_shipped", twin_is_quicker)
        with pytest.raises(Conflict):
            store.run("w", id=run)
        assert other.runs.get(run).events == 2 and not other.runs.damage().items
    assert spool(tmp_path) == []
