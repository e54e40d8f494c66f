"""Many journals at once: what they cost in statements, that it can be interrupted, and what is told meanwhile."""

import gc
import re
import shutil
import sqlite3
from contextlib import closing, nullcontext
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.files import index as files_index
from flightlog.backends.ingest import catch_up, taking_new
from flightlog.backends.journal.layout import Layout
from flightlog.backends.sql.projector import Projector
from flightlog.backends.sqlite import heeding
from flightlog.core import events as e
from flightlog.core.errors import Stopped
from flightlog.core.ids import new_ulid
from flightlog.core.progress import Progress, telling
from flightlog.core.query.query import EVERYTHING, parse
from sqlalchemy import Engine
from sqlalchemy.event import listen, remove

T = "2026-11-20T10:00:00.000000Z"


def record(folder: Path, runs: int) -> None:
    """Finished runs with a step, a cost and a metric."""
    for number in range(runs):
        run = new_ulid(1_790_000_000_000 + number)
        path = Layout(folder).journal(run)
        path.parent.mkdir(parents=True, exist_ok=True)
        events = [
            e.RunStarted(run=run, workflow=f"w{number % 3}", session=f"s{number % 5}"),
            e.StepStarted(step="plan", name="plan"),
            e.CostRecorded(step="plan", model="m", input_tokens=number, nanousd=number),
            e.StepFinished(step="plan", status="completed"),
            e.MetricReported(name="score", value=0.5),
            e.RunFinished(status="failed" if number % 7 == 0 else "completed"),
        ]
        for seq, event in enumerate(events, 1):
            event.seq, event.t = seq, T
        path.write_bytes(b"".join(e.encode(event) + b"\n" for event in events))


def indexes(folder: Path) -> dict[str, str]:
    with closing(sqlite3.connect(folder / ".flightlog" / "index.db")) as database:
        return dict(database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))


def answers(folder: Path) -> list[object]:
    """Everything that the index says of a store."""
    with flightlog.open(folder) as store:
        found = store.runs.query(EVERYTHING, limit=1000).items
        return [
            store.runs.totals(),
            found,
            [store.runs.steps(run.id) for run in found[:20]],
            store.runs.count(parse("workflow:w1 status:failed")),
        ]


def test_many_runs_cost_the_statements_of_a_few(tmp_path, statements):
    counted = []
    for runs in (100, 800):
        folder = tmp_path / str(runs)
        record(folder, runs)
        with flightlog.open(folder) as store:
            _ = store.reading
            statements.clear()
            assert store.runs.totals().runs == runs
            # One of these looks for what is there already, by 500 keys at a time.
            counted.append(len(statements))
    assert counted[1] <= counted[0] + 6 <= 60


def test_states_cost_no_statement_a_run(tmp_path, statements):
    record(tmp_path, 100)
    for path in (tmp_path / "runs").glob("*/*.jsonl"):
        path.with_name(path.stem + ".states.jsonl").write_bytes(b"x" * 1000)
    with flightlog.open(tmp_path) as store:
        _ = store.reading
        statements.clear()
        sizes = {run.size_bytes for run in store.runs.query(EVERYTHING, limit=200).items}
        assert min(sizes) > 1000
        assert len(statements) < 80


def test_indexes_made_afterwards_are_those_of_a_small_store(tmp_path, monkeypatch):
    record(tmp_path, 200)
    as_ever = answers(tmp_path), indexes(tmp_path)
    shutil.rmtree(tmp_path / ".flightlog")
    monkeypatch.setattr(files_index, "_BULK", 50)
    assert (answers(tmp_path), indexes(tmp_path)) == as_ever


