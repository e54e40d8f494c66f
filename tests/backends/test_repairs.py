"""What doctor puts right: each fault planted first, only it is touched, nothing is dropped, and it is gone then."""

import os
import shutil
import signal
import subprocess
import sys
from functools import partial

import flightlog
import pytest
from flightlog.backends.journal import mending
from flightlog.backends.journal.reader import read_lines
from flightlog.backends.postgres.engine import open_server
from flightlog.backends.postgres.server_url import ServerUrl
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import Conflict, NotSupported
from flightlog.core.ids import day_of, new_ulid
from flightlog.core.upkeep import Finding


@pytest.fixture(params=["file", "sqlite"])
def storage(request):
    return request.param


@pytest.fixture
def store(tmp_path, storage):
    with flightlog.open(tmp_path / "data", storage=storage) as store:
        yield store


def run_in(store, messages=("hello",)):
    with store.run("w") as run:
        for message in messages:
            run.log(message)
        run.checkpoint({"a": 1})
    store.runs.totals()
    return run.id


def findings(store, kind):
    return [finding for finding in store.upkeep.check() if finding.kind == kind]


def repaired(store, kind):
    """The findings of a kind, each put right; and that it is said before what will be done."""
    found = findings(store, kind)
    assert found
    for finding in found:
        assert finding.repair
        assert store.upkeep.repair(finding)
    return found


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".flightlog" not in path.parts}


