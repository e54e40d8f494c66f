"""What holds of every retention plan, whatever the policy and whatever runs there are."""

import random

import msgspec
from flightlog.core.retention.catalogue import Catalogue
from flightlog.core.retention.plan import Plan, plan
from flightlog.core.retention.policy import CALENDAR, Block, Keep, Policy
from flightlog.core.runs import FINISHED, RUN_STATUSES
from flightlog.core.units import time_text
from hypothesis import given
from hypothesis import strategies as st
from planned_runs import NOW, run

lengths = st.sampled_from(["1h", "2d", "7d", "30d", "400d"])
keeps = st.builds(
    Keep,
    last=st.none() | st.integers(1, 4),
    within=st.just("") | lengths,
    **{name: st.none() | st.integers(1, 3) for name in CALENDAR},
)
queries = st.sampled_from(
    [
        "status:completed",
        "status:failed",
        "workflow:a",
        "tag:x | pinned",
        "size>50",
        "version>=2",
        "started>3d",
        "-tag:x",
    ]
)
blocks = st.builds(Block, match=queries, keep=keeps, then=st.sampled_from(["archive", "trash", "states"]))
policies = st.builds(Policy, blocks=st.lists(blocks, min_size=1, max_size=3).map(tuple), minimum=st.integers(0, 2))
limited = st.builds(
    lambda policy, size, runs: msgspec.structs.replace(policy, max_size=size, max_runs=runs),
    policies,
    st.sampled_from(["", "100", "500B"]),
    st.none() | st.integers(1, 6),
)


@st.composite
def catalogues(draw) -> Catalogue:
    made = []
    for number in range(draw(st.integers(0, 14))):
        status = draw(st.sampled_from([*RUN_STATUSES, "completed", "completed", "failed", "failed"]))
        days = draw(st.floats(-2, 60) | st.integers(0, 60))
        parent = f"r{draw(st.integers(0, 14)):02d}" if draw(st.integers(0, 4)) == 0 else None
        facts = {
            "workflow": draw(st.sampled_from("ab")),
            "version": draw(st.none() | st.integers(1, 3)),
            "tags": draw(st.sampled_from([(), ("x",)])),
            "pinned": draw(st.integers(0, 6)) == 0,
            "archived": draw(st.integers(0, 5)) == 0,
            "checkpoints": draw(st.integers(0, 3)),
            "size": draw(st.none() | st.integers(0, 300)),
            "parent": parent,
        }
        if draw(st.integers(0, 12)) == 0:
            facts |= {
                "started": None,
                "finished": draw(st.sampled_from([None, "", "soon", "2026-13-40T00:00:00.000000Z"])),
            }
        made.append(run(f"r{number:02d}", days, status, **facts))
    return Catalogue(runs=tuple(made))


@given(catalogues(), limited)
def test_every_run_is_kept_or_taken_and_has_a_reason(catalogue, policy):
    found = plan(catalogue, policy, NOW)
    assert sorted(one.run.id for one in found.decisions) == sorted(one.id for one in catalogue.runs)
    assert all(one.why for one in found.decisions)
    kept = {one.run.id for one in found.decisions if one.action == "keep"}
    taken = {one.run.id for one in found.taken}
    assert not kept & taken and len(kept) + len(taken) == len(catalogue.runs)
    assert sum(part.runs for part in found.sums().values()) == len(catalogue.runs)


@given(catalogues(), limited)
def test_what_goes_on_is_pinned_undated_or_in_the_future_is_never_taken(catalogue, policy):
    for one in plan(catalogue, policy, NOW).taken:
        assert one.run.status in FINISHED and not one.run.pinned
        assert one.run.finished and one.run.finished <= time_text(NOW)


@given(catalogues(), limited)
def test_the_newest_finished_runs_of_each_workflow_stay(catalogue, policy):
    found = {one.run.id: one.action for one in plan(catalogue, policy, NOW).decisions}
    for workflow in "ab":
        ended = [
            (one.finished, one.id)
            for one in catalogue.runs
            if one.workflow == workflow and one.status in FINISHED and one.started and one.finished <= time_text(NOW)
        ]
        newest = sorted(ended, reverse=True)[: policy.minimum]
        assert all(found[id] == "keep" for _, id in newest)


@given(catalogues(), limited, st.randoms(use_true_random=False))
def test_the_order_of_the_runs_changes_nothing(catalogue, policy, shuffling: random.Random):
    mixed = list(catalogue.runs)
    shuffling.shuffle(mixed)
    assert plan(Catalogue(runs=tuple(mixed)), policy, NOW) == plan(catalogue, policy, NOW)


@given(catalogues(), policies, st.data())
def test_a_rule_more_never_takes_more(catalogue, policy, data):
    number = data.draw(st.integers(0, len(policy.blocks) - 1))
    block = policy.blocks[number]
    more = {name: value for name in ("last", *CALENDAR) if (value := data.draw(st.none() | st.integers(1, 4)))}
    more = {name: max(value, getattr(block.keep, name) or 0) for name, value in more.items()}
    if not block.keep.within:
        more["within"] = data.draw(lengths)
    kinder = msgspec.structs.replace(block, keep=msgspec.structs.replace(block.keep, **more))
    changed = (*policy.blocks[:number], kinder, *policy.blocks[number + 1 :])
    before = {one.run.id for one in plan(catalogue, policy, NOW).taken}
    after = {one.run.id for one in plan(catalogue, msgspec.structs.replace(policy, blocks=changed), NOW).taken}
    assert after <= before


def done(catalogue: Catalogue, found: Plan) -> Catalogue:
    """The catalogue after the plan was carried out."""
    left, bare = [], set(catalogue.bare)
    for one in found.decisions:
        if one.action == "archive":
            left.append(msgspec.structs.replace(one.run, archived=True))
        elif one.action != "trash":
            left.append(one.run)
        if one.action == "states":
            bare.add(one.run.id)
    return Catalogue(runs=tuple(left), bare=frozenset(bare))


@given(catalogues(), limited)
def test_done_once_there_is_nothing_left_to_do(catalogue, policy):
    found = plan(catalogue, policy, NOW)
    again = plan(done(catalogue, found), policy, NOW)
    assert not again.taken
    assert (again.over_size, again.over_runs) == (found.over_size, found.over_runs)


@given(catalogues(), limited)
def test_limits_take_only_what_they_must_and_no_rule_keeps(catalogue, policy):
    found = plan(catalogue, policy, NOW)
    live = [one for one in found.decisions if not one.run.archived and one.action in ("keep", "states")]
    limits = [one for one in found.taken if one.rule in ("max_size", "max_runs")]
    if policy.max_runs is not None:
        assert found.over_runs == max(len(live) - policy.max_runs, 0)
    free = [one for one in live if one.why == "no block fits"]
    if found.over_runs or (found.over_size and any(one.run.size_bytes for one in free)):
        assert not free
    for one in limits:
        assert one.action == "archive"


@given(catalogues(), policies)
def test_no_run_is_trashed_while_one_that_it_began_is_not(catalogue, policy):
    found = {one.run.id: one for one in plan(catalogue, policy, NOW).decisions}
    for one in found.values():
        if one.action != "trash" and one.run.parent in found and one.run.parent != one.run.id:
            assert found[one.run.parent].action != "trash"
