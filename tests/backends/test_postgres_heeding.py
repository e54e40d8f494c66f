"""A long statement of a server's is broken off by who has it done; what it changed is undone, and it goes on later."""

import threading

import flightlog
import psycopg
import pytest
from flightlog.backends.postgres.engine import open_server
from flightlog.backends.postgres.heeding import heeding
from flightlog.backends.postgres.server_url import ServerUrl
from flightlog.backends.sql import schema
from flightlog.core.errors import Stopped
from flightlog.core.operations import new_order
from flightlog.core.progress import Progress, telling

ENDLESS = "SELECT pg_sleep(3600)"


def test_a_statement_without_end_is_stopped_and_the_next_one_is_not(new_postgres_url):
    progress = Progress()
    with psycopg.connect(new_postgres_url(), autocommit=True) as connection:
        asking = threading.Timer(0.1, progress.stop)
        asking.start()
        with pytest.raises(Stopped), telling(progress), heeding(connection):
            connection.execute(ENDLESS)
        asking.join()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_vacuum_that_waits_for_others_is_left_and_is_done_later(new_postgres_url):
    url, stopped = new_postgres_url(), Progress()
    stopped.stop()
    with flightlog.open(url) as store:
        with store.run("w") as run:
            run.log("hello")
        assert store.runs.totals().runs == 1
        with psycopg.connect(url) as other:
            other.execute("LOCK TABLE runs IN SHARE UPDATE EXCLUSIVE MODE")  # as another VACUUM; in the end: Locked
            with pytest.raises(Stopped), telling(stopped):
                store.upkeep.compact(new_order())
        assert [one for one in store.upkeep.check() if one.kind == "unfinished-operation"] == []
        store.upkeep.compact(new_order())
        assert store.runs.get(run.id).status == "completed"


def test_an_upgrade_is_told_and_stopped_with_the_database_as_it_was(new_postgres_url, monkeypatch):
    url, progress, said = new_postgres_url(), Progress(), []
    with flightlog.open(url) as store, store.run("w"):
        pass

    def upgrade(connection):
        said.append(progress.look().what)
        progress.stop()
        connection.exec_driver_sql("DELETE FROM events")
        connection.exec_driver_sql(ENDLESS)

    with psycopg.connect(url) as server:
        ((head,),) = server.execute("UPDATE alembic_version SET version_num = '0001' RETURNING old.version_num")
        events = server.execute("SELECT * FROM events").fetchall()
    monkeypatch.setattr(schema, "upgrade", upgrade)
    with pytest.raises(Stopped), telling(progress):
        open_server(ServerUrl(url))
    assert said == ["upgrading the database"]
    assert progress.look() is None
    with psycopg.connect(url) as server:
        assert server.execute("SELECT * FROM events").fetchall() == events != []
        server.execute("UPDATE alembic_version SET version_num = %s", [head])