RECORD = """
import os, signal, sys, flightlog
store = flightlog.open(sys.argv[1], storage=sys.argv[2])
with store.run("w") as run:
    run.log("before the end")
    print(run.id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(folder, storage):
    """The id of a run whose process was killed."""
    script = [sys.executable, "-c", RECORD, str(folder), storage]
    return subprocess.run(script, capture_output=True, text=True).stdout.strip()


def test_a_lost_run_is_marked_as_failed_by_an_event(store, tmp_path, storage):
    run = killed(tmp_path / "data", storage)
    assert store.runs.get(run).status == "lost"
    assert [finding.run for finding in repaired(store, "lost-run")] == [run]
    found = store.runs.get(run)
    assert (found.status, found.error.startswith("Lost: pid")) == ("failed", True)
    assert not findings(store, "lost-run")


def test_files_that_others_may_read_are_made_private(store, tmp_path):
    run_in(store)
    loose = next(path for path in (tmp_path / "data").rglob("*") if path.name.endswith((".jsonl", "flightlog.db")))
    loose.chmod(0o640)
    repaired(store, "permissions")
    assert not loose.stat().st_mode & 0o077
    assert not findings(store, "permissions")


def test_states_without_a_journal_go_into_quarantine(store, tmp_path, storage):
    folder = tmp_path / "data" / ("spool" if storage == "sqlite" else f"runs/{day_of(run := new_ulid())}")
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{new_ulid() if storage == 'sqlite' else run}.states.jsonl"
    (folder / name).write_bytes(b"{}\n")
    repaired(store, "orphaned-states")
    assert (tmp_path / "data" / "quarantine" / name).read_bytes() == b"{}\n"
    assert not findings(store, "orphaned-states")


def test_damaged_lines_are_set_aside_and_the_events_stay_byte_for_byte(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store:
        run, other = run_in(store, ["one", "two", "three"]), run_in(store)
    path = next(tmp_path.rglob(f"{run}.jsonl"))
    lines = path.read_bytes().split(b"\n")
    lines[2] = lines[2].replace(b"two", b"TWO")
    path.write_bytes(b"\n".join([*lines[:4], b"no event at all", *lines[4:-1], b'{"type":"torn']))
    shutil.rmtree(tmp_path / ".flightlog")
    with flightlog.open(tmp_path) as store:
        before = content(tmp_path)
        assert [finding.run for finding in findings(store, "damaged-line")] == [run, run]
        assert content(tmp_path) == before
        assert findings(store, "damaged-line") == findings(store, "damaged-line")
        repaired(store, "damaged-line")
        assert path.read_bytes().split(b"\n") == [*lines[:2], *lines[3:]]
        aside = path.with_name(f"{run}.torn").read_bytes().split(b"\n")
        assert aside == [b'{"type":"torn', lines[2], b"no event at all", b""]
        left = {path: data for path, data in content(tmp_path).items() if run not in path.name}
        assert left == {path: data for path, data in before.items() if run not in path.name}
        assert [entry.message for entry in store.logs.query(run)] == ["one", "three"]
        assert store.runs.get(other).status == "completed"
        assert {finding.severity for finding in store.upkeep.check()} <= {"note"}
        assert any("set aside" in finding.what for finding in findings(store, "set-aside"))


def test_a_line_too_long_to_be_held_stays_byte_for_byte_beside_damage(tmp_path, monkeypatch):
    monkeypatch.setattr(mending, "read_lines", partial(read_lines, longest=5000))
    with flightlog.open(tmp_path, storage="file") as store:
        path = next(tmp_path.rglob(f"{run_in(store, ['one', 'x' * 3_000_000, 'three'])}.jsonl"))
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([lines[0], b"no event at all", *lines[1:]]))
    assert mending.set_damage_aside(path, path.with_suffix(".torn")) == len("no event at all")
    assert path.read_bytes().split(b"\n") == lines


@pytest.mark.parametrize("call", ["rename", "ftruncate"])
def test_who_is_killed_when_bytes_are_set_aside_leaves_none_of_them_twice(tmp_path, call):
    """Before the journal without damaged lines takes its place, and before a torn tail is cut off."""
    with flightlog.open(tmp_path, storage="file") as store:
        run = run_in(store, ["one", "two"])
    path = next(tmp_path.rglob(f"{run}.jsonl"))
    lines = path.read_bytes().split(b"\n")
    events = len(lines) - 1
    lines.insert(2, b"no event at all")
    lines[-1] = b'{"type":"torn'
    path.write_bytes(b"\n".join(lines))
    args = [sys.executable, "-c", MEND.format(call=call), str(path)]
    for _ in range(2):
        assert subprocess.run(args, check=False).returncode == -signal.SIGKILL
    shutil.rmtree(tmp_path / ".flightlog")
    with flightlog.open(tmp_path) as store:
        found = findings(store, "damaged-line")
        for finding in found:
            store.upkeep.repair(finding)
    assert path.with_name(f"{run}.torn").read_bytes() == b'{"type":"torn\nno event at all\n'
    assert len(path.read_bytes().splitlines()) == events


MEND = """
import os, signal, sys
from pathlib import Path
from flightlog.backends.journal.mending import set_damage_aside
path = Path(sys.argv[1])
os.{call} = lambda *words: os.kill(os.getpid(), signal.SIGKILL)
set_damage_aside(path, path.with_suffix(".torn"))
"""


def test_a_run_that_somebody_has_is_left_alone(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store, store.run("w") as run:
        path = next(tmp_path.rglob(f"{run.id}.jsonl"))
        with open(path, "ab") as journal:
            journal.write(b'{"type":"lo')
        found = findings(store, "torn-line")
        before = path.read_bytes()
        with pytest.raises(Conflict, match="somebody has the run"):
            store.upkeep.repair(found[0])
        assert path.read_bytes() == before
        os.truncate(path, len(before) - 11)


def test_an_index_that_drifted_is_read_anew(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store:
        run = run_in(store)
        path = next(tmp_path.rglob(f"{run}.jsonl"))
        path.write_bytes(path.read_bytes().replace(b"hello", b"jello"))
        repaired(store, "index-drift")
        assert not findings(store, "index-drift")
        assert [finding.run for finding in findings(store, "damaged-line")] == [run]


def test_a_run_left_in_the_spool_of_a_files_store_comes_to_the_others(tmp_path):
    with flightlog.open(tmp_path / "other", storage="file") as other:
        run = run_in(other)
    with flightlog.open(tmp_path / "data", storage="file") as store:
        spool = tmp_path / "data" / "spool"
        spool.mkdir()
        for path in (tmp_path / "other").rglob(f"{run}*"):
            path.rename(spool / path.name)
        assert [finding.run for finding in repaired(store, "spool-left")] == [run]
        assert store.runs.get(run).status == "completed"
        assert store.checkpoints.state(store.checkpoints.list(run)[0].id) == {"a": 1}
        assert not findings(store, "spool-left")
        assert not findings(store, "orphaned-states")


def test_what_only_a_person_can_decide_is_not_touched(store):
    found = Finding(severity="note", kind="old-sqlite", what="old", where="this Python", advice="take a newer one")
    with pytest.raises(NotSupported, match="take a newer one"):
        store.upkeep.repair(found)


def test_nothing_is_repaired_in_a_store_that_is_read_only(tmp_path, storage):
    with flightlog.open(tmp_path, storage=storage) as store:
        run_in(store)
        run = killed(tmp_path, storage)
        store.runs.totals()
    with flightlog.open(tmp_path, read_only=True) as store:
        found = [finding for finding in store.upkeep.check() if finding.run == run]
        assert all(not finding.repair for finding in found)


@pytest.mark.parametrize("engine", ["file", "sqlite", "postgres"])
def test_an_index_that_is_not_there_is_named_and_made(tmp_path, new_postgres_url, engine):
    """As in a database that was made with this schema before it was released."""
    folder = tmp_path / "data"
    place = new_postgres_url() if engine == "postgres" else f"{engine}:{folder}"
    if engine == "postgres":
        database = open_server(ServerUrl(place))
    else:
        flightlog.open(place).close()
        path = folder / ("flightlog.db" if engine == "sqlite" else ".flightlog/index.db")
        database = open_database(path, truth=engine == "sqlite")
    dropped = ["runs_archived", "steps_running"] + (["operations_of"] if engine != "file" else [])
    with database.read() as connection:
        whole = indexes_of(connection)
    with flightlog.open(place) as store:
        assert not findings(store, "missing-index")
    for some in (dropped[:1], dropped):
        with database.write() as connection:
            for name in some:
                connection.exec_driver_sql(f"DROP INDEX {name}")
        with flightlog.open(place) as store:
            (found,) = repaired(store, "missing-index")
            assert all(name in found.what for name in some) and "sesame" not in found.where
            assert not findings(store, "missing-index")
        with database.read() as connection:
            assert indexes_of(connection) == whole
    database.close()


def indexes_of(connection):
    if connection.dialect.name == "sqlite":
        return set(connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index'").all())
    return set(connection.exec_driver_sql("SELECT indexname, indexdef FROM pg_indexes").all())
