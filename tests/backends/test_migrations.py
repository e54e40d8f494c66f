"""The schema's history: it leads to the declared tables, never backwards, and costs nothing when it is current."""

import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flightlog.backends.sql import migrations, schema, tables
from flightlog.backends.sql.database import Database
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import Locked, StorageError
from sqlalchemy import text


@pytest.fixture(autouse=True)
def _made_once() -> None:
    """Here the program itself makes every table."""


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "flightlog.db"


def revisions() -> list[str]:
    return sorted(file.name[:4] for file in (Path(migrations.__file__).parent / "versions").glob("0*.py"))


def test_the_history_leads_to_the_declared_tables(path):
    database = open_database(path, truth=True)
    with database.read() as connection:
        opts = {"compare_type": True, "include_name": lambda name, *_: not str(name).startswith("log_words")}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, [tables.truth, tables.derived]) == []
    database.close()


ALL_DDL = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version'"


def ddl(connection) -> set[str]:
    return {normal(sql) for sql in connection.scalars(text(ALL_DDL))}


def normal(sql: str) -> str:
    return " ".join(sql.replace('"', "").split())


def test_migrated_and_made_at_once_are_the_same(path):
    migrated, made = open_database(path, truth=True), open_database(None, truth=True)
    with migrated.read() as a, made.read() as b:
        assert ddl(a) == ddl(b)
    migrated.close()
    made.close()


def test_head_is_the_last_revision():
    assert revisions()[-1] == migrations.HEAD
    assert revisions() == [f"{number:04}" for number in range(1, len(revisions()) + 1)]


def test_opening_a_current_database_loads_neither_alembic_nor_another_engine(path):
    open_database(path, truth=True).close()
    script = (
        "import sys; from pathlib import Path; from flightlog.backends.sqlite.engine import open_database;"
        "import flightlog.backends.sql.projector;"
        "open_database(Path(sys.argv[1]), truth=True).close(); assert 'alembic' not in sys.modules;"
        "assert 'sqlalchemy.dialects.postgresql' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True)


def test_a_process_may_make_several_databases_at_once(tmp_path):
    def make(number):
        open_database(tmp_path / f"{number}.db", truth=True).close()
        return revision_of(tmp_path / f"{number}.db")

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(make, range(16))) == {migrations.HEAD}


def revision_of(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]


@pytest.mark.parametrize("read_only", [True, False])
def test_a_newer_schema_is_refused_and_left_alone(path, read_only):
    database = open_database(path, truth=True)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match=r"newer Flightlog.*use that"):
        open_database(path, truth=True, read_only=read_only)
    assert path.read_bytes() == before


def test_a_start_waits_for_a_long_upgrade_of_another_process(path, monkeypatch):
    monkeypatch.setattr(Database, "write", impatient(Database.write, times=3))
    open_database(path, truth=True).close()
    monkeypatch.setattr(schema, "PATIENCE_S", 0)
    path.unlink()
    monkeypatch.setattr(Database, "write", impatient(Database.write, times=3))
    with pytest.raises(Locked):
        open_database(path, truth=True)


def impatient(write, times: int):
    """A `write` that is refused a few times, as by a lock that another process holds."""
    left = [times]

    def refused(database):
        if left[0]:
            left[0] -= 1
            raise Locked("process 1 has been writing the database for 5 s")
        return write(database)

    return refused


@pytest.fixture
def later(path, tmp_path, monkeypatch):
    """A database of the present schema with a run in it, and then a program that knows one revision more."""
    database = open_database(path, truth=True)
    with database.write() as connection:
        connection.execute(tables.removed.insert(), {"run": "r", "revision": 7})
    database.close()
    number = f"{int(migrations.HEAD) + 1:04}"
    home = tmp_path / "migrations"
    shutil.copytree(Path(migrations.__file__).parent, home)
    (home / "versions" / f"{number}_later.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision, down_revision = {number!r}, {migrations.HEAD!r}\n"
        "def upgrade():\n    op.add_column('removed', sa.Column('why', sa.String(), nullable=True))\n"
    )
    monkeypatch.setattr(migrations, "__file__", str(home / "__init__.py"))
    for module in (migrations, schema):
        monkeypatch.setattr(module, "HEAD", number)
    return number


def test_an_older_schema_is_brought_up_to_date_and_keeps_its_rows(path, later):
    database = open_database(path, truth=True)
    with database.read() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == later
        assert connection.execute(text("SELECT run, revision, why FROM removed")).all() == [("r", 7, None)]
    database.close()


def test_reading_only_never_upgrades(path, later):
    before = path.read_bytes()
    with pytest.raises(StorageError, match=r"older schema.*open it once for writing"):
        open_database(path, truth=True, read_only=True)
    assert path.read_bytes() == before


def released() -> list[Path]:
    return sorted((Path(__file__).parent.parent / "fixtures").glob("schema_*.sql"))


def test_a_schema_that_was_released_is_never_changed(tmp_path):
    """Tables that differ from the last release's have a revision, and a number of the query tables, of their own.

    Until they are released they may change at will. At the release: make `fixtures/schema_N.sql` with
    `sqlite3 flightlog.db .dump` beside those that are there (it is never made anew; `log_words` is made by its own
    statement, for not every SQLite lets its list of tables be written), and add it to `test_released_formats.py`
    and `test_postgres_upgrades.py`. From then on this test asks for the next revision.
    """
    with closing(sqlite3.connect(tmp_path / "last.db")) as database:
        database.executescript(released()[-1].read_text("utf-8"))
        number = int(database.execute("SELECT version_num FROM alembic_version").fetchone()[0])
        was = {normal(sql) for (sql,) in database.execute(ALL_DDL)}
    made = open_database(None, truth=True)
    with made.read() as connection:
        if was != ddl(connection):
            number += 1
    made.close()
    assert (f"{number:04}", str(number)) == (migrations.HEAD, tables.SCHEMA)
