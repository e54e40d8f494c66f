"""The lock of all operations on a server: it is free as soon as its holder is through, however that came."""

import psycopg
import pytest
from flightlog.backends.postgres.operations_lock import OperationsLock
from flightlog.backends.postgres.server_url import ServerUrl
from flightlog.core.errors import Locked


@pytest.fixture
def lock(new_postgres_url) -> OperationsLock:
    return OperationsLock(ServerUrl(new_postgres_url()))


def test_one_has_it_at_a_time(lock):
    with lock.held(), pytest.raises(Locked), lock.held():
        pass
    with lock.held():
        pass


def test_who_breaks_off_gives_it_back_before_the_server_has_seen_that_the_connection_is_closed(lock, monkeypatch):
    late = []
    monkeypatch.setattr(psycopg.Connection, "close", lambda connection: late.append(connection))
    try:
        with pytest.raises(KeyError), lock.held():
            raise KeyError
        with lock.held():
            pass
    finally:
        monkeypatch.undo()
        for connection in late:
            connection.close()
