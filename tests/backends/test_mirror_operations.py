"""What is deleted in a store is deleted in its mirror too, comes back there, and goes for good there."""

import shutil
import time
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.journal.layout import Layout
from flightlog.backends.mirror import mirrored_upkeep
from flightlog.backends.mirror.second_copy import SecondCopy
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING

pytestmark = pytest.mark.usefixtures("patient_mirror")

PLANTED = "a-secret-that-is-not-to-be-found"


@pytest.fixture
def data(tmp_path) -> Path:
    """A data directory of files with a mirror beside it."""
    folder = tmp_path / "data"
    folder.mkdir()
    mirror = tmp_path / "mirror"
    (folder / "flightlog.yaml").write_text(f"storage: {{logs: {{type: file}}, mirror: {{type: file, path: {mirror}}}}}")
    return folder


def record(data: Path, runs: int = 1) -> list[str]:
    """Ids of new runs, when they are in the mirror."""
    with flightlog.open(data) as store:
        found = []
        for _ in range(runs):
            with store.run("triage", name=PLANTED) as run:
                run.log(PLANTED)
                run.checkpoint({"secret": PLANTED})
            found.append(run.id)
    return found


def shown(data: Path) -> set[str]:
    """What the mirror shows, opened by itself."""
    with flightlog.open(data.with_name("mirror"), read_only=True) as store:
        return {run.id for run in store.runs.query(EVERYTHING).items}


def done(found) -> list[str]:
    return [one.outcome for one in found]


def until_alone_is_gone(store) -> None:
    """Waits until the mirror has all that the store has."""
    end = time.monotonic() + 30
    while any(finding.kind.startswith("mirror") for finding in store.upkeep.check()):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_run_goes_from_both_and_comes_back_to_both(data):
    first, second = record(data, 2)
    with flightlog.open(data) as store:
        order = new_order()
        assert done(store.upkeep.trash(order, [Chosen(run=first)])) == ["done"]
        assert shown(data) == {second}
        assert not [one for one in store.upkeep.check() if one.kind.startswith("mirror")]
        assert done(store.upkeep.undo(new_order(), order.id)) == ["done"]
        assert shown(data) == {first, second}
        until_alone_is_gone(store)


def test_what_goes_before_it_was_synced_hinders_no_mirror(data, caplog):
    layout = Layout(data.with_name("mirror"))
    with flightlog.open(data) as store:
        for _ in range(2):  # how far the mirror is, is noted after the first, and then not for some seconds
            with store.run("triage") as run:
                run.checkpoint({"a": 1})
            while not layout.journal(run.id).exists() or b"run.finished" not in layout.journal(run.id).read_bytes():
                time.sleep(0.01)
        time.sleep(0.2)
        assert done(store.upkeep.trash(new_order(), [Chosen(run=run.id)])) == ["done"]
        assert not layout.journal(run.id).exists()
    assert not [record for record in caplog.records if record.name.startswith("flightlog")]
    assert run.id not in shown(data)


def test_what_is_purged_is_found_in_no_file_of_the_mirror(data):
    (run,) = record(data)
    with flightlog.open(data.with_name("mirror")) as mirror:
        assert mirror.runs.totals().runs == 1  # somebody looked at it, and so it has an index
    with flightlog.open(data) as store:
        assert done(store.upkeep.trash(new_order(), [Chosen(run=run)])) == ["done"]
        assert done(store.upkeep.purge(new_order())) == ["done"]
    files = [path for path in data.parent.rglob("*") if path.is_file()]
    assert any("mirror" in path.parts for path in files)
    assert not [path for path in files if PLANTED.encode() in path.read_bytes()]


def test_a_run_that_is_stopped_at_goes_from_neither(data):
    first, second = sorted(record(data, 2))
    with flightlog.open(data) as store:
        going = store.upkeep.trash(new_order(), [Chosen(run=first), Chosen(run=second)])
        gone = next(going).run
        going.close()
        assert shown(data) == {first, second} - {gone}


def test_a_mirror_that_cannot_follow_hinders_nobody_and_is_put_right_later(data, caplog):
    run, other = record(data, 2)
    mirror = data.with_name("mirror")
    (mirror / "trash").symlink_to(data)
    with flightlog.open(data) as store:
        assert done(store.upkeep.trash(new_order(), [Chosen(run=run)])) == ["done"]
        assert "the mirror does not follow" in caplog.text
        found = [one for one in store.upkeep.check() if one.kind == "mirror-alone"]
        assert found
        assert found[0].repair
        (mirror / "trash").unlink()
        assert store.upkeep.repair(found[0]) == "1 lie in the mirror's trash"
        assert shown(data) == {other}
        assert not [one for one in store.upkeep.check() if one.kind.startswith("mirror")]


def test_what_was_purged_while_the_mirror_was_away_is_purged_there_when_it_is_back(data):
    (run,) = record(data)
    mirror = data.with_name("mirror")
    shutil.move(mirror, data.with_name("away"))
    with flightlog.open(data) as store:
        assert done(store.upkeep.trash(new_order(), [Chosen(run=run)])) == ["done"]
        assert done(store.upkeep.purge(new_order())) == ["done"]
    shutil.rmtree(mirror, ignore_errors=True)
    shutil.move(data.with_name("away"), mirror)
    with flightlog.open(data) as store:
        found = [one for one in store.upkeep.check() if one.kind == "mirror-alone"]
        assert store.upkeep.repair(found[0]) == "1 lie in the mirror's trash, 1 are gone for good"
    assert not [path for path in mirror.rglob("*") if path.is_file() and PLANTED.encode() in path.read_bytes()]


def test_a_mirror_follows_so_many_runs_at_a_time_and_who_stops_waits_for_no_more(data, monkeypatch):
    runs, followed, trash = record(data, 7), [], SecondCopy.trash

    def seen(copy, order, some):
        followed.append(len(some))
        return trash(copy, order, some)

    monkeypatch.setattr(mirrored_upkeep, "_AT_ONCE", 2)
    monkeypatch.setattr(SecondCopy, "trash", seen)
    with flightlog.open(data) as store:
        going = store.upkeep.trash(new_order(), [Chosen(run=run) for run in runs])
        gone = {next(going).run for _ in range(5)}
        assert followed == [2, 2]
        going.close()
        assert followed == [2, 2, 1] and shown(data) == set(runs) - gone
        assert not [one for one in store.upkeep.check() if one.kind.startswith("mirror")]
