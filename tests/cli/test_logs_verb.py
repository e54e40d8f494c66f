"""`flightlog logs`: which entries it prints, that it follows, and what it says of each."""

import json
import threading

import flightlog
import pytest
from calling import call, lines_of
from click.testing import CliRunner
from flightlog.tui.cli.main import main


def test_logs_filter_by_level_step_and_regex(data):
    assert [e["message"] for e in lines_of("logs", "first", "--json", "--data", data)] == ["3 candidates", "slow"]
    assert [e["message"] for e in lines_of("logs", "first", "--level", "warning", "--json", "--data", data)] == ["slow"]
    assert [e["message"] for e in lines_of("logs", "first", "--step", "plan", "--json", "--data", data)] == [
        "3 candidates"
    ]
    assert [e["message"] for e in lines_of("logs", "first", "--grep", r"^\d+ CAND", "--json", "--data", data)] == [
        "3 candidates"
    ]
    call("logs", "first", "--grep", "(", "--data", data, code=2)
    call("logs", "first", "--step", "nope", "--data", data, code=2)


def test_logs_follow_ends_when_the_run_ends(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        run = store.run("slow")
        run.info("one")

        def go_on():
            run.info("two")
            run.finish()

        timer = threading.Timer(0.7, go_on)
        timer.start()
        out = call("logs", run.id, "-f", "--data", tmp_path / "data")
        timer.join()
    assert out.index("one") < out.index("two")


def test_who_asks_for_a_step_of_a_run_without_steps_is_told_so(tmp_path):
    with flightlog.open(tmp_path) as store:
        store.run("w", name="bare").finish()
    said = CliRunner().invoke(main, ["logs", "bare", "--step", "fetch", "--data", str(tmp_path)])
    assert said.stderr.endswith("; the run has no steps: leave the option out\n")


def test_log_lines_name_their_step(data):
    assert "[plan] 3 candidates" in call("logs", "first", "--data", data)
    assert "[plan] 3 candidates" in call("search", "candidates", "--data", data)


def test_a_call_leads_to_its_log_lines(data):
    with flightlog.open(data) as store, store.run("triage", name="called") as run:
        for number in range(3):
            run.debug(f"calling {number}", request_id=f"req_{number}")
            run.cost(model="m", input_tokens=1, request_id=f"req_{number}")
    calls = json.loads(call("show", run.id, "--json", "--data", data))["costs"]
    request = calls[1]["request_id"]
    (line,) = lines_of("logs", run.id, "--request", request, "--json", "--data", data)
    assert (line["message"], line["request_id"]) == ("calling 1", "req_1")


@pytest.mark.parametrize("words", [["search", "nowhere"], ["logs", "first", "--grep", "nowhere"], ["logs", "second"]])
def test_who_finds_nothing_is_told_so(data, words):
    result = CliRunner().invoke(main, [*words, "--data", str(data)])
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no entries match\n")
