"""What is done with runs that have ended: the same on every way of keeping a store."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flightlog.core.annotations import Noted, Pinned
from flightlog.core.clock import now
from flightlog.core.errors import Conflict, Locked, NotFound, NotSupported, ReadOnly, StorageError
from flightlog.core.ids import new_ulid
from flightlog.core.operations import TAKEN_BACK, Chosen, Operation, new_order
from flightlog.core.pages import each
from flightlog.core.query.query import EVERYTHING
from flightlog.core.runs import Run
from operating import KINDS, all_of, chosen, ids, record, trash, trashed, why
from places import NewUrl, Place


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path, new_postgres_url: NewUrl) -> Iterator[Place]:
    """A place of each kind."""
    found = Place(request.param, tmp_path / "data", new_postgres_url)
    yield found
    found.close()


# --- trash -------------------------------------------------------------------------------------------


def test_trash_moves_finished_and_lost_runs_out_of_sight_whole(store, place):
    one, other = record(store, name="one"), record(store, name="other", status="failed")
    stays = record(store, name="stays")
    before = {run: all_of(store, run) for run in (one, other)}
    operation = trash(store, one, other)
    assert ids(store) == {stays}
    assert store.runs.count(EVERYTHING) == 1
    with pytest.raises(NotFound):
        store.runs.get(one)
    assert set(trashed(store)) == {one, other}
    assert ids(place.open()) == {stays}
    list(store.upkeep.undo(new_order(), operation))
    assert {run: all_of(store, run) for run in (one, other)} == before
    assert not trashed(store)


def test_trash_is_done_one_run_at_a_time_and_nothing_before_the_first_is_asked_for(store):
    runs = [record(store, name=str(number)) for number in range(3)]
    order = new_order()
    working = store.upkeep.trash(order, chosen(*runs))
    assert ids(store) == set(runs)
    first = next(working)
    assert first.outcome == "done"
    assert ids(store) == set(runs) - {first.run}
    working.close()
    assert len(ids(store)) == 2
    found = list(store.upkeep.trash(order, chosen(*runs)))
    assert {one.run for one in found if one.outcome == "done"} == set(runs)
    assert not ids(store)
    assert sorted(trashed(store)) == sorted(runs)
    assert store.upkeep.operation(order.id).done == 3


def test_the_parent_of_a_run_that_is_there_is_skipped_and_a_child_goes_before_its_parent(store):
    parent = record(store, name="parent")
    child = record(store, name="child", parent=parent)
    assert child in why(list(store.upkeep.trash(new_order(), chosen(parent))))
    order = new_order()
    found = list(store.upkeep.trash(order, chosen(parent, child)))
    assert [(one.run, one.outcome) for one in found] == [(child, "done"), (parent, "done")]
    back = list(store.upkeep.undo(new_order(), order.id))
    assert [(one.run, one.outcome) for one in back] == [(parent, "done"), (child, "done")]


def test_of_an_order_that_is_gone_on_with_parents_come_back_before_their_children_too(store):
    parent = record(store, name="parent")
    child = record(store, name="child", parent=parent)
    order = new_order()
    assert child in why(list(store.upkeep.trash(order, chosen(parent))))
    assert {one.outcome for one in store.upkeep.trash(order, chosen(parent, child))} == {"done"}
    assert [one.run for one in store.upkeep.operation(order.id).runs] == [child, parent]
    assert [one.run for one in store.upkeep.undo(new_order(), order.id)] == [parent, child]


def test_what_goes_on_or_is_pinned_or_is_not_there_is_skipped(store):
    running, paused, pinned = store.run("triage"), store.run("triage"), record(store)
    paused.pause("later")
    store.runs.annotate(Pinned(run=pinned))
    missing = new_ulid()
    found = {one.run: one for one in store.upkeep.trash(new_order(), chosen(running.id, paused.id, pinned, missing))}
    assert {one.outcome for one in found.values()} == {"skipped"}
    assert found[paused.id].why == "it is paused"
    assert found[pinned].why == "it is pinned"
    assert found[missing].why == "it is not there"
    assert ids(store) == {running.id, paused.id, pinned}
    running.finish()


def test_a_run_that_is_another_than_was_seen_is_skipped(store):
    run = record(store)
    seen: Run = store.runs.get(run)
    others = (
        Chosen(run=run, last_seq=seen.last_seq - 1),
        Chosen(run=run, status="failed"),
        Chosen(run=run, archived=True),
    )
    reasons = [why(list(store.upkeep.trash(new_order(), [one]))) for one in others]
    assert reasons == ["it became active since it was looked at", "it is completed by now", "it was restored since"]
    same = Chosen(run=run, status="completed", last_seq=seen.last_seq, archived=False)
    assert [one.outcome for one in store.upkeep.trash(new_order(), [same])] == ["done"]


def test_a_run_that_was_pinned_while_others_were_done_is_skipped(store, place):
    runs = [record(store, name=str(number)) for number in range(2)]
    working = store.upkeep.trash(new_order(), chosen(*runs))
    first = next(working)
    (left,) = set(runs) - {first.run}
    place.open().runs.annotate(Pinned(run=left))
    assert why(list(working)) == "it is pinned"


# --- undo --------------------------------------------------------------------------------------------


def test_undo_brings_back_what_was_trashed_once(store):
    run = record(store)
    operation = trash(store, run)
    order = new_order(by="ben")
    (back,) = store.upkeep.undo(order, operation)
    assert (back.run, back.outcome) == (run, "done")
    assert ids(store) == {run}
    assert store.upkeep.operation(operation).undone
    assert not store.upkeep.operation(operation).reversible
    assert store.upkeep.operation(order.id).of == operation
    assert [one.outcome for one in store.upkeep.undo(order, operation)] == ["done"]  # the same again
    with pytest.raises(Conflict, match="taken back already"):
        list(store.upkeep.undo(new_order(), operation))


def test_undo_not_found_and_conflict_if_there_is_nothing_to_be_taken_back(store):
    with pytest.raises(NotFound):
        list(store.upkeep.undo(new_order(), new_ulid()))
    order = new_order()
    list(store.upkeep.trash(order, chosen(new_ulid())))
    with pytest.raises(Conflict, match="nothing"):
        list(store.upkeep.undo(new_order(), order.id))
    run, purge = record(store), new_order()
    trash(store, run)
    list(store.upkeep.purge(purge))
    with pytest.raises(Conflict, match="purge"):
        list(store.upkeep.undo(new_order(), purge.id))


def test_undo_skips_what_is_not_in_the_trash_any_more(store):
    one, other = record(store, name="one"), record(store, name="other")
    operation = trash(store, one, other)
    list(store.upkeep.purge(new_order(), runs=[one]))
    found = {done.run: done for done in store.upkeep.undo(new_order(), operation)}
    assert found[one].why == "it is not in the trash any more"
    assert found[other].outcome == "done"
    assert ids(store) == {other}


# --- purge -------------------------------------------------------------------------------------------


def test_purge_removes_all_that_lies_in_the_trash_or_what_was_put_there_before_a_time(store):
    old, new, live = (record(store, name=name) for name in ("old", "new", "live"))
    trash(store, old)
    between = now()
    trash(store, new)
    assert [(one.run, one.outcome) for one in store.upkeep.purge(new_order(), before=between)] == [(old, "done")]
    assert trashed(store) == [new]
    (gone,) = store.upkeep.purge(new_order())
    assert (gone.run, gone.after_bytes, gone.where) == (new, 0, "")
    assert gone.before_bytes > 0
    assert len(gone.digest) == 64
    assert not trashed(store)
    assert ids(store) == {live}
    assert not list(store.upkeep.purge(new_order()))


def test_purge_may_be_limited_to_some_runs(store):
    one, other = record(store, name="one"), record(store, name="other")
    trash(store, one, other)
    assert [done.run for done in store.upkeep.purge(new_order(), runs=[other])] == [other]
    assert trashed(store) == [one]


def test_a_purged_run_is_found_in_no_file(place):
    store = place.open()
    with store.run("triage", name="PLANTED name", objective="PLANTED") as run:
        with run.step("PLANTED step", input={"PLANTED": 1}) as step:
            step.log("PLANTED words", PLANTED=2)
        run.checkpoint({"PLANTED": "x" * 5000})
    store.runs.annotate(Noted(run=run.id, text="PLANTED note"))
    list(store.logs.search("PLANTED", EVERYTHING))  # so that its words are kept
    stays = record(store, name="stays")
    trash(store, run.id)
    list(store.upkeep.purge(new_order()))
    assert store.runs.get(stays).notes == 1
    files = [path for path in place.folder.rglob("*") if path.is_file()]
    assert not [str(path) for path in files if b"PLANTED" in path.read_bytes() or b"planted" in path.read_bytes()]
    if place.kind != "memory":
        store.close()
    again = place.open()
    assert ids(again) == {stays}
    assert [note.text for note in again.runs.notes(stays).items] == ["a note on stays"]


def test_compact_gives_free_pages_back_and_only_looks_without_an_order(store):
    runs = [record(store, name=f"{number} " + "x" * 5000) for number in range(6)]
    stays = record(store, name="stays")
    store.runs.totals()
    trash(store, *runs)
    store.runs.totals()
    store.upkeep.compact(new_order())  # the first one makes the maps that a server keeps of its pages
    looked = store.upkeep.compact()
    assert looked.after_bytes <= looked.before_bytes
    assert [one.kind for one in store.upkeep.operations().items].count("compact") == 1
    order = new_order(by="ana")
    found = store.upkeep.compact(order)
    assert found.after_bytes <= found.before_bytes
    assert ids(store) == {stays}
    assert sorted(trashed(store)) == sorted(runs)
    told = store.upkeep.operation(order.id)
    assert (told.kind, told.by, told.unfinished) == ("compact", "ana", False)


# --- what is known -----------------------------------------------------------------------------------


def test_trashed_lists_what_lies_in_the_trash_newest_first(store):
    runs = [record(store, name=f"run {number}") for number in range(3)]
    seen = store.runs.get(runs[0])
    operations = [trash(store, run, rule="retention[0]") for run in runs]
    assert trashed(store) == runs[::-1]
    found = store.upkeep.trashed(limit=3).items[-1]
    assert (found.run, found.name, found.workflow, found.status) == (runs[0], "run 0", "triage", "completed")
    assert (found.started, found.finished) == (seen.started, seen.finished)
    assert (found.operation, found.by, found.rule) == (operations[0], "ana", "retention[0]")
    assert found.size_bytes > 0
    assert not found.archived
    assert store.upkeep.trashed(limit=3).next is None


def test_operations_are_recorded_newest_first_page_by_page(store):
    made = []
    for number in range(4):
        run = record(store, name=str(number))
        made.append(trash(store, run))
    list(store.upkeep.undo(new_order(), made[3]))
    found: list[Operation] = list(each(lambda after: store.upkeep.operations(limit=2, after=after)))
    assert [one.id for one in found[1:]] == made[::-1]
    assert found[0].kind == "undo"
    assert found[0].of == made[3]
    assert {one.id: one.undone for one in found[1:]} == {id: id == made[3] for id in made}
    last = found[-1]
    assert (last.kind, last.by, last.why, last.done, last.skipped, last.failed) == (
        *("trash", "ana", "flightlog rm"),
        *(1, 0, 0),
    )
    assert not last.unfinished
    assert last.before_bytes == last.runs[0].before_bytes > 0
    assert len(last.runs[0].digest) == 64


def test_an_operation_is_told_with_all_its_runs(store):
    runs = [record(store, name=str(number)) for number in range(21)]
    order = new_order()
    found = list(store.upkeep.trash(order, chosen(*runs, new_ulid())))
    told = store.upkeep.operation(order.id)
    assert list(told.runs) == found
    assert (told.done, told.skipped) == (21, 1)
    with pytest.raises(NotFound):
        store.upkeep.operation(new_ulid())


def test_an_order_of_another_kind_cannot_go_on_with_an_operation(store):
    run = record(store)
    operation = trash(store, run)
    order = new_order()
    list(store.upkeep.purge(order, runs=[]))
    with pytest.raises(Conflict):
        list(store.upkeep.undo(order, operation))


def test_the_policy_that_was_applied_by_hand_last_is_known(store, place):
    assert store.upkeep.applied_policy() == ""
    store.upkeep.note_policy(new_order(by="ana"), "a" * 64)
    trash(store, record(store))
    assert store.upkeep.applied_policy() == "a" * 64
    store.upkeep.note_policy(new_order(by="ana"), "b" * 64)
    assert place.open().upkeep.applied_policy() == "b" * 64
    assert [one.kind for one in store.upkeep.operations().items] == ["policy", "trash", "policy"]


def test_what_a_policy_did_and_was_taken_back_leaves_no_policy_applied(store, place):
    store.upkeep.note_policy(new_order(by="ana"), "a" * 64)
    by_hand, by_policy = trash(store, record(store)), trash(store, record(store), rule="retention[0]")
    list(store.upkeep.undo(new_order(), by_hand))
    assert store.upkeep.applied_policy() == "a" * 64
    list(store.upkeep.undo(new_order(), by_policy))
    trash(store, record(store))
    assert place.open().upkeep.applied_policy() == TAKEN_BACK
    store.upkeep.note_policy(new_order(by="ana"), "a" * 64)
    assert store.upkeep.applied_policy() == "a" * 64


def test_what_is_no_time_purges_nothing(store):
    """As a text anything comes before or after anything."""
    trash(store, record(store))
    for before in ("yesterday", "2026-13-45", "\x1b]"):
        with pytest.raises(StorageError, match="before is no time"):
            list(store.upkeep.purge(new_order(), before=before))
    assert list(store.upkeep.purge(new_order(), before="2026-01-01T02:00:00+02:00")) == []
    assert len(trashed(store)) == 1
    assert len(list(store.upkeep.purge(new_order(), before="9999-01-01"))) == 1


def test_dropping_states_is_recorded(store):
    run = record(store)
    store.upkeep.drop_states(run, [], by="ana")
    (told,) = store.upkeep.operations().items
    assert (told.kind, told.by, [one.run for one in told.runs]) == ("states", "ana", [run])
    assert not told.reversible


# --- who may, and when ---------------------------------------------------------------------------------


def test_one_operation_at_a_time_and_locked_says_who_works(store, place):
    runs = [record(store, name=str(number)) for number in range(2)]
    working = store.upkeep.trash(new_order(), chosen(*runs))
    next(working)
    with pytest.raises(Locked, match=r"process \d+ on .+ works on this store \(trash, since "):
        list(place.open().upkeep.trash(new_order(), chosen(*runs)))
    working.close()
    assert len(list(place.open().upkeep.trash(new_order(), chosen(*runs)))) == 2


def test_operations_are_refused_where_the_store_was_opened_read_only(store, place):
    if place.kind == "memory":
        return
    run = record(store)
    operation = trash(store, run)
    looking = place.open(read_only=True)
    assert trashed(looking) == [run]
    assert [one.id for one in looking.upkeep.operations().items] == [operation]
    for work in (
        lambda: list(looking.upkeep.trash(new_order(), [])),
        lambda: list(looking.upkeep.undo(new_order(), operation)),
        lambda: list(looking.upkeep.purge(new_order())),
        lambda: looking.upkeep.note_policy(new_order(), "x"),
    ):
        with pytest.raises(ReadOnly):
            work()


def test_operations_are_of_the_whole_store(store):
    with pytest.raises(NotSupported):
        list(store.scoped(session="ana").upkeep.trash(new_order(), []))


def test_what_keeps_all_operations_from_being_done_is_told_before_any(store, place):
    run = record(store)
    before = [one.id for one in store.upkeep.operations().items]
    store.upkeep.ready()
    assert [one.id for one in store.upkeep.operations().items] == before
    with pytest.raises(NotSupported):
        store.scoped(session="ana").upkeep.ready()
    if place.kind == "memory":
        return
    with pytest.raises(ReadOnly):
        place.open(read_only=True).upkeep.ready()
    going_on = store.upkeep.trash(new_order(), [Chosen(run=run)])
    next(going_on)
    with pytest.raises(Locked):
        place.open().upkeep.ready()
    going_on.close()
    place.open().upkeep.ready()
