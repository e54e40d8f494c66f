"""`metrics`, and what `show WORKFLOW@N` and `versions` say of outcomes."""

import json

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core.clock import pretending
from flightlog.core.metrics import Pattern
from flightlog.tui.cli.main import main

NOON = 1_795_262_400  # 2026-11-21T12:00:00Z
HOSTILE = "\x1b]52;x\x07\u202e"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("metrics") / "data"
    at = [0]
    with flightlog.open(folder) as store, pretending(lambda: at[0]):
        store.workflows.store("triage", "a: 1")
        store.workflows.store("triage", "a: 2")
        store.workflows.store("triage", "a: 3")
        for n in range(25):
            at[0] = (NOON + n * 43_200) * 1_000_000_000
            version = 1 if n < 12 else 2 if n < 24 else 3
            run = store.run("triage", version=version)
            with run.step("plan", attempt=1 + n % 2) as step:
                step.cost(model="m", input_tokens=100, **({} if n == 20 else {"dollars": f"0.0{version}"}))
            run.metric(f"score {HOSTILE}", version + n % 3)
            at[0] += (10 * version + n % 3) * 1_000_000_000
            run.finish("failed" if n < 8 else "completed")
        store.metrics.record_pattern(
            Pattern(workflow="triage", name=HOSTILE, description="at night", evidence=(run.id,))
        )
        store.run("loose").finish()
    return folder


def call(*words, code=0):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    for bad in ("\x1b", "\x07", "\u202e"):
        assert bad not in result.output
    return result.output


def test_a_summary_its_versions_what_they_reported_and_patterns(data):
    said = call("metrics", "triage", "--data", data)
    assert "25 ended: 17 completed, 8 failed  68% success" in said
    assert "calls of 1 run are not in the cost" in said
    heads = [line for line in said.splitlines() if line.split()[:1] in (["Version"], ["Metric"], ["Pattern"])]
    assert len(heads) == 3 and heads[0].split()[-2:] == ["No", "price"]
    assert "at night" in said
    found = json.loads(call("metrics", "triage", "--json", "--data", data))
    assert [(one["version"], one["runs"], one["too_few_runs"]) for one in found["versions"]] == [
        (1, 12, False),
        (2, 12, False),
        (3, 1, True),
    ]
    assert (found["summary"]["runs_without_price"], found["summary"]["retries"]) == (1, 12)
    assert (found["versions"][1]["p50_s"], found["versions"][1]["p95_s"]) == (21.0, 22.0)
    assert [one["values"] for one in found["reported"]] == [12, 12, 1]
    assert [one["name"] for one in found["patterns"]] == [HOSTILE]
    one = json.loads(call("metrics", "triage@2", "status:completed", "--json", "--data", data))
    assert [row["version"] for row in one["versions"]] == [2] and one["summary"]["runs"] == 12


def test_by_day_is_a_line_for_each_of_the_last_days_on_which_runs_ended(data):
    lines = [
        json.loads(line) for line in call("metrics", "triage", "--by", "day", "--json", "--data", data).split("\n")[:-1]
    ]
    assert len(lines) == 13 and sum(one["runs"] for one in lines) == 25
    assert (lines[0]["day"], lines[-1]["day"]) == ("2026-11-21", "2026-12-03")
    assert call("metrics", "triage", "--by", "day", "--days", 2, "--data", data).split("\n")[1].startswith("2026-12-02")


def test_two_versions_are_compared_with_intervals_and_methods(data):
    said = call("metrics", "triage", "--compare", 1, 2, "--data", data)
    assert "triage@2 against @1" in said and "Newcombe" in said and "Welch" in said
    found = json.loads(call("metrics", "triage", "--compare", 1, 2, "--json", "--data", data))
    assert found["success"]["clear"] and found["success"]["confidence"] == 0.95
    assert found["duration_s"]["difference"] == pytest.approx(10) and found["cost_nanousd"]["runs_after"] == 11
    assert "12 and 1 runs  too few runs" in call("metrics", "triage", "--compare", 2, 3, "--data", data)


def test_show_of_a_version_is_who_saved_it_its_outcome_and_the_change_against_the_parent(data):
    said = call("show", "triage@2", "--data", data)
    assert "parents     1" in said and "12 ended" in said and "against @1" in said and "better" in said
    assert "by day      success " in said and "2026-11-27 to 2026-12-03" in said
    found = json.loads(call("show", "triage@2", "--json", "--data", data))
    assert (found["number"], found["outcome"]["runs"], found["change"]["against"]) == (2, 12, 1)
    assert json.loads(call("show", "triage@1", "--json", "--data", data))["change"] is None
    assert "too few runs" in call("show", "triage@3", "--data", data)
    call("show", "triage@9", "--data", data, code=1)
    row = json.loads(call("versions", "triage", "--json", "--data", data).split("\n")[1])
    assert row["success_change_low"] > 0 and row["retries"] == 6 and row["against"] == 1


def test_the_first_version_with_which_a_figure_rose_is_told_with_its_interval(data):
    said = call("versions", "triage", "--rose", "cost", "--data", data, code=3)
    assert "cost per run first rose with @2" in said
    assert "against @1" in said
    assert "95% interval" in said
    found = json.loads(call("versions", "triage", "--rose", "cost", "--json", "--data", data, code=3))
    assert (found["version"], found["figure"], found["too_few"]) == (2, "cost", [3])
    assert found["changes"][0]["against"] == 1 and found["changes"][0]["clear"]
    said = call("versions", "triage", "--rose", "failures", "--data", data)
    assert "the share of failures rose with none of 1 version" in said and "too few runs (under 5) of @3" in said
    assert "too few runs to tell" in call("versions", "triage@1", "--rose", "cost", "--data", data)
    said = CliRunner().invoke(main, ["versions", "triage@9", "--rose", "cost", "--data", str(data)])
    assert (said.exit_code, said.stderr) == (
        1,
        "flightlog: there is no version 9 of triage; see `flightlog versions triage`\n",
    )
    call("versions", "nope", "--rose", "cost", "--data", data, code=1)
    call("versions", "triage@2", "--data", data, code=2)


def test_what_is_not_there_is_said(data):
    assert "no such workflow" in call("metrics", "nobody", "--data", data, code=1)
    assert "no version 99 of triage" in call("metrics", "triage", "--compare", "1", "99", "--data", data, code=1)
    assert "no version 99 of triage" in call("metrics", "triage@99", "--data", data, code=1)
    assert "1 ended" in call("metrics", "loose", "--data", data)
