"""A database that others use too: a store keeps to its schema and to its user's limits, and leaves theirs alone."""

import flightlog
import psycopg
import pytest
from flightlog.backends.postgres.engine import open_server
from flightlog.backends.postgres.server_url import ServerUrl, spool_folder
from flightlog.core.errors import Locked, NotFound, StorageError
from flightlog.core.operations import new_order
from sqlalchemy import text


@pytest.fixture
def shared(postgres):
    """A database in whose public schema another program has tables that are called as some of ours."""
    name = postgres.new_database()
    for statement in (
        "CREATE TABLE runs (theirs int)",
        "CREATE TABLE journals (theirs int)",
        "CREATE TABLE alembic_version (version_num varchar(32))",
        "INSERT INTO alembic_version VALUES ('9f3a2b1c')",
        "CREATE SCHEMA one",
        "CREATE SCHEMA two",
    ):
        postgres.tell(statement, name)
    yield name
    postgres.drop_database(name)


def within(postgres, database: str, path: str) -> str:
    return f"{postgres.url(database)}?options=-csearch_path%3D{path}"


def recorded(place: str, workflow: str) -> set[str]:
    """The workflows that are there once another one was recorded."""
    with flightlog.open(place) as store:
        store.run(workflow).finish()
        return {run.workflow for run in store.find("")}


def test_another_program_s_tables_are_not_taken_for_ours(postgres, shared):
    with pytest.raises(StorageError, match=r"none of Flightlog's .* schema of its own"):
        recorded(postgres.url(shared), "w")
    for number in ("0002", "0004"):  # as if it counted like us
        postgres.tell(f"UPDATE alembic_version SET version_num = '{number}'", shared)
        with pytest.raises(StorageError, match="none of Flightlog's"):
            recorded(postgres.url(shared), "w")
    assert len(postgres.tell("SELECT 1 FROM pg_tables WHERE schemaname = 'public'", shared)) == 3


def test_two_stores_in_one_database_share_nothing(postgres, shared):
    one, two = (within(postgres, shared, schema) for schema in ("one", "two"))
    assert recorded(one, "first") == {"first"}
    assert recorded(two, "second") == {"second"}
    assert recorded(within(postgres, shared, "one,public"), "third") == {"first", "third"}
    assert spool_folder(ServerUrl(one)) != spool_folder(ServerUrl(two))
    assert str(ServerUrl(one)).endswith(f"/{shared}, schema one")
    assert postgres.tell("SELECT * FROM alembic_version", shared) == [("9f3a2b1c",)]


def test_a_store_behind_an_empty_schema_of_the_path_is_found(postgres, shared):
    assert recorded(within(postgres, shared, "two"), "first") == {"first"}
    assert recorded(within(postgres, shared, "one,two"), "second") == {"first", "second"}


def test_a_schema_of_the_environment_is_one_too(postgres, shared, monkeypatch):
    plain = ServerUrl(postgres.url(shared)).key
    monkeypatch.setenv("PGOPTIONS", "-c search_path=one -c work_mem=8MB")
    assert ServerUrl(postgres.url(shared)).key != plain
    assert recorded(postgres.url(shared), "w") == {"w"}


def test_a_schema_that_is_not_there(postgres, shared):
    with pytest.raises(NotFound, match=r"the schema is not there .*CREATE SCHEMA"):
        recorded(within(postgres, shared, "three"), "w")


def test_what_is_theirs_is_neither_tidied_up_nor_counted(postgres, shared):
    with flightlog.open(within(postgres, shared, "one")) as store, psycopg.connect(postgres.url(shared)) as other:
        store.run("w").finish()
        assert store.runs.totals().runs == 1
        before = store.upkeep.compact().before_bytes
        other.execute("CREATE TABLE two.large AS SELECT repeat('x', 8000) FROM generate_series(1, 2000)")
        other.commit()
        other.execute("LOCK TABLE runs, two.large IN SHARE UPDATE EXCLUSIVE MODE")  # a VACUUM of these would wait
        store.upkeep.compact(new_order())
        assert store.upkeep.compact().before_bytes < before + (4 << 20)


@pytest.fixture
def limited(postgres, shared):
    """Makes the URL of a user with limits of its own."""
    postgres.tell("DROP ROLE IF EXISTS limited")
    postgres.tell("CREATE ROLE limited LOGIN PASSWORD 'limited'")
    postgres.tell("ALTER SCHEMA one OWNER TO limited", shared)

    def make(limit: str) -> str:
        postgres.tell(f"ALTER ROLE limited {limit}")
        place = f"127.0.0.1:{postgres.port}/{shared}?options=-csearch_path%3Done"
        return f"postgresql://limited:limited@{place}"

    yield make
    postgres.tell("DROP OWNED BY limited CASCADE", shared)
    postgres.tell("DROP ROLE limited")


def test_a_server_without_a_connection_left_is_asked_once_or_twice(limited, monkeypatch):
    place, asked = limited("CONNECTION LIMIT 1"), []
    connect = ServerUrl.connect
    monkeypatch.setattr(ServerUrl, "connect", lambda url, **given: asked.append(1) or connect(url, **given))
    with psycopg.connect(place), pytest.raises(StorageError, match="no connection left") as raised:
        open_server(ServerUrl(place))
    assert not isinstance(raised.value, Locked) and len(asked) < 4


def test_only_who_looks_keeps_to_the_time_that_a_statement_may_take(limited):
    database = open_server(ServerUrl(limited("SET statement_timeout = '300ms'")))
    with database.write() as connection:
        connection.execute(text("SELECT pg_sleep(0.4)"))
    with (
        pytest.raises(StorageError, match=r"cancelled the statement .*statement_timeout") as raised,
        database.read() as connection,
    ):
        connection.execute(text("SELECT pg_sleep(60)"))
    assert not isinstance(raised.value, Locked)
    database.close()


def test_a_transaction_that_the_server_ended_is_a_lost_connection(limited):
    database = open_server(ServerUrl(limited("SET transaction_timeout = '100ms'")))
    with pytest.raises(StorageError, match="connection to the server was lost"), database.read() as connection:
        connection.execute(text("SELECT pg_sleep(60)"))
    database.close()
