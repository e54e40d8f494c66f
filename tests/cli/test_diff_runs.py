"""`diff` of runs: what it prints, its JSON, and what it refuses."""

import json

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.tui.cli.main import main

HOSTILE = "\x1b[2J\u202etxt"


def call(*words, code=0):
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


@pytest.fixture
def data(tmp_path):
    with flightlog.open(tmp_path / "data") as store:
        for n, name in enumerate(("one", "two", "three" + HOSTILE)):
            with store.run("triage", name=name, version=1) as run:
                run.snapshot("input", {"mails": n, "limit": 4, HOSTILE: 1})
                with run.step("plan"):
                    pass
                if n:
                    with run.step("rank" + HOSTILE, kind="tool"):
                        pass
                run.checkpoint({"hits": n, "same": 1})
                run.metric("score", n / 2)
                if n == 2:
                    run.finish("failed")
    return tmp_path / "data"


def test_two_runs_are_told_apart_in_words_and_in_json(data):
    told = call("diff", "one", "two", "--data", data)
    lines = told.splitlines()
    assert any(line.split() == ["~", "input.mails", "0", "1"] for line in lines), told
    assert any(line.startswith("+ rank") for line in lines) and "limit" not in told
    assert any(line.startswith("steps: 1 of 2") for line in lines) and "\x1b" not in told
    everything = call("diff", "one", "two", "--all", "--part", "inputs", "--data", data)
    assert "input.limit" in everything and "steps:" not in everything
    rows = [json.loads(line) for line in call("diff", "one", "two", "--json", "--data", data).splitlines()]
    by_name = {(row["part"], row["name"]): row for row in rows}
    assert by_name["inputs", "input.mails"]["values"] == [0, 1]
    assert len(by_name["facts", "name"]["runs"]) == 2 and by_name["facts", "name"]["values"] == ["one", "two"]
    score = next(row for (part, name), row in by_name.items() if part == "metrics" and name == "score")
    assert (score["better"], score["best"], score["worst"], score["unit"]) == ("more", [1], [0], "number")
    (step,) = (row for row in rows if row["part"] == "steps")
    assert (step["kind"], step["has"], step["values"][0]) == ("added", [False, True], None)
    assert step["values"][1]["status"] == "completed" and by_name["states", "hits"]["kind"] == "changed"


def test_up_to_five_runs_and_nothing_else_are_compared(data):
    call("diff", "one", "two", "nobody", "--data", data, code=1)
    with flightlog.open(data) as store:
        ids = [run.id for run in store.runs.recent("triage")]
    told = call("diff", *ids, "--part", "facts", "--data", data)
    assert "failed" in told and "\u202e" not in told
    assert "cannot be compared" in CliRunner().invoke(main, ["diff", *ids, *ids, "--data", str(data)]).stderr
    assert "named twice" in CliRunner().invoke(main, ["diff", ids[0], ids[0], "--data", str(data)]).stderr
    call("diff", ids[0], "--data", data, code=2)
