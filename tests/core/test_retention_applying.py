"""A plan is carried out on the runs that were looked at, as they were looked at, and on no others."""

from datetime import UTC, datetime, timedelta

import flightlog
import msgspec
import pytest
from cleaning import FEW_KINDS, made
from flightlog.core.annotations import Pinned
from flightlog.core.choosing import chosen
from flightlog.core.errors import Conflict, NotFound
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING
from flightlog.core.retention import catalogue
from flightlog.core.retention.applying import carry_out, check_saved, digest_of, overdue
from flightlog.core.retention.plan import plan
from flightlog.core.retention.policy import Block, Keep, Policy
from flightlog.core.retention.saved import restored, saved, taken_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
POLICY = Policy(blocks=(Block(match="workflow:triage", keep=Keep(last=2), then="states"),), minimum=0)


@pytest.fixture(params=FEW_KINDS)
def store(request, tmp_path, new_postgres_url):
    """Five runs, each with two checkpoints on one branch and one on another."""
    name, storage = made(request.param, tmp_path / "data", new_postgres_url)
    with flightlog.open(name, storage=storage) as store:
        for number in range(5):
            with store.run("triage", name=f"n-{number}") as run:
                first = run.checkpoint({"n": [number]})
                run.checkpoint({"n": [number, "a"]})
                run.checkpoint({"n": [number, "b"]}, parent=first)
        yield store


def planned(store, policy=POLICY):
    return taken_of(plan(catalogue.read(store, policy), policy, datetime.now(UTC)))


def states(store, name):
    """How many states of a run can be read."""
    count = 0
    for checkpoint in store.checkpoints.list(store.runs.resolve(name)):
        try:
            store.checkpoints.state(checkpoint.id)
            count += 1
        except NotFound:
            pass
    return count


def test_the_states_at_the_ends_of_branches_stay(store):
    found = list(carry_out(planned(store), (), store, by="ana"))
    assert [(one.kind, one.done.outcome) for one in found] == [("states", "done")] * 3
    assert all(one.done.before_bytes > one.done.after_bytes > 0 for one in found)
    recorded = [one for one in store.upkeep.operations().items if one.kind == "states"]
    assert {one.runs[0].rule for one in recorded} == {one.done.rule for one in found} == {"retention[0]"}
    left = {name: states(store, name) for name in ("n-0", "n-1", "n-2", "n-3")}
    assert left == {"n-0": 2, "n-1": 2, "n-2": 2, "n-3": 3}
    assert not planned(store)


