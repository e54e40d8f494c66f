"""Upgrades of a PostgreSQL database: whole or not at all, whoever is killed, and one at a time of many who start."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import flightlog
import psycopg
import pytest
from flightlog.backends.postgres.engine import open_server
from flightlog.backends.postgres.server_url import ServerUrl, spool_folder
from flightlog.backends.sql import migrations, schema, tables
from flightlog.backends.sql.claims import exclude_writers
from flightlog.backends.sql.column_types import stored_text, stored_time
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import StorageError
from flightlog.core.query.query import EVERYTHING
from sqlalchemy import event, select
from sqlalchemy.engine import Engine

FIXTURES = Path(__file__).parent.parent / "fixtures"


@pytest.fixture
def empty(postgres):
    """A database without any table."""
    name = postgres.new_database()
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def released(empty, monkeypatch):
    """Makes a database as an earlier release would have left it, with what its fixture holds."""

    def make(number: int) -> str:
        with monkeypatch.context() as then:
            then.setattr(migrations, "HEAD", f"{number:04}")
            then.setattr(schema, "HEAD", f"{number:04}")
            open_server(ServerUrl(empty)).close()
        with closing(sqlite3.connect(":memory:")) as first, psycopg.connect(empty) as server:
            first.executescript((FIXTURES / f"schema_{number}.sql").read_text("utf-8"))
            for (table,) in first.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                if table not in NOT_CARRIED:
                    carry(first, server, table)
            server.execute("DELETE FROM state WHERE key = 'words_followed'")
        return empty

    return make


NOT_CARRIED = ("alembic_version", "log_words", "worded_runs", "sqlite_sequence")
"""The words of logs are each engine's own kind of table; without them, a log is read when it is first searched."""


@pytest.fixture
def old(released) -> str:
    """A database of the first release."""
    return released(1)


def carry(first: sqlite3.Connection, server: psycopg.Connection, table: str) -> None:
    asked = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
    kinds = dict(server.execute(asked, (table,)).fetchall())
    if not kinds:
        return
    taken = {
        "boolean": lambda value: value if value is None else bool(value),
        "timestamp with time zone": lambda value: value if value is None else stored_time(value),
    }
    rows = first.execute(f"SELECT {', '.join(map(quoted, kinds))} FROM {table}").fetchall()
    kept = [
        [taken.get(kind, stored_text)(value) for kind, value in zip(kinds.values(), row, strict=True)] for row in rows
    ]
    if kept:
        places = ", ".join(["%s"] * len(kinds))
        names = ", ".join(map(quoted, kinds))
        server.cursor().executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", kept)
    if "id" in kinds and kinds["id"] == "bigint":
        server.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


def quoted(name: str) -> str:
    return f'"{name}"'


def version(url: str) -> str:
    with psycopg.connect(url) as server:
        found = server.execute("SELECT to_regclass('alembic_version')").fetchone()
        return server.execute("SELECT version_num FROM alembic_version").fetchone()[0] if found[0] else ""


def truth(url: str) -> dict[str, list[tuple]]:
    with psycopg.connect(url) as server:
        names = ("events", "state_values", "annotations", "versions", "patterns")
        return {name: sorted(server.execute(f"SELECT * FROM {name}").fetchall()) for name in names}


# --- what it leads to ----------------------------------------------------------------------------------

SHAPE = [
    "SELECT table_name, column_name, data_type, collation_name, is_nullable, column_default"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace AND contype <> 'n'",
]


def shape(url: str) -> list[set]:
    with psycopg.connect(url) as server:
        return [
            {row for row in server.execute(asked).fetchall() if "alembic_version" not in str(row)} for asked in SHAPE
        ]


def test_migrated_and_made_at_once_are_the_same(postgres, empty):
    open_server(ServerUrl(empty)).close()
    name = postgres.new_database()
    url = ServerUrl(postgres.url(name))
    from sqlalchemy import create_engine

    engine = create_engine("postgresql+psycopg://", creator=url.connect)
    with engine.begin() as connection:
        tables.truth.create_all(connection)
        tables.derived.create_all(connection)
    engine.dispose()
    for migrated, made in zip(shape(empty), shape(postgres.url(name)), strict=True):
        assert migrated == made
    postgres.drop_database(name)


@pytest.mark.parametrize(("number", "runs"), [(1, 3), (2, 4), (3, 6)])
def test_an_old_store_is_brought_up_to_date_as_one_in_sqlite_is(number, runs, released, tmp_path):
    old, path = released(number), tmp_path / "flightlog.db"
    with closing(sqlite3.connect(path)) as first:
        first.executescript((FIXTURES / f"schema_{number}.sql").read_text("utf-8"))
    before = truth(old)
    here, there = open_database(path, truth=True), open_server(ServerUrl(old))
    for table in (tables.outcomes, tables.spreads, tables.acts):
        with here.read() as a, there.read() as b:
            found = sorted(tuple(row) for row in b.execute(select(table)))
            assert found and found == sorted(tuple(row) for row in a.execute(select(table)))
    here.close()
    there.close()
    assert version(old) == migrations.HEAD and truth(old) == before
    with flightlog.open(old) as store:
        assert store.runs.count(EVERYTHING) == runs
        assert [entry.seq for entry in store.logs.search("tokens prompt", EVERYTHING)] == [7]
        # Archives lie on a disk; a run of which none is on this machine's is named.
        archives = sorted(path.name for path in FIXTURES.glob("archive_3/*/*.flz")) if number == 3 else []
        errors = [finding for finding in store.upkeep.check() if finding.severity == "error"]
        assert sorted(Path(finding.where).name for finding in errors) == archives


