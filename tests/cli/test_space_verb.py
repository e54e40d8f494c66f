"""`space`: what takes how much room, its JSON, and its exit codes."""

import json

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core import events as e
from flightlog.core.ids import new_ulid
from flightlog.tui.cli.main import main

HOSTILE = "\x1b]52;x\x07 [/b] \u202e"


@pytest.fixture(params=["file", "sqlite"])
def data(request, tmp_path):
    with flightlog.open(tmp_path / "data", storage=request.param) as store:
        for n in range(4):
            with store.run("triage" if n else "report", name=f"r{n}{HOSTILE}") as run:
                run.log("x" * 1000 * (n + 1))
                run.checkpoint({HOSTILE: ["x" * 300], "plan": n})
                run.artifact(__file__, name=HOSTILE)
        writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow=":index" + HOSTILE))
        writer.append(e.RunFinished(status="completed"))
        writer.close()
        store.runs.totals()
    return tmp_path / "data"


def call(data, *words, code=0):
    result = CliRunner().invoke(main, ["space", *words, "--data", str(data)])
    assert result.exit_code == code, (result.output, result.exception)
    assert not any(bad in result.output for bad in "\x1b\x07\u202e")
    return result


def rows(data, *words):
    return [json.loads(line) for line in call(data, *words, "--json").stdout.splitlines()]


def test_the_whole_store_level_by_level(data):
    said = call(data).stdout
    assert said.startswith("   Size") or "Size" in said.split("\n")[0]
    assert "3 runs  triage" in said and "in the whole store" in said
    top = rows(data)
    whole = {row["of_bytes"] for row in top}
    assert whole == {sum(row["size_bytes"] for row in top if not row["apart"])}
    assert {"triage", "report"} < {row["name"] for row in top if row["kind"] == "workflow"}
    (first, *_) = rows(data, "triage", "--limit", "2")
    assert first["run"]["workflow"] == "triage" and first["path"] == ["triage", first["name"]]
    parts = {row["kind"]: row for row in rows(data, *first["path"])}
    assert parts["logs"]["count"] == 1 and parts["artifacts"]["apart"]
    keys = {row["name"] for row in rows(data, "triage", first["name"], "states")}
    assert {"plan", HOSTILE} <= keys
    assert "+" in call(data, *first["path"]).stdout


def test_a_run_may_be_called_as_elsewhere(data):
    ends = {row["name"][-8:] for row in rows(data, "triage")}
    for end in ends:
        assert rows(data, end) == rows(data, "triage", end)
        assert rows(data, end, "events") == rows(data, "triage", end, "events")


def test_only_workflows_runs_or_parts(data):
    assert {row["kind"] for row in rows(data, "--by", "workflow")} == {"workflow"}
    runs = rows(data, "--by", "run", "--limit", "3")
    assert len(runs) == 3 and [-row["size_bytes"] for row in runs] == sorted(-row["size_bytes"] for row in runs)
    parts = rows(data, "--by", "part")
    assert (parts[0]["name"], parts[0]["count"]) == ("runs", 5)
    assert sum(row["size_bytes"] for row in parts) == parts[0]["of_bytes"]


def test_pages_and_orders(data):
    result = call(data, "triage", "--limit", "1", "--sort", "name", "--json")
    cursor = result.stderr.split()[-1]
    rest = rows(data, "triage", "--sort", "name", "--after", cursor)
    assert [json.loads(result.stdout)["run"]["name"][:2], *(row["run"]["name"][:2] for row in rest)] == [
        "r1",
        "r2",
        "r3",
    ]
    assert "not shown" in call(data, "triage", "--limit", "1").stdout


def test_wrong_use_and_what_is_not_there(data):
    assert "takes no PATH" in call(data, "triage", "--by", "run", code=2).stderr
    assert "nothing there takes room" in call(data, "none", code=1).stderr
    assert "nothing there takes room" in call(data, "triage", "none", code=1).stderr
    assert "ask without --session" in call(data, "--session", "ana", code=1).stderr
