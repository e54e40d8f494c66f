"""The plan of a retention policy: its reasons, what it never takes, and one word for word."""

import os
from pathlib import Path

import msgspec
import pytest
from flightlog.core.errors import ConfigError
from flightlog.core.retention.catalogue import Catalogue
from flightlog.core.retention.plan import Plan, plan
from flightlog.core.retention.policy import Block, Keep, Policy
from planned_runs import NOW, ago, run


def planned(runs, *blocks: Block, **facts) -> Plan:
    bare = facts.pop("bare", frozenset())
    return plan(Catalogue(runs=tuple(runs), bare=bare), Policy(blocks=blocks, **facts), NOW)


def lines(found: Plan) -> dict[str, str]:
    return {one.run.id: str(one) for one in found.decisions}


# --- the words ------------------------------------------------------------------------------------------


def test_what_belongs_to_another_program_is_not_taken_and_not_counted():
    foreign = [run(f"f{n}", n, source="langgraph") for n in range(3)]
    ours = [run(f"o{n}", n + 10) for n in range(3)]
    found = planned([*foreign, *ours], Block(match="workflow:triage", keep=Keep(last=1), then="trash"), max_runs=1)
    assert {id: line for id, line in lines(found).items() if id.startswith("f")} == {
        f"f{n}": "keep: belongs to another program" for n in range(3)
    }
    assert lines(found)["o0"] == "keep: newest of triage" and found.over_runs == 0
    assert [one.run.id for one in found.taken] == ["o1", "o2"]


def test_good_runs_are_kept_short_and_failed_ones_long():
    runs = [run(f"c{n}", n * 5) for n in range(8)] + [run(f"f{n}", n * 40 + 1, "failed") for n in range(4)]
    good = Block(match="status:completed", keep=Keep(last=2, within="14d", daily=4), then="archive")
    bad = Block(match="status:failed", keep=Keep(within="90d"), then="trash")
    assert lines(planned(runs, good, bad)) == {
        "c0": "keep: newest of triage",
        "f0": "keep: within 90d",
        "c1": "keep: last #2 of 2",
        "c2": "keep: within 14d",
        "c3": "keep: daily #4 of 4",
        "c4": "archive: completed, older than 14d, none of last 2, none of daily 4",
        "c5": "archive: completed, older than 14d, none of last 2, none of daily 4",
        "c6": "archive: completed, older than 14d, none of last 2, none of daily 4",
        "c7": "archive: completed, older than 14d, none of last 2, none of daily 4",
        "f1": "keep: within 90d",
        "f2": "keep: within 90d",
        "f3": "trash: failed, older than 90d",
    }


def test_what_is_kept_whatever_the_policy_says():
    runs = [run("new"), run("pin", 9, pinned=True), run("odd", 9, started=None, finished="once"), run("old", 9)]
    runs += [run(status, 9, status) for status in ("pending", "running", "waiting", "paused", "lost")]
    runs += [run("soon", -3), run("back", 9, started=ago(days=-1))]
    said = lines(planned(runs, Block(match="workflow:triage", then="trash")))
    assert said == {
        "soon": "keep: dated in the future, 2026-11-24",
        "back": "keep: dated in the future, 2026-11-22",
        "new": "keep: newest of triage",
        "pin": "keep: pinned",
        "odd": "keep: nobody knows when it ended",
        "old": "trash: completed, fits retention[0]",
        "pending": "keep: pending",
        "running": "keep: running",
        "waiting": "keep: waiting",
        "paused": "keep: paused",
        "lost": "keep: lost, not finished",
    }


def test_rules_count_for_each_workflow_by_itself_and_the_first_block_that_fits_decides():
    runs = [run(f"{name}{n}", n, workflow=name) for name in "ab" for n in range(3)]
    found = lines(
        planned(
            runs,
            Block(match="workflow:a", keep=Keep(last=2), then="states"),
            Block(match="workflow:a|b", keep=Keep(last=1), then="trash"),
        )
    )
    assert [found[id].split(":")[0] for id in sorted(found)] == ["keep", "keep", "keep", "keep", "trash", "trash"]
    assert found["a2"] == "keep: has no intermediate checkpoints"


