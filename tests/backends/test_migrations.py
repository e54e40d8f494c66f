"""The schema's history: it leads to the declared tables, never backwards, and costs nothing when it is current."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flightlog.backends.sql import migrations, schema, tables
from flightlog.backends.sql.database import Database
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import Locked, StorageError
from sqlalchemy import text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "flightlog.db"


def revisions() -> list[str]:
    return sorted(file.name[:4] for file in (Path(migrations.__file__).parent / "versions").glob("0*.py"))


def test_the_history_leads_to_the_declared_tables(path):
    database = open_database(path, truth=True)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, [tables.truth, tables.derived]) == []
    database.close()


def ddl(connection) -> set[str]:
    found = connection.scalars(
        text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name != 'alembic_version'")
    )
    return {" ".join(sql.replace('"', "").split()) for sql in found}


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


def test_who_changes_the_query_tables_raises_their_number():
    """When this fails: raise `tables.SCHEMA`, add a migration, and put the new digest here."""
    dialect = sqlite.dialect()
    made = []
    for table in tables.derived.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        made += sorted(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
    digest = hashlib.sha256("".join(made).encode()).hexdigest()[:16]
    assert (tables.SCHEMA, digest) == ("1", "ff7dc69269ea81e8")
