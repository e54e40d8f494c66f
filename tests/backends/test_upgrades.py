"""Upgrades of a store that holds runs: whole or not at all, whoever is killed, and a copy until it has succeeded."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.sql import migrations, schema, tables
from flightlog.backends.sqlite import backup, heeding
from flightlog.backends.sqlite.backup import Backup
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.annotations import decode
from flightlog.core.errors import Corrupt, Stopped, StorageError
from flightlog.core.progress import Progress, telling
from flightlog.core.query.query import EVERYTHING
from killing import killed_at
from sqlalchemy import text

FIRST = Path(__file__).parent.parent / "fixtures" / "schema_1.sql"
STEPS = {"execute", "executemany", "unlink", "rename", "replace", "commit", "fsync", "open", "close", "backup"}


@pytest.fixture(autouse=True)
def _made_once() -> None:
    """Here the program itself makes every table."""


@pytest.fixture
def old(tmp_path) -> Path:
    """A database of the first release."""
    path = tmp_path / "data" / "flightlog.db"
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as database:
        database.executescript(FIRST.read_text("utf-8"))
    return path


def content(path: Path) -> dict[str, list[tuple]]:
    options = "mode=ro&immutable=1" if path.name.endswith("upgrade") else "mode=rw"
    with closing(sqlite3.connect(f"file:{path}?{options}", uri=True)) as database:
        names = ("alembic_version", "events", "state_values", "annotations", "versions", "patterns")
        return {name: sorted(database.execute(f"SELECT * FROM {name}")) for name in names}


def left(path: Path) -> list[str]:
    return sorted(name for name in os.listdir(path.parent) if "upgrade" in name)


def is_whole(path: Path, was: dict[str, list[tuple]]) -> bool:
    """Whether a database is at the newest schema; it holds what it held either way."""
    now = content(path)
    (number,), *_ = now.pop("alembic_version")
    assert number in (migrations.HEAD, "0001")
    assert now == {name: rows for name, rows in was.items() if name != "alembic_version"}
    return number == migrations.HEAD


def test_the_copy_is_there_during_the_upgrade_and_gone_after_it(old, monkeypatch):
    was, seen = content(old), []
    compare = Backup.compare

    def looked(self, connection):
        seen.append(content(self.copy))
        assert os.stat(self.copy).st_mode & 0o777 == 0o600
        compare(self, connection)

    monkeypatch.setattr(Backup, "compare", looked)
    open_database(old, truth=True).close()
    assert seen == [was]
    assert is_whole(old, was)
    assert left(old) == []


def test_an_upgrade_that_loses_rows_is_undone_and_the_copy_stays(old, monkeypatch):
    was = content(old)

    def careless(connection):
        migrations.upgrade(connection)
        connection.execute(text("DELETE FROM annotations WHERE id = 1"))

    monkeypatch.setattr(schema, "upgrade", careless)
    with pytest.raises(Corrupt, match=r"was undone: of 4 rows of annotations it would have left 3 .*before-upgrade"):
        open_database(old, truth=True)
    assert content(old) == was
    assert content(old.with_name("flightlog.db.before-upgrade")) == was


def test_no_room_for_the_copy_is_told_and_changes_nothing(old):
    was = content(old)
    code = f"""
import resource, signal
from pathlib import Path
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
try:
    open_database(Path({str(old)!r}), truth=True)
except StorageError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "could not be copied before its upgrade" in done.stdout, done.stderr
    assert "open it again; the database is as it was" in done.stdout
    assert not done.stderr
    assert (content(old), left(old)) == (was, [])
    open_database(old, truth=True).close()
    assert is_whole(old, was)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def killed_everywhere(old, by: int) -> tuple[int, int, int]:
    """How many kills there were, after how many the old schema was found, and after how many a copy."""
    was, template = content(old), old.parent.with_name("template")
    shutil.copytree(old.parent, template)
    kills, still_old, copies = 0, 0, 0
    done = False
    while not done:
        shutil.rmtree(old.parent)
        shutil.copytree(template, old.parent)
        done = killed_at(1 + kills * by, STEPS, lambda: open_database(old, truth=True).close())
        kills += 1
        still_old += not is_whole(old, was)
        copies += "flightlog.db.before-upgrade" in left(old)
        if "flightlog.db.before-upgrade" in left(old):
            assert content(old.with_name("flightlog.db.before-upgrade")) == was
        open_database(old, truth=True).close()
        assert is_whole(old, was)
        assert left(old) == []
    return kills, still_old, copies


def test_an_upgrade_that_is_killed_at_some_steps(old):
    kills, still_old, _ = killed_everywhere(old, 29)
    assert kills > still_old > 0


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_an_upgrade_that_is_killed_at_every_step(old):
    kills, still_old, copies = killed_everywhere(old, 1)
    assert kills > still_old > 20
    assert copies > 10


START = """
import sys, flightlog
with flightlog.open(sys.argv[1], storage="sqlite") as store:
    sys.stdin.read()
    with store.run("w") as run:
        run.log("here")
    print(store.runs.get(run.id).status)
"""


