"""A workflow's history: order, comparison with the parent, and what hands have done to it."""

from flightlog.core.costs import Money
from flightlog.core.version_history import history
from flightlog.core.workflows import Deletion, Outcome, Version, Workflow, together


def version(number, *parents, **facts):
    return Version(workflow="w", number=number, digest="", parents=parents, **facts)


def outcome(number, runs=10, completed=10, nano=0, **facts):
    money = Money(recorded_nanousd=nano, recorded=1) if nano else Money()
    return Outcome(workflow="w", version=number, runs=runs, completed=completed, money=money, **facts)


def test_a_version_is_compared_with_its_nearest_parent_that_has_runs_enough():
    found = history(
        [version(1), version(2, 1), version(3, 2, 1)],
        [outcome(1, completed=5, nano=1000), outcome(2, runs=4, completed=4), outcome(3, completed=8, nano=700)],
    )
    one, two, three = found.entries
    assert (one.success, one.cost_change, one.against) == (None, None, None)
    assert two.outcome.too_few and two.success is None and two.against == 1
    assert three.parent.version == three.against == 1
    assert round(three.success.difference, 6) == 0.3 and not three.success.clear
    assert round(three.cost_change, 6) == -0.3
    assert found.troubles == []


def test_an_unknown_price_is_not_compared():
    dear = Outcome(workflow="w", version=2, runs=9, completed=9, money=Money(recorded_nanousd=5, recorded=1, unknown=1))
    found = history([version(1), version(2, 1)], [outcome(1, nano=100), dear])
    assert found.entries[1].cost_change is None
    assert found.entries[1].success.difference == 0


def test_runs_of_no_version_and_of_one_that_nobody_saved_are_there_too():
    found = history([version(2)], [outcome(None), outcome(7)])
    assert [(entry.number, entry.version is not None) for entry in found.entries] == [
        (None, False),
        (2, True),
        (7, False),
    ]


def test_tombstones_keep_their_place():
    found = history([version(1), version(2, 1, deleted=Deletion(t="")), version(3, 2)], [])
    assert [entry.number for entry in found.entries] == [1, 2, 3]
    assert found.troubles == []


def test_what_hands_have_done_to_a_lineage_is_said_in_a_sentence():
    assert history([version(1, 3), version(2, 1), version(3, 2), version(4, 3)], []).troubles == [
        "versions 1, 2 and 3 name each other as parents: a file was edited by hand"
    ]
    assert history([version(1, 1)], []).troubles[0].startswith("version 1 names itself")
    assert "version 2 names version 9" in history([version(1), version(2, 9)], []).troubles[0]
    assert len(history([version(1, 3), version(2, 1), version(3, 2)], []).entries) == 3


def test_the_cost_of_a_run_keeps_the_provenance_of_the_sum():
    money = Money(recorded_nanousd=100, computed_nanousd=50, recorded=2, computed=1, unknown=1)
    per_run = Outcome(workflow="w", version=1, runs=10, money=money).per_run
    assert (per_run.nanousd, per_run.provenance) == (15, "unknown")
    assert Outcome(workflow="w", version=1, runs=0).per_run.nanousd is None


def test_workflows_with_versions_runs_or_both_are_one_list():
    found = together([Workflow(id="b", versions=2, latest=3)], [Workflow(id="a", runs=1), Workflow(id="b", runs=4)])
    assert found == [Workflow(id="a", runs=1), Workflow(id="b", versions=2, latest=3, runs=4)]
