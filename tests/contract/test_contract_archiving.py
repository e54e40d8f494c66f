"""Archiving runs, and bringing them back: the same on every way of keeping a store."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flightlog.backends.open import truth_of
from flightlog.core.annotations import Pinned
from flightlog.core.clock import now, now_s, pretending
from flightlog.core.errors import NotFound
from flightlog.core.ids import day_of, new_ulid
from flightlog.core.operations import Chosen, Done, new_order
from flightlog.core.query.query import parse
from flightlog.core.retention import catalogue
from flightlog.core.retention.plan import plan
from flightlog.core.retention.policy import Block, Policy
from flightlog.core.store import Store
from operating import KINDS, all_of, chosen, ids, record, trash, why
from places import NewUrl, Place


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, new_postgres_url: NewUrl) -> Iterator[Place]:
    """A place of each kind; of a server the archive lies where it is configured."""
    found = Place(request.param, tmp_path / "data", new_postgres_url)
    if request.param == "postgres":
        found.configure(tmp_path / "data", f"archive: {{path: {found.folder / 'archive'}}}")
    if request.param == "memory":
        found.folder = truth_of(found.open()).layout.root
    yield found
    found.close()


def archive(store: Store, *runs: str) -> tuple[str, list[Done]]:
    order = new_order(by="ana")
    found = list(store.upkeep.archive(order, chosen(*runs)))
    assert [one.outcome for one in found] == ["done"] * len(runs), found
    return order.id, found


def test_an_archived_run_is_one_file_and_stays_readable(store, place):
    run, live = record(store), record(store, name="live")
    before = all_of(store, run)
    _, (packed,) = archive(store, run)
    assert packed.where == f"archive/{day_of(run)[:7]}/{run}.flz"
    path = place.folder / packed.where
    assert path.stat().st_size == packed.after_bytes
    assert packed.before_bytes > 0
    assert len(packed.digest) == 64
    for reader in (store, place.open()):
        now_is = all_of(reader, run)
        assert now_is[1:] == before[1:]
        assert reader.runs.get(run).archived
        assert {one.id for one in reader.runs.query(parse("archived")).items} == {run}
        assert ids(reader) == {run, live}
    assert store.upkeep.verify_archive(run) is None


def test_restore_gives_the_same_bytes_at_the_same_place(store, place):
    run = record(store)
    before, files = all_of(store, run), contents(place, run)
    archive(store, run)
    assert contents(place, run) != files or not files
    (back,) = store.upkeep.restore(new_order(), [run])
    assert (back.run, back.outcome) == (run, "done")
    assert all_of(store, run) == before
    assert not store.runs.get(run).archived
    assert contents(place, run) == files
    assert not list((place.folder / "archive").rglob("*.flz"))
    assert why(list(store.upkeep.restore(new_order(), [run]))) == "it is not archived"


def contents(place: Place, run: str) -> dict[str, bytes]:
    """The run's own files, where it has any, by their path."""
    found = [path for path in place.folder.rglob(f"{run}*") if path.suffix != ".flz" and path.is_file()]
    return {str(path.relative_to(place.folder)): path.read_bytes() for path in found}


def test_only_finished_runs_are_archived_and_no_pinned_ones(store):
    running, pinned, archived = store.run("triage"), record(store), record(store)
    store.runs.annotate(Pinned(run=pinned))
    archive(store, archived)
    found = {one.run: one.why for one in store.upkeep.archive(new_order(), chosen(running.id, pinned, archived))}
    assert found[pinned] == "it is pinned"
    assert found[archived] == "it is archived already"
    assert found[running.id]
    running.finish()


def test_the_parent_of_a_live_run_may_be_archived(store):
    parent = record(store)
    record(store, name="child", parent=parent)
    archive(store, parent)
    assert store.runs.get(parent).archived


def test_undo_restores_what_was_archived_and_archives_what_was_restored(store):
    run = record(store)
    packed, _ = archive(store, run)
    assert [one.outcome for one in store.upkeep.undo(new_order(), packed)] == ["done"]
    assert not store.runs.get(run).archived
    archive(store, run)
    order = new_order()
    list(store.upkeep.restore(order, [run]))
    assert [one.outcome for one in store.upkeep.undo(new_order(), order.id)] == ["done"]
    assert store.runs.get(run).archived


def test_an_archived_run_can_be_trashed_and_comes_back_archived(store):
    run = record(store)
    archive(store, run)
    before = all_of(store, run)
    operation = trash(store, run)
    assert not ids(store)
    (told,) = store.upkeep.trashed().items
    assert told.archived
    list(store.upkeep.undo(new_order(), operation))
    assert all_of(store, run) == before
    trash(store, run)
    assert [one.outcome for one in store.upkeep.purge(new_order())] == ["done"]
    assert not ids(store)


def test_a_damaged_archive_is_found_and_not_restored(store, place):
    run, sound = record(store), record(store)
    _, (packed, _) = archive(store, run, sound)
    path = place.folder / packed.where
    text = bytearray(path.read_bytes())
    text[len(text) // 2] ^= 1
    path.write_bytes(text)
    found = store.upkeep.verify_archive(run)
    assert found is not None
    assert found.severity == "error"
    assert found.run == run
    assert store.upkeep.verify_archive(sound) is None
    before = contents(place, run)
    (back,) = store.upkeep.restore(new_order(), [run])
    assert back.outcome in ("failed", "skipped")
    assert back.why
    assert contents(place, run) == before
    assert path.read_bytes() == bytes(text)
    with pytest.raises(NotFound):
        store.upkeep.verify_archive(new_ulid())


def test_what_a_person_restored_no_policy_archives_again_in_its_time_of_grace(store, place):
    policy = Policy(blocks=(Block(match="status:completed", then="archive"),), minimum=0)
    runs = [record(store, name=str(number)) for number in range(3)]

    def reasons() -> dict[str, str]:
        found = plan(catalogue.read(place.open(), policy), policy, datetime.fromtimestamp(now_s(), UTC))
        return {one.run.id: str(one) for one in found.decisions}

    list(store.upkeep.archive(new_order(), [Chosen(run=run, rule="retention[0]") for run in runs]))
    assert {*reasons().values()} == {"keep: no block fits"}
    list(store.upkeep.restore(new_order(by="ana"), runs[:2]))
    told = f"keep: restored by hand on {now()[:10]}, kept for 7d"
    assert [reasons()[run] for run in runs] == [told, told, "keep: no block fits"]
    assert store.upkeep.applied_policy() == ""  # only what a policy did, and was taken back, makes that wait
    list(store.upkeep.archive(new_order(by="ana"), chosen(runs[1])))
    assert [reasons()[run] for run in runs] == [told, "keep: no block fits", "keep: no block fits"]
    later = int((now_s() + 8 * 86_400) * 1e9)
    with pretending(lambda: later):
        assert reasons()[runs[0]].startswith("archive: completed")
