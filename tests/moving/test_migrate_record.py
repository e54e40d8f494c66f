"""What was done with runs is told where they are moved to, and can be taken back only where it was done."""

import re
from contextlib import closing
from itertools import permutations

import flightlog
import msgspec
import pytest
from flightlog.backends.moving import carrying_record
from flightlog.backends.moving.ends import source_end
from flightlog.backends.operations.on_files import record as on_files
from flightlog.core.errors import Conflict
from flightlog.core.operations import Chosen, Order, new_order
from flightlog.core.pages import each
from moving_stores import KINDS, copy, logs_of, move

HOSTILE = "rm \x1b]52; \u202e 'x'"


def work(store) -> None:
    """Something of each kind: one taken back, one by a policy, one on a run that is left alone."""
    runs = [store.run("w") for _ in range(5)]
    for run in runs:
        run.finish()
    one, two, three, four, five = (run.id for run in runs)
    upkeep = store.upkeep
    done(upkeep.archive(ordered("archive"), [Chosen(run=one), Chosen(run=two, status="failed")]))
    removed = ordered("rm")
    done(upkeep.trash(removed, [Chosen(run=two, rule="retention[0]"), Chosen(run=three)]))
    done(upkeep.undo(ordered("undo"), removed.id))
    done(upkeep.trash(ordered(HOSTILE), [Chosen(run=four), Chosen(run=five)]))
    done(upkeep.purge(ordered("trash empty"), runs=[four]))
    done(upkeep.restore(ordered("restore"), [one]))
    upkeep.note_policy(ordered("retain"), "digest")
    upkeep.compact(ordered("compact"))


def ordered(why: str) -> Order:
    return new_order(by=f"ana {HOSTILE}", why=f"flightlog {why}")


def done(found) -> None:
    assert list(found)


def told(store) -> list:
    """The record, whole."""
    operations = each(lambda after: store.upkeep.operations(limit=3, after=after))
    return [store.upkeep.operation(operation.id) for operation in operations]


def place_of(folder) -> str:
    """What its runs' place is called."""
    with closing(source_end(folder)) as end:
        return end.place


def as_here(operations) -> list:
    return [msgspec.structs.replace(operation, elsewhere="") for operation in operations]


@pytest.mark.parametrize(("a", "b"), list(permutations(KINDS, 2)))
def test_what_was_done_is_told_in_the_new_place(data, target, a, b):
    folder = data(a)
    with (folder / "flightlog.yaml").open("a") as file:
        file.write("archive: {path: archive}\n")
    with flightlog.open(folder) as store:
        work(store)
        before, listed = told(store), store.upkeep.operations().items
        audit = [(act.t, act.by, act.action, act.run, act.what, act.note) for act in store.audit().items]
    there = place_of(folder)
    moved = move(folder, target(b))
    assert "sesame" not in there and [finding.what for finding in moved.findings] == [
        "not carried: 1 in the trash, which can be taken back only there"
    ]
    assert moved.switched and moved.operations == len(before) == 8
    with flightlog.open(folder) as store:
        found = told(store)
        assert as_here(found) == before and as_here(store.upkeep.operations().items) == listed
        assert {operation.elsewhere for operation in found} == {there}
        acts = store.audit().items
        assert [(act.t, act.by, act.action, act.run, act.what, act.note) for act in acts] == audit
        assert all(act.detail.endswith(f"in {there}") for act in acts if act.operation)
        assert not any(operation.reversible for operation in found)
        trashed = next(operation for operation in found if operation.kind == "trash")
        with pytest.raises(Conflict, match=f"was done in {re.escape(there)}, and can be taken back only there"):
            list(store.upkeep.undo(new_order(), trashed.id))


def test_what_is_done_afterwards_is_found_and_taken_back(data, target):
    """Though what was carried is older than it, and was told later than things that are newer."""
    for a, b in (("sqlite", "file"),):
        folder = data(a)
        with flightlog.open(folder) as store:
            work(store)
        move(folder, target(b))
        with flightlog.open(folder) as store:
            run = store.run("w")
            run.finish()
            order = new_order()
            done(store.upkeep.trash(order, [Chosen(run=run.id)]))
            assert store.upkeep.operations(limit=1).items[0].id == order.id
            done(store.upkeep.undo(new_order(), order.id))
            assert store.runs.get(run.id).status == "completed"
            assert store.upkeep.operation(order.id).undone


def test_moved_on_and_back_it_tells_where_each_was_done(data, tmp_path):
    folder = data("file")
    with flightlog.open(folder) as store:
        work(store)
        first = told(store)
    move(folder, "sqlite")
    with flightlog.open(folder) as store:
        run = store.run("w")
        run.finish()
        done(store.upkeep.archive(new_order(), [Chosen(run=run.id)]))
    assert move(folder, f"file:{tmp_path / 'other'}").operations == 9
    with flightlog.open(folder) as store:
        newest, *others = (operation.elsewhere for operation in told(store))
        assert newest == f"sqlite:{folder}/flightlog.db" and set(others) == {f"file:{folder}"}
        assert logs_of(folder).path == str(tmp_path / "other" / "runs")
    assert move(folder, f"file:{folder}").operations == 1
    with flightlog.open(folder) as store:
        newest, *others = told(store)
        assert (newest.kind, newest.elsewhere) == ("archive", f"sqlite:{folder}/flightlog.db") and others == first


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_tells_what_is_new_and_what_was_taken_back_since(place, kind, monkeypatch):
    one, other = place("file", "a"), place(kind, "b")
    with flightlog.open(one) as store:
        work(store)
    assert copy(one, other).operations == 8
    assert copy(one, other).operations == 0
    with flightlog.open(one) as store:
        trashed = next(operation for operation in told(store) if operation.reversible and operation.kind == "trash")
        done(store.upkeep.undo(new_order(), trashed.id))
        before = told(store)
    assert copy(one, other).operations == 1
    with flightlog.open(other) as store:
        assert as_here(told(store)) == before


class Broken(Exception):
    pass


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", [1, 3, 9])
def test_cut_off_it_goes_on(place, kind, after, monkeypatch):
    one, other = place("file", "a"), place(kind, "b")
    with flightlog.open(one) as store:
        work(store)
        before = told(store)
    left = [after]
    tell = carrying_record._tell_run

    def cut(*words):
        left[0] -= 1
        if not left[0]:
            raise Broken
        tell(*words)

    monkeypatch.setattr(carrying_record, "_tell_run", cut)
    with pytest.raises(Broken):
        copy(one, other)
    copy(one, other)
    with flightlog.open(other) as store:
        assert as_here(told(store)) == before
        assert not store.upkeep.trashed().items and not [
            found for found in store.upkeep.check() if "cut off" in found.what
        ]


def test_what_it_costs_to_carry_grows_with_what_is_carried(place, monkeypatch):
    """Nobody looks through the record of the new place for what it cannot tell of yet."""
    one, other = place("file", "a"), place("file", "b")
    with flightlog.open(one) as store:
        for _ in range(30):
            store.upkeep.note_policy(ordered("retain"), "digest")
    looked, since = [], on_files.since
    monkeypatch.setattr(on_files, "since", lambda path, id: looked.append(id) or since(path, id))
    assert copy(one, other).operations == 30
    assert looked == []
