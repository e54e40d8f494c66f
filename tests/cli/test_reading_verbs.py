"""Verbs that read, on recorded data, in both backends: what they print, their JSON, their exit codes."""

import json
import subprocess
import sys
import time
from datetime import datetime, timedelta

import flightlog
from calling import call, lines_of, run_of
from click.testing import CliRunner
from flightlog.backends.sql.run_repository import SqlRuns
from flightlog.core import clock
from flightlog.tui.cli.main import main


def test_ls_lists_newest_first_with_documented_fields(data):
    rows = lines_of("ls", "--json", "--data", data)
    assert [row["name"] for row in rows] == ["second", "first"]
    first = rows[1]
    wanted = (
        "id name objective plan_id attempt workflow version status started finished duration_s steps items "
        "items_failed "
        "events errors checkpoints input_tokens output_tokens cache_read_tokens cache_write_tokens cost_nanousd "
        "cost_provenance size_bytes session project parent tags pinned archived error"
    )
    assert set(wanted.split()) <= set(first)
    assert (first["items"], first["items_failed"], first["checkpoints"], first["steps"]) == (2, 1, 1, 1)
    assert (first["input_tokens"], first["cost_nanousd"], first["cost_provenance"]) == (812, 3_100_000, "recorded")
    assert first["version"] is None and first["tags"] == ["mail"] and first["size_bytes"] > 500
    assert rows[0]["status"] == "failed" and "no" in rows[0]["error"] and rows[0]["parent"] == first["id"]


def test_ls_filters_sorts_pages_and_prints_ids(data):
    (failed,) = lines_of("ls", "status:failed", "--json", "--data", data)
    assert failed["name"] == "second"
    by_cost = lines_of("ls", "--sort", "cost", "--json", "--data", data)
    assert [row["name"] for row in by_cost] == ["first", "second"]
    ids = call("ls", "--ids", "--data", data).split()
    assert ids == [row["id"] for row in lines_of("ls", "--json", "--data", data)]
    result = CliRunner().invoke(main, ["--data", str(data), "ls", "--limit", "1"])
    cursor = result.stderr.split("--after ")[1].split()[0]
    assert call("ls", "--ids", "--data", data, "--after", cursor).split() == ids[1:]


def test_runs_are_counted_only_where_a_list_is_not_shown_whole(data, monkeypatch):
    counted, count = [], SqlRuns.count
    monkeypatch.setattr(SqlRuns, "count", lambda runs, query: counted.append(str(query)) or count(runs, query))
    for words in (["ls"], ["ls", "status:failed"], ["ls", "--limit", "2"]):
        assert "second" in call(*words, "--data", data) and counted == [], words
    assert "1 of 2 runs; go on with --after" in call("ls", "--limit", "1", "--data", data) and len(counted) == 1
    assert "no runs match" in call("ls", "status:paused", "--data", data)


def test_an_empty_store_is_not_one_in_which_nothing_matches(tmp_path):
    with flightlog.open(tmp_path) as store:
        assert "there are no runs yet" in call("ls", "--data", tmp_path)
        store.run("w").finish()
    assert "no runs match" in call("ls", "status:failed", "--data", tmp_path)


def test_a_query_that_cannot_be_parsed_is_searched_as_text_and_says_so(data):
    result = CliRunner().invoke(main, ["ls", "cost>lots", "--data", str(data)])
    assert result.exit_code == 0
    assert "text" in result.stderr


def test_show_gives_everything_as_one_object(data):
    shown = json.loads(call("show", "first", "--json", "--data", data))
    assert shown["run"]["name"] == "first"
    assert [step["name"] for step in shown["steps"]] == ["plan"]
    assert [item["row_number"] for item in shown["items"]] == [1, 2]
    assert shown["messages"][0]["content"] == "go on"
    assert shown["snapshots"] == {"input": {"mails": 3}}
    assert shown["costs"][0]["cost_nanousd"] == 3_100_000
    assert shown["metrics"][0]["value"] == 0.5
    assert shown["logs"]["WARNING"] == 1 and len(shown["checkpoints"]) == 1 and len(shown["children"]) == 1
    page = call("show", "first", "--data", data)
    assert "planner" not in page and "plan" in page and "row 1: gone" in page


def test_events_are_the_recorded_bytes(data):
    run = call("ls", "--ids", "name:first", "--data", data).split()[0]
    printed = CliRunner().invoke(main, ["events", run, "--data", str(data)]).stdout_bytes
    with flightlog.open(data) as store:
        assert printed == b"".join(line + b"\n" for _, line in store.runs.events(run))
    assert len(printed.splitlines()) > 10


