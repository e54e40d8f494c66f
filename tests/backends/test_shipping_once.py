"""However often, by whomever and in whatever order: each run exists once, and the first bytes of an event stay."""

import os
import shutil
import subprocess
import sys
import threading

import flightlog
import pytest
from flightlog.backends.spool import shipping
from flightlog.core import events as e
from flightlog.core.errors import Conflict
from flightlog.core.ids import new_ulid
from flightlog.core.query.query import EVERYTHING
from spooling import record, spool

pytestmark = pytest.mark.usefixtures("patient_shipper")


def test_shipping_twice_and_from_two_sides_changes_nothing(tmp_path):
    runs = [record(tmp_path, finish=False) for _ in range(3)]
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "spool", copy)
    with flightlog.open(tmp_path) as one, flightlog.open(tmp_path) as two:
        threads = [threading.Thread(target=store.runs.totals) for store in (one, two) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        before = [(one.runs.get(run), one.runs.events(run)) for run in runs]
        for file in copy.iterdir():  # the same bytes again, as new files
            os.replace(file, tmp_path / "spool" / file.name)
        assert [(two.runs.get(run).events, two.runs.events(run)) for run in runs] == [
            (run.events, lines) for run, lines in before
        ]
        assert not one.runs.damage().items


@pytest.mark.parametrize("moment", ["before removing", "between the two files"])
def test_a_shipper_that_dies_before_the_spool_is_cleared_leaves_that_to_the_next(tmp_path, monkeypatch, moment):
    run = record(tmp_path)
    with flightlog.open(tmp_path) as store, monkeypatch.context() as patch:

        def dies(self, shipped):
            if moment == "between the two files":
                self._layout.states(shipped.run).unlink()
            raise KeyboardInterrupt

        patch.setattr(shipping.Shipping, "_remove", dies)
        with pytest.raises(KeyboardInterrupt):
            store.runs.totals()
    assert spool(tmp_path)
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run).events == 6 and not store.runs.damage().items
    assert spool(tmp_path) == []


def test_a_run_that_was_shipped_cannot_be_begun_again_by_a_process_that_never_opened_the_database(tmp_path):
    run = record(tmp_path)
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run).status == "completed"
    with flightlog.open(tmp_path) as store, pytest.raises(Conflict):
        store.run("w", id=run)
    assert spool(tmp_path) == []


def test_the_same_id_begun_by_many_at_once_exists_once(tmp_path):
    run = new_ulid()
    code = f"""
import flightlog
from flightlog.core.errors import Conflict
with flightlog.open({str(tmp_path)!r}) as store:
    try:
        with store.run("w", id={run!r}) as run:
            run.log("mine")
        print("begun")
    except Conflict:
        print("conflict")
"""
    others = [subprocess.Popen([sys.executable, "-c", code], stdout=-1, text=True) for _ in range(8)]
    said = sorted(other.communicate(timeout=100)[0].strip() for other in others)
    assert said == ["begun"] + ["conflict"] * 7
    with flightlog.open(tmp_path) as store:
        assert store.runs.get(run).logs == 1 and not store.runs.damage().items


def test_another_event_of_the_same_number_is_named_and_the_first_one_stays(tmp_path):
    run = record(tmp_path, finish=False)
    with flightlog.open(tmp_path) as store:
        before = store.runs.events(run)
        path = tmp_path / "spool" / f"{run}.jsonl"
        lines = path.read_bytes().splitlines(True)
        forged = e.encode(e.Logged(seq=3, t="2026-11-20T10:00:00.000000Z", level="INFO", message="forged"))
        (tmp_path / "beside").write_bytes(b"".join([*lines[:2], forged + b"\n", *lines[3:]]))
        (tmp_path / "beside").replace(path)
        assert store.runs.events(run) == before
        assert [damage.what for damage in store.runs.damage(run).items] == [
            "event 3 was recorded before in other bytes, which stay"
        ]


def test_an_event_that_comes_after_those_that_follow_it_is_kept_and_named(tmp_path):
    run = record(tmp_path, finish=False)
    path = tmp_path / "spool" / f"{run}.jsonl"
    whole = path.read_bytes()
    lines = whole.splitlines(True)
    path.write_bytes(b"".join([*lines[:1], *lines[2:]]))
    with flightlog.open(tmp_path) as store:
        assert [seq for seq, _ in store.runs.events(run)] == [1, *range(3, len(lines) + 1)]
        before = store.runs.get(run)
        (tmp_path / "beside").write_bytes(whole)
        (tmp_path / "beside").replace(path)
        assert b"".join(line + b"\n" for _, line in store.runs.events(run)) == whole
        said = f"event 2 came after event {len(lines)}: it is kept, but no number knows of it"
        assert said in [damage.what for damage in store.runs.damage(run).items]
        assert store.runs.get(run).logs == before.logs


def test_a_twin_that_came_and_went_between_look_and_lock_is_a_conflict(tmp_path, monkeypatch):
    run = new_ulid()
    with flightlog.open(tmp_path) as store, flightlog.open(tmp_path) as other:
        real = store.recording.real._shipped

        def twin_is_quicker(asked):
            found = real(asked)
            if not found and not other.runs.count(EVERYTHING):
                other.run("w", id=run).finish()
            assert other.runs.get(run).status == "completed"  # looks into the spool, where ours may lie by now
            return found

        monkeypatch.setattr(store.recording.real, "_shipped", twin_is_quicker)
        with pytest.raises(Conflict):
            store.run("w", id=run)
        assert other.runs.get(run).events == 2 and not other.runs.damage().items
    assert spool(tmp_path) == []