def test_reading_only_never_upgrades(old):
    with pytest.raises(StorageError, match=r"older schema.*open it once for writing"):
        open_server(ServerUrl(old), read_only=True)
    assert version(old) == "0001"


# --- who is killed, and who comes at the same time -------------------------------------------------------


def in_child(work: Callable[[], object]) -> int:
    """Does work in a process of its own; its id."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(number: int, url: str) -> bool:
    """Opens a database in a process that is killed before its `number`-th statement; whether it came to its end."""

    def work() -> None:
        left = [number]

        def count(*_: object) -> None:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

        event.listen(Engine, "before_cursor_execute", count)
        event.listen(Engine, "commit", count)
        open_server(ServerUrl(url)).close()

    code = ended(in_child(work))
    assert code in (0, -signal.SIGKILL)
    return code == 0


def test_an_upgrade_that_is_killed_at_any_statement(old):
    before, kills = truth(old), 0
    while not killed_at(1 + 7 * kills, old):
        kills += 1
        assert version(old) in ("0001", migrations.HEAD) and truth(old) == before
    assert kills > 4 and version(old) == migrations.HEAD and truth(old) == before


def test_making_a_store_that_is_killed_at_any_statement(empty):
    kills = 0
    while not killed_at(1 + 23 * kills, empty):
        kills += 1
        assert version(empty) in ("", migrations.HEAD)
    assert kills > 4 and version(empty) == migrations.HEAD


@pytest.mark.heavy
@pytest.mark.timeout(300)
@pytest.mark.parametrize("is_old", [False, True])
def test_thirty_two_processes_that_start_at_once(is_old, request):
    url = request.getfixturevalue("old" if is_old else "empty")
    begin, go = os.pipe()

    def work() -> None:
        os.read(begin, 1)
        with flightlog.open(url) as store:
            with store.run("w") as run:
                run.log("here")
            assert store.runs.get(run.id).status == "completed"

    children = [in_child(work) for _ in range(32)]
    os.write(go, b"." * 32)
    assert [ended(child) for child in children] == [0] * 32
    with flightlog.open(url) as store:
        assert store.runs.count(EVERYTHING) == 32 + (3 if is_old else 0)
        assert [finding for finding in store.upkeep.check() if finding.severity == "error"] == []
    assert version(url) == migrations.HEAD
    assert os.listdir(spool_folder(ServerUrl(url)) / "spool") == []


# --- older programs on a newer store ---------------------------------------------------------------------


def test_who_has_a_store_open_while_a_newer_flightlog_upgrades_it_keeps_its_spool(postgres, new_postgres_url, caplog):
    url = new_postgres_url()
    database = url.rpartition("/")[2]
    with flightlog.open(url) as store:
        store.runs.totals()
        postgres.tell("UPDATE alembic_version SET version_num = '9999'", database)
        with store.run("w") as run:
            run.log("still here")
        assert store.runs.totals().runs == 0  # what it knows can still be read
    assert "schema 9999, and this program knows" in caplog.text
    assert os.listdir(spool_folder(ServerUrl(url)) / "spool") == [f"{run.id}.jsonl"]
    assert postgres.tell("SELECT count(*) FROM events", database) == [(0,)]
    postgres.tell(f"UPDATE alembic_version SET version_num = '{migrations.HEAD}'", database)
    with flightlog.open(url) as store:
        assert store.runs.get(run.id).logs == 1


def test_an_upgrade_waits_for_who_is_writing_and_nobody_begins_meanwhile(new_postgres_url):
    url = ServerUrl(new_postgres_url())
    writer, upgrader, later = (open_server(url) for _ in range(3))
    order: list[str] = []

    def upgrade() -> None:
        with upgrader.write() as connection:
            exclude_writers(connection)
            order.append("upgrading")
            waiting(later, upgrader)
            order.append("upgraded")

    def write() -> None:
        with later.write():
            order.append("written")

    with writer.write():
        upgrading = threading.Thread(target=upgrade)
        upgrading.start()
        waiting(upgrader, later)
        writing = threading.Thread(target=write)
        writing.start()
        order.append("committing")
    upgrading.join()
    writing.join()
    assert order == ["committing", "upgrading", "upgraded", "written"]
    for database in (writer, upgrader, later):
        database.close()


def waiting(database, reader) -> None:
    """Until somebody waits for the table of the schema's number."""
    asked = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'alembic_version'::regclass"
    end = time.monotonic() + 30
    with reader._reader.connect() as connection:
        while not connection.exec_driver_sql(asked).scalar():
            connection.rollback()
            assert time.monotonic() < end
            time.sleep(0.01)