def test_states_are_dropped_once_and_only_where_there_are_any_between():
    runs = [run("new"), run("one", 2, checkpoints=1), run("two", 3, checkpoints=2), run("did", 4, checkpoints=9)]
    found = planned(runs, Block(match="checkpoints>=0", then="states"), bare=frozenset({"did"}))
    assert lines(found)["two"] == "states: completed, fits retention[0]"
    assert lines(found)["did"] == "keep: its states were dropped before"
    assert [one.run.id for one in found.taken] == ["two"]


def test_archived_runs_are_meant_only_where_the_query_says_so():
    runs = [run("new"), run("cold", 400, archived=True), run("warm", 400)]
    first = Block(match="status:completed", keep=Keep(within="14d"), then="archive")
    second = Block(match="archived", keep=Keep(within="365d"), then="trash")
    assert lines(planned(runs, first, second)) == {
        "new": "keep: newest of triage",
        "cold": "trash: completed, older than 365d",
        "warm": "archive: completed, older than 14d",
    }
    assert lines(planned(runs, Block(match="archived", then="archive")))["cold"] == "keep: in the archive already"


def test_what_a_person_restored_stays_for_the_time_of_grace_and_says_so():
    runs = [run(id, 40) for id in ("new", "old", "again", "other")]
    runs += [run("pinned", 40, pinned=True)]
    runs[2] = msgspec.structs.replace(runs[2], archived=True)
    restored = {"new": ago(days=3), "old": ago(days=11), "again": ago(days=3), "pinned": ago(days=3), "gone": ago()}
    for then, facts in (("archive", {}), ("trash", {}), ("archive", {"max_runs": 0})):
        policy = Policy(blocks=(Block(match="status:completed", then=then),), minimum=0, trash_for="10d", **facts)
        found = {
            one.run.id: (one.action, one.why, one.rule)
            for one in plan(Catalogue(runs=tuple(runs), restored=restored), policy, NOW).decisions
        }
        told = f"restored by hand on {ago(days=3)[:10]}, kept for 10d"
        assert found["new"] == ("keep", told, "trash_for")
        assert found["old"][0] == found["other"][0] == then
        assert found["pinned"][1] == "pinned" and "restored" not in found["again"][1]


def test_the_parent_of_what_stays_may_be_archived_but_not_trashed():
    runs = [run("kid", 1, parent="mum"), run("mum", 20, parent="gran"), run("gran", 30), run("aunt", 30)]
    keep = Keep(within="7d")
    said = lines(planned(runs, Block(match="workflow:triage", keep=keep, then="trash")))
    assert said["mum"] == "keep: parent of kid, which is not trashed"
    assert said["gran"] == "keep: parent of mum, which is not trashed"
    assert said["aunt"].startswith("trash")
    assert lines(planned(runs, Block(match="workflow:triage", keep=keep, then="archive")))["mum"].startswith("archive")


def test_rules_go_before_limits_and_the_plan_says_by_how_much_it_stays_over():
    runs = [run(f"r{n}", n, size=100) for n in range(6)] + [run("kept", 50, "failed", size=1000)]
    block = Block(match="status:failed", keep=Keep(last=1), then="trash")
    found = planned(runs, block, max_size="1.4kB")
    assert lines(found)["r5"] == "archive: completed, oldest beyond max_size 1.4kB"
    assert [one.run.id for one in found.taken] == ["r4", "r5"]
    assert (found.over_size, found.over_runs) == (0, 0)
    tight = planned(runs, block, max_size="500B", max_runs=1)
    assert [one.run.id for one in tight.taken] == ["r1", "r2", "r3", "r4", "r5"]
    assert (tight.over_size, tight.over_runs) == (600, 1)


def test_a_size_that_nobody_knows_is_told_and_no_reason_to_take_a_run():
    found = planned([run("a", size=900), run("b", 1, size=None), run("c", 2, size=0)], max_size="500B")
    assert not found.taken and found.over_size == 400
    assert found.sums()["keep"] == (3, 900, 1)


