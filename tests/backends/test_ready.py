"""A statement that was made ready finds what SQLAlchemy finds, and its errors are told as all others are."""

import pytest
from flightlog.backends.postgres.engine import open_server
from flightlog.backends.postgres.server_url import ServerUrl
from flightlog.backends.sql import tables
from flightlog.backends.sql.ready import Ready
from flightlog.backends.sql.writes import insert
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import StorageError
from sqlalchemy import bindparam, select, text

ODD = ["", "a%s", "%(of)s", ":of", "?", "東京", "\0", "\1", "'", "never"]
COLUMNS = tables.metrics.c

_asked = select(COLUMNS.run, COLUMNS.t, COLUMNS.value, COLUMNS.step).order_by(COLUMNS.id).limit(bindparam("limit"))
PLAIN = _asked.where(COLUMNS.name == bindparam("of", type_=COLUMNS.name.type))
FIXED = PLAIN.where(COLUMNS.value < 5.0, COLUMNS.run != "100%")
SPREAD = _asked.where(COLUMNS.name.in_(bindparam("names", expanding=True)))


@pytest.fixture(params=["sqlite", "postgres"])
def database(request):
    if request.param == "sqlite":
        found = open_database(None, truth=True)
    else:
        found = open_server(ServerUrl(request.getfixturevalue("new_postgres_url")()))
    row = {"t": "2026-11-20T10:00:00.000005Z", "seq": 1, "step": None}
    with found.write() as connection:
        rows = [row | {"run": odd, "name": odd, "value": float(at)} for at, odd in enumerate(ODD)]
        insert(connection, tables.metrics, rows)
    yield found
    found.close()


@pytest.mark.parametrize("statement", [PLAIN, FIXED, SPREAD], ids=["plain", "fixed", "spread"])
def test_it_finds_what_sqlalchemy_finds(database, statement):
    ready = Ready(statement)
    for odd in ODD:
        given = {"names": [odd, "東京"]} if statement is SPREAD else {"of": odd}
        given["limit"] = 3
        with database.read() as connection:
            known = [tuple(row) for row in connection.execute(statement, given)]
            assert ready(connection, given) == known
            assert known or statement is FIXED


def test_it_sees_what_its_transaction_wrote(database):
    ready = Ready(PLAIN)
    with database.write() as connection:
        connection.execute(tables.metrics.delete().where(COLUMNS.name == "?"))
        assert ready(connection, {"of": "?", "limit": 1}) == []


def test_its_errors_are_told_as_all_others(database):
    ready = Ready(PLAIN)

    def without_its_table() -> None:
        with database.write() as connection:
            connection.execute(text("DROP TABLE metrics"))  # until the end of this
            ready(connection, {"of": "?", "limit": 1})

    with pytest.raises(StorageError, match="table"):
        without_its_table()
    with database.read() as connection:
        assert len(ready(connection, {"of": "?", "limit": 1})) == 1