@pytest.mark.heavy
@pytest.mark.timeout(500)
@pytest.mark.parametrize("is_old", [False, True])
def test_thirty_two_processes_that_start_at_once(old, is_old):
    if not is_old:
        old.unlink()
    words = [sys.executable, "-c", START, str(old.parent)]
    pipe = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    starting = [subprocess.Popen(words, **pipe) for _ in range(32)]
    for process in starting:
        process.stdin.close()
        process.stdin = None
    said = [process.communicate(timeout=400) for process in starting]
    assert said == [("completed\n", "")] * 32
    with flightlog.open(old.parent) as store:
        assert store.runs.count(EVERYTHING) == 32 + (3 if is_old else 0)
        assert [finding for finding in store.upkeep.check() if finding.severity == "error"] == []
    assert left(old) == []
    assert os.listdir(old.parent / "spool") == []


def raised(path: Path) -> None:
    """As a newer Flightlog leaves a database."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()


def test_who_has_a_store_open_while_a_newer_flightlog_upgrades_it_keeps_its_spool(tmp_path, caplog):
    with flightlog.open(tmp_path, storage="sqlite") as store:
        store.workflows.list_all()
        store.runs.totals()
        raised(tmp_path / "flightlog.db")
        with store.run("w") as run:
            run.log("still here")
        assert store.runs.totals().runs == 0  # what it knows can still be read
    assert "schema 9999, and this program knows" in caplog.text
    assert "waits in the spool" in caplog.text
    assert sorted(os.listdir(tmp_path / "spool")) == [f"{run.id}.jsonl"]
    with closing(sqlite3.connect(tmp_path / "flightlog.db")) as database:
        assert database.execute("SELECT count(*) FROM events").fetchone() == (0,)
        database.execute("UPDATE alembic_version SET version_num = ?", (migrations.HEAD,))
        database.commit()
    with flightlog.open(tmp_path) as store:  # as the newer one would
        assert store.runs.get(run.id).logs == 1


def test_an_index_that_another_flightlog_remade_is_not_written_by_this_one(tmp_path):
    mine = open_database(tmp_path / "index.db", truth=False)
    with mine.write() as connection:
        connection.execute(text("UPDATE state SET value = '9999' WHERE key = 'schema'"))
    with pytest.raises(StorageError, match="schema 9999"), mine.write():
        pass
    mine.close()
    anew = open_database(tmp_path / "index.db", truth=False)
    with anew.read() as connection:
        assert connection.scalar(text("SELECT value FROM state WHERE key = 'schema'")) == tables.SCHEMA
    anew.close()


def test_what_was_done_before_is_in_the_audit_trail_of_an_upgraded_store(old):
    with flightlog.open(old.parent) as store:
        done = [act for act in store.audit().items if act.run]
        told = sorted((act.action, act.by, act.what, act.detail) for act in done)
        kinds = {"pin": "pin", "tag": "tag", "note": "note", "score": "score", "answer": "approve"}
        with store.runs._database.read() as connection:
            lines = connection.scalars(text("SELECT line FROM annotations")).all()
        said = [decode(bytes(line)) for line in lines]
        assert len(done) == len(said) > 3
        assert sorted(act.t for act in done) == sorted(annotation.t for annotation in said)
        assert {(action, by) for action, by, *_ in told} == {(kinds[one.__struct_config__.tag], one.by) for one in said}
        assert ("tag", "ben", "good", "") in told and ("score", "eva", "quality", "0.9") in told
        assert all(
            call.request_id == "" for run in store.runs.recent("triage") for call in store.runs.cost_records(run.id)
        )


def test_an_upgrade_is_told_to_whoever_waits_for_the_store(old, monkeypatch):
    said = []
    monkeypatch.setattr(backup, "_PAGES", 1)
    with flightlog.open(old) as store:
        monkeypatch.setattr(backup, "go_on", lambda: said.append(store.catching_up()))
        assert store.runs.count(EVERYTHING) > 0
        assert store.catching_up() is None
    assert len(said) > 3 and {at.what for at in said} == {"copying"}
    assert [at.done for at in said] == sorted(at.done for at in said) and said[-1].done == said[-1].total


@pytest.mark.parametrize("when", ["copying", "upgrading"])
def test_an_upgrade_that_is_stopped_leaves_the_database_as_it_was(old, monkeypatch, when):
    was, progress = content(old), Progress()
    monkeypatch.setattr(backup, "_PAGES", 1)
    monkeypatch.setattr(heeding, "_STEPS", 10)
    if when == "copying":
        progress.stop()
    else:

        def upgrade(connection):
            progress.stop()
            connection.exec_driver_sql("DELETE FROM events")
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master a, sqlite_master b, sqlite_master c").all()

        monkeypatch.setattr(schema, "upgrade", upgrade)
    with telling(progress), flightlog.open(old) as store, pytest.raises(Stopped):
        store.runs.count(EVERYTHING)
    assert content(old) == was
    assert left(old) == ([] if when == "copying" else ["flightlog.db.before-upgrade"])
    monkeypatch.undo()
    with flightlog.open(old) as store:
        assert store.runs.count(EVERYTHING) > 0
    assert is_whole(old, was) and left(old) == []
