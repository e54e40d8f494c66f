"""What a plan is made from is read from a real store; names in a policy that no run bears are told."""

from datetime import UTC, datetime

import flightlog
import pytest
from flightlog.core.errors import ConfigError
from flightlog.core.retention import catalogue
from flightlog.core.retention.names import check_names
from flightlog.core.retention.plan import plan
from flightlog.core.retention.policy import Block, Policy


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with flightlog.open(tmp_path_factory.mktemp("catalogue") / "data") as store:
        for number in range(5):
            with store.run("triage", name=f"no{number}") as run:
                if number == 2:
                    with run.step("fetch pages") as step:
                        step.cost(model="gpt-4o", input_tokens=1)
                run.checkpoint({"n": number})
                run.checkpoint({"n": number + 1})
            if number == 3:
                store.runs.annotate(flightlog.core.annotations.Tagged(run=run.id, tag="nightly", by="ana"))
        yield store


def policy(*matches: str, then: str = "archive") -> Policy:
    return Policy(blocks=tuple(Block(match=match, then=then) for match in matches), minimum=0)


def names(store, *matches: str, then: str = "archive") -> list[str]:
    given = policy(*matches, then=then)
    found = plan(catalogue.read(store, given), given, datetime.now(UTC))
    return sorted(one.run.name for one in found.taken)


def test_all_runs_are_read_page_by_page(store, monkeypatch):
    monkeypatch.setattr(catalogue, "PAGE", 2)
    assert len(catalogue.read(store, policy("status:failed")).runs) == 5
    assert names(store, "status:completed") == ["no0", "no1", "no2", "no3", "no4"]


@pytest.mark.parametrize("match", ["model:gpt-*", "step:fetch", '"fetch pages"', "call.model:gpt-4o -step:plan"])
def test_what_runs_do_not_hold_the_store_is_asked(store, match):
    assert names(store, match) == ["no2"]


def test_states_that_were_dropped_are_not_dropped_again(store):
    first = store.runs.resolve("no0")
    assert "no0" in names(store, "workflow:triage", then="states")
    kept = store.checkpoints.list(first)[-1].id
    store.upkeep.drop_states(first, [kept])
    assert names(store, "workflow:triage", then="states") == ["no1", "no2", "no3", "no4"]


def test_a_name_that_no_run_bears_is_told_with_the_nearest_that_one_does(store):
    check_names(policy("workflow:triage tag:nightly", "workflow:tri*", "-tag:keep", 'session:""'), store.runs)
    for text, says in {
        "workflow:triag": r"no run has the workflow 'triag' \(f.yaml: retention\[1\].match\); did you mean 'triage'",
        "tag:nihgtly": "did you mean 'nightly'",
        "-tag:nightli": "did you mean 'nightly'",
        "tag:zzz|nightly": "no run has the tag 'zzz' .*; there are nightly",
        "session:ana": "no run has a session",
        "(-workflow:triage) | project:x": "no run has the project 'x'",
    }.items():
        with pytest.raises(ConfigError, match=says):
            check_names(policy("failed", text), store.runs, "f.yaml")