def test_an_interrupted_load_goes_on_and_has_its_indexes_in_the_end(tmp_path, monkeypatch):
    record(tmp_path, 200)
    as_ever = answers(tmp_path), indexes(tmp_path)
    shutil.rmtree(tmp_path / ".flightlog")
    with monkeypatch.context() as patched:
        patched.setattr(files_index, "_BULK", 50)
        patched.setattr(taking_new, "_AT_ONCE", 150)
        write = Projector.write

        def killed(self, connection, changes):
            write(self, connection, changes)
            if len(changes.new) < 150:
                raise KeyboardInterrupt

        patched.setattr(Projector, "write", killed)
        with flightlog.open(tmp_path) as store, pytest.raises(KeyboardInterrupt):
            store.runs.totals()
        assert store.catching_up() is None
    assert len(indexes(tmp_path)) < len(as_ever[1])
    assert gc.isenabled()
    assert (answers(tmp_path), indexes(tmp_path)) == as_ever


@pytest.mark.parametrize("who", ["asks", "closes the store"])
def test_who_stops_in_the_midst_of_an_index_waits_for_none_and_what_is_made_is_kept(tmp_path, monkeypatch, who):
    record(tmp_path, 200)
    as_ever = answers(tmp_path), indexes(tmp_path)
    shutil.rmtree(tmp_path / ".flightlog")
    monkeypatch.setattr(files_index, "_BULK", 50)
    monkeypatch.setattr(heeding, "_STEPS", 10)
    made: list[str] = []

    def fifth(connection, cursor, statement, parameters, context, many):
        if statement.lstrip().startswith("CREATE INDEX IF"):
            made.append(statement)
            if len(made) == 5:
                asked.stop()

    with flightlog.open(tmp_path) as store:
        asked = Progress() if who == "asks" else store.reading.progress
        listen(Engine, "before_cursor_execute", fifth)
        try:
            with pytest.raises(Stopped), telling(asked) if who == "asks" else nullcontext():
                store.runs.totals()
        finally:
            remove(Engine, "before_cursor_execute", fifth)
    names = [re.findall(r"EXISTS (\w+)", statement)[0] for statement in made]
    assert len(names) == 5
    assert [name in indexes(tmp_path) for name in names] == [True] * 4 + [False]
    assert (answers(tmp_path), indexes(tmp_path)) == as_ever


def test_a_large_store_keeps_its_indexes_when_some_come(tmp_path, monkeypatch, statements):
    record(tmp_path, 200)
    monkeypatch.setattr(files_index, "_BULK", 50)
    with flightlog.open(tmp_path) as store:
        store.runs.totals()
        record(tmp_path, 60)
        statements.clear()
        assert store.runs.totals().runs == 260
    assert not any("INDEX" in statement for statement in statements)


def test_who_waits_can_see_how_far_it_has_come(tmp_path, monkeypatch):
    record(tmp_path, 100)
    monkeypatch.setattr(catch_up, "_AT_ONCE", 30)
    seen = []
    with flightlog.open(tmp_path) as store:
        reach = Progress.reach

        def noted(self, done):
            reach(self, done)
            seen.append(store.catching_up())

        monkeypatch.setattr(Progress, "reach", noted)
        assert store.catching_up() is None
        store.runs.totals()
        assert store.catching_up() is None
    assert [(at.done, at.total) for at in seen] == [(30, 100), (60, 100), (90, 100), (100, 100)]
    assert seen[0].left > 0
    assert seen[-1].left == 0


def test_of_a_few_journals_it_is_seen_how_many_bytes_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(catch_up, "BATCH_BYTES", 10_000)
    seen = []
    reach = Progress.reach

    def noted(self, done):
        reach(self, done)
        seen.append(self.look())

    with flightlog.open(tmp_path, storage="file") as store, store.run("long") as run:
        for number in range(300):
            run.log("x" * 100, number=number)
        before = Layout(tmp_path).journal(run.id).stat().st_size
        assert store.runs.get(run.id).logs == 300
        for number in range(100):
            run.log("x" * 100, number=number)
    monkeypatch.setattr(Progress, "reach", noted)
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run.id).logs == 400
    size = Layout(tmp_path).journal(run.id).stat().st_size - before
    assert len(seen) > 1
    assert [at.done for at in seen] == sorted(at.done for at in seen)
    assert {(at.total, at.what) for at in seen} == {(size, "bytes")}
    assert seen[0].done < size == seen[-1].done