def test_an_empty_policy_and_a_block_that_takes_everything_are_refused():
    with pytest.raises(ConfigError, match="an empty policy"):
        planned([])
    with pytest.raises(ConfigError, match=r"this block takes every run \(retention\[0\]\)"):
        planned([], Block(match=" ", then="trash"))
    assert planned([], Block(match="", keep=Keep(last=1), then="trash")).decisions == ()


def test_what_runs_do_not_hold_is_answered_by_who_does():
    runs = (run("new"), run("a", 1), run("b", 2))
    policy = Policy(blocks=(Block(match="model:gpt-4*", then="trash"),))
    found = plan(Catalogue(runs=runs, found={"model:gpt-4*": frozenset({"b", "new"})}), policy, NOW)
    assert [one.run.id for one in found.taken] == ["b"]


def test_a_query_is_answered_as_it_is_everywhere():
    runs = [run(f"r{n}", n % 40, tags=("x",) if n % 3 else (), version=n % 4, attempt=n % 2 + 1) for n in range(60)]
    from flightlog.core.query.query import parse

    for text in (
        "tag:x version>=2",
        "status:finished -tag:x",
        "tag:x attempt>1",
        "finished>20d",
        "size>1k | version:1",
    ):
        fitting = {one.id for one in runs if parse(text).matches(one, now=NOW)}
        taken = {one.run.id for one in planned(runs, Block(match=text, then="trash"), minimum=0).taken}
        assert taken == fitting


# --- a whole plan, word for word ---------------------------------------------------------------------------

GOLDEN = Path(__file__).parents[1] / "fixtures" / "plan_golden.txt"


def golden() -> Plan:
    """What a policy with every kind of rule does to three workflows, whose runs are of all kinds."""
    statuses = ("completed", "completed", "failed", "completed", "cancelled", "completed", "running")
    runs = [
        run(
            f"{workflow}{number:02}",
            number * 3.7 - 4,
            statuses[number % len(statuses)],
            workflow=workflow,
            size=(number + 1) * 1000,
            pinned=number == 9,
            archived=number > 13,
            checkpoints=number % 4,
            tags=("big",) if number % 5 == 0 else (),
            parent=f"{workflow}08" if number == 3 else None,
        )
        for workflow in ("report", "search", "triage")
        for number in range(18)
    ]
    rules = (
        Block(match="archived", keep=Keep(within="55d"), then="trash"),
        Block(match="status:completed tag:big", keep=Keep(within="5d"), then="states"),
        Block(match="status:completed workflow:triage", keep=Keep(last=2, daily=3, weekly=2), then="archive"),
        Block(match="status:completed", keep=Keep(hourly=1, monthly=2, yearly=1), then="trash"),
        Block(match="status:failed", keep=Keep(within="30d"), then="archive"),
    )
    return planned(runs, *rules, minimum=2, max_size="60kB", max_runs=20)


def test_a_whole_plan_is_word_for_word_what_it_was():
    """Whoever changes what a policy does or says sees in this file for whom; FLIGHTLOG_GOLDEN=1 writes it anew."""
    found = golden()
    text = "".join(f"{one.run.id}  {one}  {one.rule}\n" for one in found.decisions)
    text += f"over by {found.over_size:,} bytes and {found.over_runs} runs\n"
    if os.environ.get("FLIGHTLOG_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


@pytest.mark.parametrize(
    ("policy", "key"),
    [
        (Policy(max_size="yesterday"), "max_size"),
        (Policy(max_runs=1, trash_for="a while"), "trash_for"),
        (Policy(max_runs=1, trash_for="0s"), "trash_for"),
        (Policy(blocks=(Block(match="", keep=Keep(within="14 moons"), then="trash"),)), r"retention\[0\].keep.within"),
    ],
)
def test_a_size_or_a_length_of_time_that_is_none_is_a_mistake_in_the_policy(policy, key):
    with pytest.raises(ConfigError, match=key):
        policy.check()
