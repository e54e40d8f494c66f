"""`retain`: what a policy would do to every single run and why; it changes nothing."""

import json

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core.clock import pretending, to_seconds
from flightlog.core.errors import Corrupt
from flightlog.core.retention.policy import Keep
from flightlog.core.retention.saved import restored
from flightlog.tui.cli.main import main

NOW = "2026-11-21T12:00:00.000000Z"
POLICY = """
retention:
  - {match: "status:completed", keep: {last: 2, daily: 3}, then: archive}
  - {match: "status:failed", keep: {within: 30d}, then: trash}
"""


def at(days: float) -> int:
    return int((to_seconds(NOW) - days * 86_400) * 1e9)


@pytest.fixture
def data(tmp_path):
    folder, moment = tmp_path / "data", [0]
    with pretending(lambda: moment[0]), flightlog.open(folder) as store:
        for number in range(6):
            moment[0] = at(40 - number)
            with store.run("triage", name=f"n{number}") as run:
                run.checkpoint({"n": number})
            moment[0] = at(60 - number * 10)
            store.run("triage", name=f"f{number}").finish("failed")
        store.run("other", name="goes on")
        return folder


def call(*words, code=0, at_ns=None):
    with pretending(lambda: at_ns or at(0)):
        result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def actions(data, policy, *, code=3) -> dict[str, str]:
    file = data.parent / "mine.yaml"
    file.write_text(policy)
    lines = call("retain", "--policy", file, "--json", "--data", data, code=code).splitlines()
    with flightlog.open(data, read_only=True) as store:
        return {
            store.runs.get(row["run"]).name: f"{row['action']}: {row['why']}" for row in map(json.loads, lines[:-1])
        }


def test_every_run_has_a_line_and_a_reason_and_nothing_is_changed(data):
    (data / "flightlog.yaml").write_text(POLICY)
    before = call("ls", "--json", "--limit", "100", "--data", data)
    shown = call("retain", "--data", data, code=3).splitlines()
    assert shown[0].split() == ["Run", "Workflow", "Ended", "Size", "Would", "do"]
    assert len(shown) == 1 + 13 + 5
    assert sum("archive: completed, none of last 2, none of daily 3" in line for line in shown) == 3
    assert sum("trash: failed, older than 30d" in line for line in shown) == 3
    assert sum("keep: newest of triage" in line for line in shown) == 1
    assert sum(line.endswith("keep: daily #3 of 3") for line in shown) == 1
    assert [line.split()[:3] for line in shown[-4:-1]] == [
        ["keep", "7", "runs"],
        ["archive", "3", "runs"],
        ["trash", "3", "runs"],
    ]
    assert shown[-1] == "nothing was changed: this is what the policy would do"
    assert len(call("retain", "--taken", "--data", data, code=3).splitlines()) == 1 + 6 + 5
    assert call("ls", "--json", "--limit", "100", "--data", data) == before


def test_as_json_a_line_a_run_and_the_sums(data):
    (data / "flightlog.yaml").write_text(POLICY)
    *rows, last = map(json.loads, call("retain", "--json", "--data", data, code=3).splitlines())
    assert len(rows) == 13 and {row["action"] for row in rows} == {"keep", "archive", "trash"}
    assert next(row for row in rows if row["why"] == "daily #3 of 3")["rule"] == "retention[0].keep.daily"
    assert last["now"] == NOW and last["changed"] is False
    assert {action: part["runs"] for action, part in last["sums"].items()} == {
        "keep": 7,
        "states": 0,
        "archive": 3,
        "trash": 3,
    }


def test_when_nothing_would_go_it_is_no_finding(data):
    assert set(actions(data, "retention: [{match: 'workflow:triage', keep: {last: 99}, then: trash}]", code=0)) >= {
        "n0",
        "goes on",
    }
    assert actions(data, "max_runs: 100", code=0)["n0"] == "keep: no block fits"


def test_limits_and_what_is_over(data):
    found = actions(data, "max_runs: 9\nminimum: 2")
    assert [name for name, said in found.items() if said == "archive: completed, oldest beyond max_runs 9"] == ["n0"]
    assert found["goes on"] == "keep: lost, not finished"
    (data.parent / "mine.yaml").write_text("max_size: 1B")
    shown = call("retain", "--policy", data.parent / "mine.yaml", "--data", data, code=3)
    assert "max_size 1B would still be exceeded by" in shown


def test_the_moment_ages_are_counted_from_is_the_present(data):
    file = data.parent / "mine.yaml"
    file.write_text(POLICY)
    later = call("retain", "--policy", file, "--json", "--data", data, code=3, at_ns=at(-365)).splitlines()
    assert json.loads(later[-1])["sums"]["trash"]["runs"] == 5
    assert json.loads(later[-1])["now"] == "2027-11-21T12:00:00.000000Z"


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        ("", "there is no retention policy"),
        ("retention: []", "an empty policy keeps everything"),
        ("retention: [{match: '', then: trash}]", "takes every run there is"),
        ("retention: [{match: 'status:complete', then: trash}]", "did you mean completed?"),
        ("retention: [{match: 'workflow:triag', then: trash}]", "did you mean 'triage'?"),
        ("retention: [{match: 'tag:nightly', then: trash}]", "no run has the tag 'nightly'"),
        ("retention: [{match: 'workflow:triage', keep: {last: 0}, then: trash}]", "0 is less than 1"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(data, policy, says):
    file = data.parent / "mine.yaml"
    file.write_text(policy)
    said = call("retain", "--policy", file, "--data", data, code=2)
    assert says in said and str(file) in said and said.count("\n") == 1


def test_a_plan_is_kept_in_a_new_file_that_tells_when_it_was_changed(data, tmp_path):
    (data / "flightlog.yaml").write_text(POLICY)
    file = tmp_path / "plan.json"
    shown = call("retain", "--save-plan", file, "--json", "--data", data, code=3).splitlines()
    rows = [row for row in map(json.loads, shown[:-1]) if row["action"] != "keep"]
    plan = restored(file.read_bytes(), str(file))
    assert [(one.run, one.action, one.why, one.rule) for one in plan.taken] == [
        (row["run"], row["action"], row["why"], row["rule"]) for row in rows
    ]
    assert plan.now == NOW and plan.policy.blocks[0].keep == Keep(last=2, daily=3) and plan.store == str(data)
    with flightlog.open(data, read_only=True) as store:
        assert all(store.runs.get(one.run).last_seq == one.last_seq > 0 for one in plan.taken)
    before = file.read_bytes()
    assert "the plan is not saved: File exists" in call("retain", "--save-plan", file, "--data", data, code=1)
    assert file.read_bytes() == before
    for changed in (before.replace(b'"archive"', b'"trash"', 1), before[:-9], b"[]", b"\xff"):
        with pytest.raises(Corrupt, match=r"plan\.json"):
            restored(changed, str(file))


def test_without_a_policy_it_says_what_to_write(data):
    assert "there is no retention policy; give `retention` a block" in call("retain", "--data", data, code=2)
