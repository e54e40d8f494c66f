"""What hinders shipping hinders no agent: it is said, and made good as soon as it can be."""

import errno
import os
import time

import flightlog
import pytest
from flightlog.backends.spool import shipping
from flightlog.core.errors import Locked, StorageError
from spooling import locked, record, spool, wait_until

pytestmark = pytest.mark.usefixtures("patient_shipper")


def test_a_locked_database_hinders_no_agent_and_is_said(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("flightlog.backends.sqlite.engine.WAIT_S", 0.2)
    monkeypatch.setattr("flightlog.backends.ingest.refresh._RETRY_S", 0.5)
    with flightlog.open(tmp_path) as store:
        store.run("w").finish()
        assert store.runs.totals().runs == 1
        wait_until(lambda: not spool(tmp_path))
        watch = store.feed.watch(lambda: store.feed.changes(0))
        with locked(tmp_path):
            begun = time.monotonic()
            run = store.run("w")
            for n in range(100):
                run.log(f"{n}")
            assert time.monotonic() - begun < 10  # and not a fifth of a second for each
            wait_until(lambda: watch.problem, 30)
            assert "writing the database" in watch.problem
            assert store.runs.totals().runs == 1  # what is known can be read on
            assert "the store cannot be brought up to date" in caplog.text
        run.finish()
        wait_until(lambda: store.runs.totals().runs == 2, 30)
        assert store.runs.get(run.id).logs == 100
        wait_until(lambda: not watch.problem, 30)
        watch.close()


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError(errno.EROFS, os.strerror(errno.EROFS)), "in the spool: Read-only"), (KeyError("x"), "KeyError: 'x'")],
    ids=["the system", "a mistake of ours"],
)
def test_what_refuses_for_a_while_does_not_end_the_thread_that_ships(tmp_path, monkeypatch, caplog, error, said):
    remove, refused = shipping.Shipping._remove, []

    def refuses(self, shipped):
        if len(refused) < 2:
            refused.append(shipped)
            raise error
        remove(self, shipped)

    monkeypatch.setattr(shipping.Shipping, "_remove", refuses)
    with flightlog.open(tmp_path) as store:
        store.run("w").finish()
        wait_until(lambda: not spool(tmp_path))
    assert len(refused) == 2 and said in caplog.text and "Traceback" not in caplog.text


def test_the_first_question_to_a_locked_database_is_a_clear_error(tmp_path, monkeypatch):
    monkeypatch.setattr("flightlog.backends.sqlite.engine.WAIT_S", 0.2)
    with flightlog.open(tmp_path) as store:
        store.run("w").finish()
    record(tmp_path)
    with locked(tmp_path), flightlog.open(tmp_path) as store, pytest.raises(Locked, match="writing the database"):
        store.runs.totals()


def test_who_still_asks_when_the_store_is_closed_is_told_and_nothing_is_logged(tmp_path, caplog):
    store = flightlog.open(tmp_path)
    store.run("w").finish()
    assert store.runs.totals().runs == 1
    store.close()
    with pytest.raises(StorageError, match="the store was closed"):
        store.runs.totals()
    assert not caplog.records


def test_a_database_that_cannot_be_opened_hinders_no_agent(tmp_path, caplog):
    (tmp_path / "flightlog.db").write_bytes(b"this is no database, but somebody's letter" * 100)
    with flightlog.open(tmp_path) as store:
        with store.run("w") as run:
            run.log("kept")
        with pytest.raises(StorageError):
            store.runs.totals()
    assert run.id in "".join(spool(tmp_path)) and "wait in the spool" in caplog.text
    (tmp_path / "flightlog.db").unlink()
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run.id).logs == 1
