"""A glance shows what the store will show, changes nothing, and gives way wherever it cannot be had at once."""

import fcntl
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import flightlog
import pytest
from flightlog.backends.glancing import glance, newest_log
from flightlog.core.annotations import Tagged
from flightlog.core.query.query import EVERYTHING


def record(data, runs=3, **options):
    with flightlog.open(data, **options) as store:
        for number in range(runs):
            with store.run("triage", name=f"run {number}", meta={"n": number}) as run:
                run.log("hello")
                run.cost(model="gpt-4o", input_tokens=10, output_tokens=1)
        newest = store.runs.query(EVERYTHING, limit=1).items[0]
        for tag in ("b", "a"):
            store.runs.annotate(Tagged(run=newest.id, tag=tag))


def first_page(data, limit):
    with flightlog.open(data) as store:
        return store.runs.query(EVERYTHING, limit=limit), store.runs.totals()


def files_of(data):
    return {str(path): path.stat().st_mtime_ns for path in sorted(data.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("storage", ["sqlite", "file"])
@pytest.mark.parametrize("limit", [2, 3, 100])
def test_it_is_the_first_page_and_leaves_nothing_behind(tmp_path, storage, limit):
    data = tmp_path / "data"
    record(data, storage=storage)
    page, totals = first_page(data, limit)
    before = files_of(data)
    found = glance(data, limit=limit)
    assert found.runs.items == page.items
    assert found.totals == totals
    assert (found.runs.next is None) is (page.next is None)
    assert files_of(data) == before
    if found.runs.next:
        with flightlog.open(data) as store:
            rest = store.runs.query(EVERYTHING, after=found.runs.next)
            assert [run.name for run in rest.items] == ["run 0"]


def test_the_text_is_what_sqlalchemy_makes():
    from flightlog.backends.sqlite import glance_sql

    assert glance_sql.FILE.read_text() == glance_sql.text(), "python -m flightlog.backends.sqlite.glance_sql"


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_the_newest_of_a_log_are_what_the_store_says(tmp_path, limit):
    with flightlog.open(tmp_path, storage="file") as store:
        with store.run("triage", name="chatty") as run:
            for number in range(5):
                with run.step(f"step {number}") as step:
                    step.log(f"entry {number}", level="ERROR" if number % 2 else "INFO", number=number)
                run.cost(model="gpt-4o", input_tokens=10, output_tokens=1)
        said = store.logs.query(run.id, limit=limit)
    before = files_of(tmp_path)
    found = newest_log(tmp_path, run.id, limit=limit)
    assert found.entries == said
    assert [found.names[entry.step] for entry in said] == [entry.message.replace("entry", "step") for entry in said]
    assert files_of(tmp_path) == before


def test_of_a_log_without_a_plain_end_what_stands_behind_is_told(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store, store.run("triage") as run:
        run.log("hidden by what is broken")
        journal = next(tmp_path.glob("runs/*/*.jsonl"))
        with journal.open("ab") as file:
            file.write(b"no event\n")
        run.log("sound")
        with journal.open("ab") as file:
            file.write(b'{"type":"log","seq":')
        assert [entry.message for entry in newest_log(tmp_path, run.id, limit=9).entries] == ["sound"]
        for other in ("triage", run.id[:-1] + ("0" if run.id[-1] != "0" else "1"), "../x"):
            assert newest_log(tmp_path, other, limit=9).entries == ()
    assert newest_log("postgresql://nobody.invalid/x", run.id, limit=9).entries == ()
    with flightlog.open(tmp_path / "b", storage="sqlite") as store, store.run("triage") as run:
        run.log("in a database")
    assert newest_log(tmp_path / "b", run.id, limit=9).entries == ()


def test_it_loads_no_engine(tmp_path):
    record(tmp_path / "data")
    record(tmp_path / "files", storage="file")
    journal = next((tmp_path / "files").glob("runs/*/*.jsonl"))
    code = (
        "import sys; from flightlog.backends.glancing import glance, newest_log\n"
        f"assert len(newest_log({str(tmp_path / 'files')!r}, {journal.stem!r}, limit=9).entries) == 1\n"
        "assert 'sqlite3' not in sys.modules\n"
        f"assert len(glance({str(tmp_path / 'data')!r}, limit=9).runs.items) == 3\n"
        "heavy = {'sqlalchemy', 'alembic', 'yaml', 'watchdog', 'zstandard', 'flightlog.backends.open'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd="/")


def test_a_configured_place_is_found(tmp_path):
    (tmp_path / "flightlog.yaml").write_text("storage:\n  logs: {type: sqlite, path: kept/here.db}\n")
    (tmp_path / "kept").mkdir()
    record(tmp_path)
    assert len(glance(tmp_path, limit=9).runs.items) == 3
    (tmp_path / "flightlog.yaml").write_text("nonsense: [")
    assert glance(tmp_path, limit=9) is None


def test_what_is_being_written_is_seen_beside_its_log(tmp_path):
    with flightlog.open(tmp_path) as store:
        with store.run("triage"):
            pass
        assert len(store.runs.query(EVERYTHING).items) == 1
        assert len(glance(tmp_path, limit=9).runs.items) == 1


def test_it_waits_for_nobody_and_raises_nothing(tmp_path):
    assert glance(tmp_path / "nowhere", limit=9) is None
    assert glance(tmp_path, limit=9) is None
    assert glance("sqlite::memory:", limit=9) is None
    assert glance("postgresql://nobody.invalid/x", limit=9) is None
    assert glance("nonsense:x", limit=9) is None
    record(tmp_path / "data")
    database = tmp_path / "data" / "flightlog.db"
    lock = os.open(f"{database}.lock", os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert glance(tmp_path / "data", limit=9) is None
    os.close(lock)
    assert glance(tmp_path / "data", limit=9) is not None
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert glance(tmp_path / "data", limit=9) is None
    database.write_bytes(b"no database at all" * 1000)
    assert glance(tmp_path / "data", limit=9) is None


def test_an_index_of_another_schema_is_not_looked_at(tmp_path):
    record(tmp_path, storage="file")
    assert first_page(tmp_path, 9)[0].items
    with closing(sqlite3.connect(tmp_path / ".flightlog" / "index.db", isolation_level=None)) as connection:
        connection.execute("UPDATE state SET value = '0' WHERE key = 'schema'")
    assert glance(tmp_path, limit=9) is None