def test_the_state_on_which_a_person_decided_stays(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store:
        for name in ("older", "newer"):
            with store.run("triage", name=name) as run:
                for number in range(4):
                    run.checkpoint({"n": [number] * (number + 1)}, label=str(number))
                    if number == 1:
                        run.approve("send it?", timeout=0.01)
        policy = Policy(blocks=(Block(match="workflow:triage", keep=Keep(last=1), then="states"),), minimum=0)
        assert len(list(carry_out(planned(store, policy), (), store))) == 1
        left = {}
        for checkpoint in store.checkpoints.list(store.runs.resolve("older")):
            try:
                left[checkpoint.label] = store.checkpoints.state(checkpoint.id)
            except NotFound:
                continue
        assert left == {"1": {"n": [1, 1]}, "3": {"n": [3, 3, 3, 3]}}


def test_what_is_another_since_is_left_alone_and_named(store):
    taken = planned(store)
    store.runs.annotate(Pinned(run=store.runs.resolve("n-1")))
    taken = [msgspec.structs.replace(one, last_seq=1) if one.run == store.runs.resolve("n-2") else one for one in taken]
    taken.append(msgspec.structs.replace(taken[0], run="01gone"))
    found = {one.done.run: one.done for one in carry_out(taken, (), store)}
    said = {name: found[store.runs.resolve(name)].why for name in ("n-0", "n-1", "n-2")}
    assert said == {"n-0": "", "n-1": "it was pinned since", "n-2": "it became active since it was looked at"}
    assert found["01gone"].outcome == "skipped" and found["01gone"].why == "it is gone"
    assert {name: states(store, name) for name in ("n-0", "n-1", "n-2")} == {"n-0": 2, "n-1": 3, "n-2": 3}


def test_what_goes_on_or_lies_elsewhere_since_keeps_its_states(store):
    of = {store.runs.get(one.run).name: one for one in planned(store)}
    list(store.upkeep.archive(new_order(), [chosen(store.runs.get(of["n-0"].run))]))
    going = store.run("triage", name="going")
    for number in range(3):
        going.checkpoint({"n": number})
    now = store.runs.get(going.id)
    taken = [
        of["n-0"],
        msgspec.structs.replace(of["n-1"], archived=True),
        msgspec.structs.replace(of["n-2"], run=now.id, status=now.status, last_seq=now.last_seq),
    ]
    found = {one.done.run: one.done for one in carry_out(taken, (), store)}
    assert [(found[one.run].outcome, found[one.run].why) for one in taken] == [
        ("skipped", "it was archived since"),
        ("skipped", "it was restored since"),
        ("skipped", "it is running"),
    ]
    assert {name: states(store, name) for name in ("n-0", "n-1", "going")} == {"n-0": 3, "n-1": 3, "going": 3}
    going.finish()


def test_it_stops_between_two_runs(store):
    running = carry_out(planned(store), (), store)
    first = next(running)
    running.close()
    assert first.done.outcome == "done"
    assert sum(states(store, f"n-{number}") for number in range(5)) == 2 + 4 * 3


def test_only_runs_that_were_planned_and_are_as_they_were_go(store):
    """Others come, go on, are pinned and vanish between the plan and its end."""
    policy = Policy(blocks=(Block(match="status:completed", keep=Keep(last=1), then="trash"),), minimum=0)
    taken = planned(store, policy)
    ids = {run.name: run.id for run in store.runs.query(EVERYTHING).items}
    with store.run("triage", name="new"):
        pass
    store.runs.annotate(Pinned(run=ids["n-1"]))
    list(store.upkeep.trash(new_order(), [Chosen(run=ids["n-2"])]))
    taken = [msgspec.structs.replace(one, last_seq=1) if one.run == ids["n-3"] else one for one in taken]
    running = carry_out(taken, (), store, by="ana", why="flightlog retain --apply")
    found = {one.done.run: one.done.why for one in running}
    assert found == {
        ids["n-0"]: "",
        ids["n-1"]: "it is pinned",
        ids["n-2"]: "it is not there",
        ids["n-3"]: "it became active since it was looked at",
    }
    assert {run.name for run in store.runs.query(EVERYTHING).items} == {"n-1", "n-3", "n-4", "new"}
    (ours, other) = store.upkeep.trashed().items
    assert (ours.run, ours.by, ours.rule) == (ids["n-0"], "ana", "retention[0]") and other.run == ids["n-2"]


def test_what_has_lain_in_the_trash_for_long_enough_goes_and_what_came_since_does_not(store):
    ids = {run.name: run.id for run in store.runs.query(EVERYTHING).items}
    for name in ("n-0", "n-1"):
        list(store.upkeep.trash(new_order(), [Chosen(run=ids[name])]))
    soon = datetime.now(UTC) + timedelta(days=7)
    assert not overdue(store.upkeep, POLICY, soon - timedelta(hours=1))
    gone = overdue(store.upkeep, POLICY, soon)
    assert {one.run for one in gone} == {ids["n-0"], ids["n-1"]}
    list(store.upkeep.undo(new_order(), next(one.operation for one in gone if one.run == ids["n-0"])))
    list(store.upkeep.trash(new_order(), [Chosen(run=ids["n-0"])]))
    found = [(one.kind, one.done.run) for one in carry_out((), gone, store) if one.done.outcome == "done"]
    assert found == [("purge", ids["n-1"])]
    assert [one.run for one in store.upkeep.trashed().items] == [ids["n-0"]]


def test_a_saved_plan_is_of_one_store_one_policy_and_one_day(store):
    found = plan(catalogue.read(store, POLICY), POLICY, NOW)
    kept = restored(saved(found, "data"), "p.json")
    assert kept.taken == taken_of(found)

    def check(store="data", policy=POLICY, after=timedelta()):
        check_saved(kept, store, policy, NOW + after, "p.json")

    check(after=timedelta(hours=24))
    check(policy=None)
    for facts, says in (
        ({"store": "other"}, "of another store, data, and not of other"),
        ({"policy": msgspec.structs.replace(POLICY, trash_for="1d")}, "the policy in force is another one"),
        ({"after": timedelta(hours=25)}, "was made at 2026-11-21T12:00:00Z, and one may be carried out for a day"),
        ({"after": -timedelta(hours=1)}, "was made at 2026-11-21T12:00:00Z"),
    ):
        with pytest.raises(Conflict, match=rf"{says}.*p\.json.*make a new one with --save-plan"):
            check(**facts)


def test_policies_that_say_the_same_have_one_digest():
    assert digest_of(POLICY) == digest_of(msgspec.structs.replace(POLICY)) != digest_of(Policy(max_runs=1))
