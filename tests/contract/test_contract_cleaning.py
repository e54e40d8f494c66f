"""Cleaning up from a program: what a store's own methods do, the same on every way of keeping a store."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import flightlog
import pytest
from flightlog import Block, Keep, Policy
from flightlog.core import cleaning
from flightlog.core.annotations import Pinned
from flightlog.core.choosing import survey
from flightlog.core.clock import now_s, pretending
from flightlog.core.ids import new_ulid
from flightlog.core.query.query import EVERYTHING
from flightlog.core.retention.applying import digest_of, standing
from flightlog.core.signing import who
from operating import KINDS, all_of, ids, record, trashed
from places import NewUrl, Place

DAY = 86_400
WEEKLY = Policy(blocks=(Block(match="status:failed", keep=Keep(within="30d"), then="trash"),), trash_for="7d")
WRITTEN = "retention:\n  - match: 'status:completed'\n    keep: {last: 1}\n    then: archive\n"


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, new_postgres_url: NewUrl) -> Iterator[Place]:
    """A place of each kind; of a server the archive lies where it is configured."""
    found = Place(request.param, tmp_path / "data", new_postgres_url)
    if request.param == "postgres":
        found.configure(tmp_path / "data", f"archive: {{path: {found.folder / 'archive'}}}")
    yield found
    found.close()


def later(days: float):
    """It is so many days later."""
    return pretending(lambda: time.time_ns() + int(days * DAY * 10**9))


def test_a_query_archives_the_live_runs_that_it_finds_and_a_query_restores_them(store):
    one, other, failed = record(store), record(store, name="other"), record(store, status="failed")
    before = all_of(store, one)
    found = store.archive("status:completed")
    assert set(found.done) == {one, other}
    assert (found.refused, found.failed) == ({}, {})
    assert found.before_bytes > 0
    assert found.after_bytes > 0
    assert {run.id for run in store.find("archived")} == {one, other}
    assert store.archive("status:completed") == flightlog.OperationResult()
    assert set(store.restore("status:completed").done) == {one, other}
    assert all_of(store, one) == before
    assert not list(store.find("archived"))
    assert failed in ids(store)


def test_what_is_known_to_take_more_in_the_archive_does_and_what_is_greater_does_not(store):
    for lines in (1, 12):
        with store.run("triage") as run:
            for number in range(lines):
                run.log(f"message number {number}")
        seen = survey("archive", [store.runs.get(run.id)], store.runs)
        found = store.archive(run.id)
        assert seen.swell is (found.after_bytes > found.before_bytes) is (lines == 1)


def test_runs_are_meant_by_id_as_they_were_found_or_several(store):
    runs = [record(store, name=f"n-{number}") for number in range(5)]
    assert store.trash(runs[0]).done == (runs[0],)
    assert store.trash(store.runs.get(runs[1])).done == (runs[1],)
    assert set(store.trash([runs[2], store.runs.get(runs[3])]).done) == {runs[2], runs[3]}
    assert store.trash(store.find("name:n-4")).done == (runs[4],)
    assert not ids(store)


def test_many_ids_are_asked_for_together(store, monkeypatch):
    runs = [record(store, name=f"n-{number}") for number in range(5)]
    monkeypatch.setattr(cleaning, "_AT_ONCE", 2)
    asked, some = [], store.runs.some
    monkeypatch.setattr(store.runs, "some", lambda ids: asked.append(len(ids)) or some(ids))
    monkeypatch.setattr(store.runs, "get", lambda run: pytest.fail("each is asked for by itself"))
    assert set(store.archive(iter(runs)).done) == set(runs)
    assert asked == [2, 2, 1]


def test_a_query_for_the_trash_means_live_runs_unless_it_says_archived(store):
    packed, live = record(store), record(store, name="live")
    store.archive(packed)
    assert store.trash("status:completed").done == (live,)
    assert store.trash("archived status:completed").done == (packed,)


def test_what_is_left_alone_is_named_with_the_reason_and_the_others_go_on(store, place):
    running, pinned, parent, gone = store.run("triage"), record(store), record(store), new_ulid()
    record(store, name="child", parent=parent)
    seen = store.runs.get(goes := record(store, name="goes"))
    became = store.runs.get(record(store, name="became"))
    store.runs.annotate(Pinned(run=pinned))
    place.open().archive(became.id)
    found = store.trash([running.id, pinned, parent, gone, seen, became, "no id"])
    assert found.done == (goes,)
    child = next(run.id for run in store.find("name:child"))
    assert found.refused == {
        running.id: "it is running",
        pinned: "it is pinned",
        parent: f"it is the parent of run {child}, which is there",
        gone: "it is not there",
        became.id: "it was archived since",
        "no id": "it is not there",
    }
    running.finish()


def test_a_mistake_in_what_is_meant_is_told_before_anything_is_done(store):
    run = record(store)
    for doing in (store.archive, store.restore, store.trash):
        with pytest.raises(ValueError, match="every run"):
            doing("")
        with pytest.raises(ValueError, match="status"):
            doing("status:faild")
    assert ids(store) == {run}
    assert not store.upkeep.operations().items


def test_each_is_signed_and_tells_the_command_line_that_does_the_same(store):
    run = record(store)
    store.archive("status:completed name:n")
    store.restore(run, by="ana")
    restored, archived = store.upkeep.operations().items
    assert (archived.by, archived.why) == (who(), "flightlog archive --where 'status:completed name:n' --yes")
    assert (restored.by, restored.why) == ("ana", f"flightlog restore {run}")


def test_undo_takes_back_what_a_method_returned_an_operation_or_the_newest(store):
    run = record(store)
    before = all_of(store, run)
    gone = store.trash(run)
    assert store.undo(gone).done == (run,)
    store.trash(run)
    assert store.undo().done == (run,)
    (operation,) = store.archive(run).operations
    assert store.undo(operation[-8:]).done == (run,)
    assert all_of(store, run) == before
    archived = store.archive(run)
    store.trash(record(store, name="gone"))
    store.purge()
    assert store.undo().done == archived.done  # of what was purged nothing can be taken back
    with pytest.raises(flightlog.Conflict, match="taken back already"):
        store.undo(gone)
    with pytest.raises(flightlog.NotFound, match="nothing to be taken back"):
        store.undo()
    with pytest.raises(flightlog.NotFound):
        store.undo("zzz")
    with pytest.raises(flightlog.NotFound, match="nothing was done"):
        store.undo(store.trash("status:failed"))


def test_purge_empties_the_trash_or_what_lies_there_for_long_or_some_runs(store):
    old, chosen, young = (record(store, name=name) for name in ("old", "chosen", "young"))
    store.trash(old)
    with later(2):
        store.trash([chosen, young])
        assert store.purge(older="1d").done == (old,)
        assert store.purge(older="1d").done == ()
        assert store.purge([chosen]).done == (chosen,)
        assert trashed(store) == [young]
        gone = store.purge()
        assert (gone.done, gone.operations) == ((young,), ())
    assert not trashed(store)
    with pytest.raises(ValueError, match="length of time"):
        store.purge(older="soon")


def test_a_plan_says_what_it_takes_and_applied_does_that_and_nothing_else(store):
    failed = [record(store, name=f"n-{number}", status="failed") for number in range(3)]
    completed = record(store)
    with later(40):
        plan = store.plan(WEEKLY)
        assert {one.run.id for one in plan.taken} == set(failed)
        assert {str(one) for one in plan.taken} == {"trash: failed, older than 30d"}
        assert ids(store) == {*failed, completed}
        store.runs.annotate(Pinned(run=failed[0]))
        record(store, name="since", status="failed")
        found = store.apply(plan)
        assert set(found.done) == set(failed[1:])
        assert found.refused == {failed[0]: "it is pinned"}
        (operation,) = store.upkeep.operations(limit=1).items
        assert {one.rule for one in operation.runs if one.outcome == "done"} == {"retention[0]"}
        assert set(store.undo(found).done) == set(failed[1:])


def test_a_plan_names_what_leaves_the_trash_and_only_that_leaves_it(store):
    old, young = record(store, name="old"), record(store, name="young")
    record(store, name="stays")
    store.trash(old)
    with later(8):
        record(store, name="new")
        plan = store.plan(WEEKLY)
        assert [one.run for one in plan.gone] == [old]
        store.trash(young)
        assert store.apply(plan).done == (old,)
        assert trashed(store) == [young]
    with later(100):  # a clock that jumped ahead: nothing was recorded for a month
        assert not store.plan(WEEKLY).gone


def test_the_policy_that_is_written_may_act_by_itself_once_a_program_applied_it_and_another_changes_nothing(store):
    if store.policy_file is None:
        with pytest.raises(flightlog.ConfigError, match="no retention policy"):
            store.plan()
        return
    with pytest.raises(flightlog.ConfigError, match="no retention policy"):
        store.plan()
    older, newer = record(store), record(store, name="newer")
    store.policy_file.write(WRITTEN, store.policy_file.read())
    plan = store.plan()
    assert [one.run.id for one in plan.taken] == [older]
    assert plan.decisions == store.plan(WRITTEN).decisions
    assert standing(store.upkeep, plan.policy) == "new"
    assert store.apply(plan).done == (older,)
    assert standing(store.upkeep, plan.policy) == "applied"
    store.apply(store.plan(WEEKLY))
    assert store.upkeep.applied_policy() == digest_of(plan.policy)
    assert newer in ids(store)


def test_a_policy_with_a_mistake_plans_nothing(store):
    record(store)
    for call, given in ((store.apply, WEEKLY), (store.plan, {"retention": []})):
        with pytest.raises(ValueError, match="is none"):
            call(given)
    for policy, says in (
        (Policy(), "empty policy"),
        (Policy(blocks=(Block(match="workflow:traige", then="trash"),)), "did you mean 'triage'"),
    ):
        with pytest.raises(flightlog.ConfigError, match=says):
            store.plan(policy)
    if store.policy_file is not None:
        with pytest.raises(flightlog.ConfigError, match="then"):
            store.plan("retention: [{match: 'status:failed', then: burn}]")


def test_one_session_may_plan_and_change_nothing(store):
    run = store.run("triage", session="ana")
    run.finish()
    scoped = store.scoped(session="ana")
    assert [one.run.id for one in scoped.plan(WEEKLY).decisions] == [run.id]
    for doing in (scoped.archive, scoped.trash):
        with pytest.raises(flightlog.NotSupported, match="whole store"):
            doing(run.id)
    with pytest.raises(flightlog.NotSupported):
        scoped.purge()
    with pytest.raises(flightlog.NotSupported):
        scoped.undo()


def test_a_store_that_was_opened_read_only_plans_and_changes_nothing(store, place):
    if place.kind == "memory":
        return
    run = record(store, status="failed")
    record(store, status="failed")
    reader = place.open(read_only=True)
    with later(40):
        plan = reader.plan(WEEKLY)
        for change in (partial(reader.archive, run), partial(reader.trash, [run]), partial(reader.apply, plan)):
            with pytest.raises(flightlog.ReadOnly):
                change()
        with pytest.raises(flightlog.ReadOnly):
            reader.purge()
    assert run in ids(store)
    assert store.runs.count(EVERYTHING) == 2
    assert now_s() < time.time() + 60