def test_people_see_local_times_and_programs_utc(data, monkeypatch):
    monkeypatch.setenv("TZ", "XXX-14")
    time.tzset()
    try:
        (point,) = lines_of("states", "first", "--json", "--data", data)
        entries = lines_of("logs", "first", "--json", "--data", data)
        for t, words in ((entries[0]["t"], ("logs", "first")), (point["t"], ("states", "first"))):
            assert datetime.fromisoformat(t).utcoffset() == timedelta(0)
            local = (datetime.fromisoformat(t) + timedelta(hours=14)).strftime("%Y-%m-%d %H:%M:%S")
            out = call(*words, "--data", data)
            assert local in out and t not in out
        assert (
            call("search", "candidates", "--data", data).split("  ")[1]
            == call("logs", "first", "--grep", "candidates", "--data", data).split("  ")[0]
        )
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_run_that_goes_on_took_until_now_everywhere(tmp_path, monkeypatch):
    store = flightlog.open(tmp_path / "data")
    with store, store.run("w", name="long") as run:
        run.log("begun")
        store.runs.get(run.id)
        later = clock.now_s() + 7200
        monkeypatch.setattr(clock, "now_s", lambda: later)
        (row,) = lines_of("ls", "--json", "--data", tmp_path / "data")
        assert 7200 <= row["duration_s"] < 7300
        for verb in (["ls"], ["show", "long"]):
            assert " 2:00:" in call(*verb, "--data", tmp_path / "data")
        monkeypatch.undo()


def test_search_finds_over_all_runs(data):
    (hit,) = lines_of("search", "CANDIDATES", "--json", "--data", data)
    assert hit["message"] == "3 candidates"
    assert not lines_of("search", "candidates", "status:failed", "--json", "--data", data)


def test_states_and_state(data):
    (point,) = lines_of("states", "first", "--json", "--data", data)
    assert json.loads(call("state", point["id"], "--data", data)) == {"messages": ["a"], "plan": 1}
    assert json.loads(call("state", point["id"], "--key", "plan", "--json", "--data", data)) == 1
    call("state", "01j9" + "0" * 22, "--data", data, code=1)
    assert point["id"] in call("states", "first", "--data", data)
    with flightlog.open(data) as store:
        branch = store.run("w", from_checkpoint=point["id"])
        branch.finish()
    (copy,) = lines_of("states", branch.id, "--json", "--data", data)
    assert copy["parent"] is None and copy["label"] == f"from run {point['run']}"
    assert point["id"] in call("states", branch.id, "--data", data)


def test_sessions_come_by_pages_and_say_how_to_go_on(tmp_path):
    with flightlog.open(tmp_path) as store:
        for name in ("ana", "bo", "cy"):
            with store.run("w", session=name):
                pass
    found, more = [], []
    for _ in range(3):
        done = CliRunner().invoke(main, ["sessions", "--json", "--limit", "1", *more, "--data", str(tmp_path)])
        found.append(json.loads(done.stdout)["id"])
        more = done.stderr.split()[-2:]
    assert found == ["cy", "bo", "ana"] and more == []
    refused = CliRunner().invoke(main, ["sessions", "--after", "x", "--data", str(tmp_path)])
    assert refused.exit_code and "is not a cursor of this list" in refused.stderr


def test_sessions_costs_workflows_and_versions(data):
    (session,) = [s for s in lines_of("sessions", "--json", "--data", data) if s["id"] == "ana"]
    assert session["runs"] == 1
    (model,) = lines_of("costs", "--by", "model", "--json", "--data", data)
    assert (model["model"], model["cost_nanousd"], model["calls"]) == ("made-up", 3_100_000, 1)
    (workflow,) = lines_of("workflows", "--json", "--data", data)
    assert (workflow["id"], workflow["versions"], workflow["runs"]) == ("triage", 1, 2)
    assert (workflow["completed"], workflow["failed"], bool(workflow["last_run"])) == (1, 1, True)
    rows = lines_of("versions", "triage", "--json", "--data", data)
    assert [row["number"] for row in rows] == [1, None]
    assert rows[1]["runs"] == 2 and rows[1]["success"] == 0.5
    call("versions", "nope", "--data", data, code=1)


def test_items_are_listed_with_what_the_next_attempt_made_of_them(data):
    first = run_of(data, "first")
    with flightlog.open(data) as store, store.run("triage", name="again", parent=first, attempt=2) as again:
        again.item(1, "completed")
    rows = lines_of("items", first, "--json", "--data", data)
    assert [(row["row_number"], row["status"], row["error"]) for row in rows] == [
        (1, "failed", "gone"),
        (2, "completed", ""),
    ]
    assert lines_of("items", first, "--json", "--status", "completed", "--data", data) == rows[1:]
    (retry,) = lines_of("items", first, "--retries", "--json", "--data", data)
    assert (retry["item"], retry["run"], retry["next"]["status"]) == (rows[0], again.id, "completed")
    assert again.id in call("items", first, "--retries", "--data", data)
    result = CliRunner().invoke(main, ["items", first, "--limit", "1", "--data", str(data)])
    assert call("items", first, "--after", result.stderr.split()[-1], "--data", data).count("completed") == 1
    call("items", first, "--retries", "--status", "completed", "--data", data, code=2)


def test_watch_prints_what_exists_and_what_comes(data):

    words = [
        sys.executable,
        "-c",
        "from flightlog.tui.cli.main import main; main()",
        "watch",
        "--existing",
        "--data",
        str(data),
    ]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as watching:
        seen = {json.loads(watching.stdout.readline())["name"] for _ in range(2)}
        with flightlog.open(data) as store, store.run("triage", name="third"):
            pass
        while json.loads(watching.stdout.readline())["name"] != "third":
            pass
        watching.kill()
    assert seen == {"first", "second"}


def test_checkpoints_name_their_step_as_a_person_does(data):
    (line,) = call("states", "first", "--data", data).splitlines()[1:]
    assert line.split()[4] == "plan"
