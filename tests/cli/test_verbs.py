"""Every verb on recorded data, in both backends: what it prints, its JSON, its exit code."""

import json
import os
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.core import clock
from flightlog.tui.cli.main import VERBS, main
from flightlog.tui.signing import who

HOSTILE = "\x1b]52;c;UFdORUQ=\x07\x1b[2J[/INST] [@click=app.quit]x[/] \u202etxt.exe\x9b31m"


def call(*words, code=0):
    """What a verb printed on stdout; its exit code must be `code`."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def lines_of(*words, code=0):
    return [json.loads(line) for line in call(*words, code=code).splitlines()]


@pytest.fixture(params=["file", "sqlite"])
def data(request, tmp_path):
    """A data directory with one run that has some of everything, and a failed one."""
    with flightlog.open(tmp_path / "data", storage=request.param) as store:
        with store.run("triage", name="first", objective="sort", session="ana", project="office", tags=["mail"]) as run:
            run.snapshot("input", {"mails": 3})
            with run.step("plan", agent="planner") as step:
                step.log("3 candidates", candidates=3)
                step.cost(model="made-up", input_tokens=812, output_tokens=77, dollars="0.0031")
                run.checkpoint({"messages": ["a"], "plan": 1})
            run.warning("slow", kind="api_call")
            run.message("planner", "writer", "go on")
            run.item(1, "failed", error="gone")
            run.item(2, "completed")
            run.metric("score", 0.5)
        with pytest.raises(ValueError, match="no"), store.run("triage", name="second", parent=run.id):
            raise ValueError("no")
        store.workflows.store("triage", "a: 1\n", author="ana", note="first")
    return tmp_path / "data"


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


def test_save_and_version_give_the_text_back_byte_for_byte(data, tmp_path):
    text = "# kept: comment\nb:   2\na: [1,  2]\n"
    (tmp_path / "v.yaml").write_text(text)
    saved = json.loads(call("save", "triage", tmp_path / "v.yaml", "--note", "why", "--json", "--data", data))
    assert (saved["number"], saved["parents"], saved["note"]) == (2, [1], "why")
    assert call("version", "triage@2", "--data", data) == text
    assert call("version", "triage", "--data", data) == text
    call("version", "triage@nine", "--data", data, code=2)
    call("version", "triage@9", "--data", data, code=1)


def test_pin_tag_note_change_what_ls_finds(data):
    call("pin", "first", "--data", data)
    call("tag", "first", "second", "nightly", "--data", data)
    call("note", "first", "wrong date", "--data", data)
    assert [r["name"] for r in lines_of("ls", "pinned", "--json", "--data", data)] == ["first"]
    assert len(lines_of("ls", "tag:nightly", "--json", "--data", data)) == 2
    assert json.loads(call("show", "first", "--json", "--data", data))["notes"][0]["text"] == "wrong date"
    call("unpin", "first", "--data", data)
    call("tag", "--remove", "first", "nightly", "--data", data)
    assert not lines_of("ls", "pinned", "--json", "--data", data)
    assert [r["name"] for r in lines_of("ls", "tag:nightly", "--json", "--data", data)] == ["second"]
    call("pin", "nobody", "--data", data, code=1)
    call("tag", "first", "", "--data", data, code=2)
    call("note", "first", " ", "--data", data, code=2)
    call("--read-only", "pin", "first", "--data", data, code=1)


@pytest.mark.parametrize(("verb", "answer"), [("approve", True), ("reject", False)])
def test_approve_and_reject_reach_the_waiting_run(tmp_path, verb, answer):
    got = []
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("deploy") as run:
        waiter = threading.Thread(target=lambda: got.append(run.approve("Ship?", timeout=100)))
        waiter.start()
        end = time.monotonic() + 30
        while not any(a.status == "pending" for a in store.runs.approvals(run.id)):
            assert time.monotonic() < end
            time.sleep(0.01)
        call(verb, run.id, "--note", "seen", "--data", tmp_path / "data")
        waiter.join(30)
    assert got == [answer]
    call(verb, run.id, "--data", tmp_path / "data", code=1)


def test_doctor_finds_a_damaged_line_and_says_so_by_its_exit_code(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("triage") as run:
        run.info("whole")
    (journal,) = (tmp_path / "data" / "runs").glob("*/*.jsonl")
    journal.write_bytes(journal.read_bytes().replace(b"whole", b"wHole"))
    findings = lines_of("doctor", "--json", "--data", tmp_path / "data", code=3)
    assert any("checksum" in finding["what"] for finding in findings)


def test_doctor_puts_right_what_it_finds_and_says_before_what_it_would_do(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("triage") as run:
        run.info("whole")
    (journal,) = (tmp_path / "data" / "runs").glob("*/*.jsonl")
    journal.write_bytes(journal.read_bytes().replace(b"whole", b"wHole"))
    journal.chmod(0o644)
    shown = call("doctor", "--data", tmp_path / "data", code=3)
    assert shown == call("doctor", "--data", tmp_path / "data", code=3)
    assert "[--fix sets the bytes aside]" in shown
    assert "nobody can be asked" in call("doctor", "--fix", "--data", tmp_path / "data", code=2)
    assert journal.stat().st_mode & 0o777 == 0o644
    done = call("doctor", "--fix", "--yes", "--data", tmp_path / "data", code=0)
    assert "damaged-line: " in done
    assert "nothing is wrong any more" in done
    assert b"wHole" not in journal.read_bytes()
    again = lines_of("doctor", "--json", "--data", tmp_path / "data")
    assert {finding["severity"] for finding in again} <= {"note"}


def test_watch_prints_what_exists_and_what_comes(data):
    import subprocess
    import sys

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


def test_config_says_what_is_in_force_and_where_it_came_from(data):
    rows = lines_of("config", "--json", "--data", data)
    assert any(row["key"].startswith("storage.logs") and row["from"] for row in rows)


def test_mistakes_are_one_sentence_and_no_traceback(tmp_path):
    for words, code in (
        (["ls", "--data", str(tmp_path / "nothing")], 1),
        (["browse", str(tmp_path)], 2),
        (["demo", "--headless", "1"], 2),
        (["ls", "--data", str(tmp_path), "--config", str(tmp_path / "none.yaml")], 2),
    ):
        result = CliRunner().invoke(main, words)
        assert result.exit_code == code, (words, result.output)
        assert result.stderr.startswith("flightlog: ") and len(result.stderr.splitlines()) == 1
    assert CliRunner().invoke(main, ["ls", "--nope"]).exit_code == 2


def test_a_word_that_is_neither_verb_nor_file_is_not_opened_as_a_path_with_more_words(tmp_path):
    output = CliRunner().invoke(main, ["stats", "01j9"])
    assert output.exit_code == 2
    assert "there is no verb 'stats'" in output.output and "did you mean 'states'?" in output.output


def test_a_reader_that_has_seen_enough_is_no_failure(data):
    flightlog_ls = [sys.executable, "-c", "from flightlog.tui.cli.main import main; main()", "ls", "--data", str(data)]
    ended, end = os.pipe()
    os.close(ended)
    done = subprocess.run(flightlog_ls, stdout=end, stderr=subprocess.PIPE, check=False, timeout=60)
    os.close(end)
    assert (done.returncode, done.stderr) == (0, b"")


def test_log_lines_name_their_step(data):
    assert "[plan] 3 candidates" in call("logs", "first", "--data", data)
    assert "[plan] 3 candidates" in call("search", "candidates", "--data", data)


def test_a_first_word_that_is_no_verb_is_a_path(tmp_path):
    result = CliRunner().invoke(main, [str(tmp_path)])
    assert result.exit_code == 2 and "terminal" in result.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_with_examples(verb):
    shown = call(verb, "--help")
    assert "Examples:" in shown and f"flightlog {'' if verb == 'browse' else verb}" in shown
    assert "--data" in shown


def test_a_lineage_is_drawn_compared_and_pruned(data, tmp_path):
    (tmp_path / "b.yaml").write_text("# kept\na: 2\n")
    (tmp_path / "c.yaml").write_text("a: 3\n")
    call("save", "triage", tmp_path / "b.yaml", "--note", "second", "--data", data)
    call("save", "triage", tmp_path / "c.yaml", "--parent", "1", "--meta", "ticket=FL-1", "--data", data)
    merged = call("save", "triage", tmp_path / "b.yaml", "--parent", "3", "--parent", "2", "--json", "--data", data)
    assert json.loads(merged)["parents"] == [3, 2]
    shown = call("versions", "triage", "--data", data)
    assert [line.split("  ")[0].rstrip() for line in shown.splitlines()[1:5]] == ["●─╮", "● │", "├─●", "●"]
    assert call("versions", "triage", "--ascii", "--data", data).split("\n")[1].startswith("o-.")
    told = call("diff", "triage@1", "triage@2", "--data", data)
    assert told.splitlines()[2:] == ["@@ -1,2 +1,3 @@", "-a: 1", "+# kept", "+a: 2", " "]
    assert call("diff", "triage@3", "--data", data).splitlines()[0] == "--- triage@1  first"
    assert {line["kind"] for line in lines_of("diff", "triage@1", "triage@2", "--json", "--data", data)} == {
        "same", "added", "removed",
    }  # fmt: skip
    call("diff", "triage@1", "triage@9", "--data", data, code=1)
    call("diff", "triage", "--data", data, code=2)
    call("delete", "triage@2", "--data", data, code=2)  # nobody can be asked here
    call("delete", "triage@2", "--yes", "--data", data, code=1)
    call("delete", "triage", "--yes", "--data", data, code=2)
    left = json.loads(call("delete", "triage@2", "--force", "--yes", "--note", "a key in it", "--json", "--data", data))
    assert (left["deleted"]["note"], left["parents"], left["definition"]) == ("a key in it", [1], "")
    assert "deleted" in call("versions", "triage", "--data", data)
    rows = {row["number"]: row for row in lines_of("versions", "triage", "--json", "--data", data)}
    assert [rows[n]["kept"] for n in (1, 2, 3, 4)] == [True, False, True, True]
    assert (rows[2]["author"], rows[2]["note"], rows[2]["created"]) == (left["author"], left["note"], left["created"])
    saved = [act for act in lines_of("audit", "--json", "--data", data) if act["version"] == 2]
    assert [(act["action"], act["by"]) for act in saved] == [("delete", who()), ("save", left["author"])]
    assert rows[3]["meta"] == {"ticket": "FL-1"}
    call("version", "triage@2", "--data", data, code=1)


def test_a_version_edited_by_hand_is_shown_and_told(data):
    (path,) = [*data.rglob("v0001.yaml")]
    path.write_bytes(path.read_bytes() + b"b: 2\n")
    assert call("version", "triage@1", "--data", data, code=3).startswith("a: 1\nb: 2\n")
    assert "changed after it was saved" in call("versions", "triage", "--data", data)


def test_hostile_text_reaches_no_terminal(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        with store.run("triage", name=HOSTILE, objective=HOSTILE, tags=[HOSTILE]) as run:
            with run.step(HOSTILE, agent=HOSTILE) as step:
                step.log(HOSTILE, kind=HOSTILE, request_id=HOSTILE, **{HOSTILE: HOSTILE})
                step.cost(model=HOSTILE, provider=HOSTILE, input_tokens=1)
            run.checkpoint({HOSTILE: HOSTILE}, label=HOSTILE)
            run.message(HOSTILE, HOSTILE, HOSTILE)
            run.item(1, "failed", error=HOSTILE)
            run.snapshot("plan", HOSTILE)
            run.metric(HOSTILE, 1)
        store.runs.annotate(flightlog.core.annotations.Noted(run=run.id, text=HOSTILE, by=HOSTILE))
        point = store.checkpoints.list(run.id)[0].id
    data = ("--data", tmp_path / "data")
    for words in (
        ("ls",), ("show", run.id), ("logs", run.id), ("search", "INST"), ("states", run.id), ("state", point),
        ("costs", "--by", "model"), ("sessions",), ("workflows",), ("versions", "triage"), ("doctor",), ("config",),
        ("ls", "--json"), ("show", run.id, "--json"), ("logs", run.id, "--json"),
    ):  # fmt: skip
        result = CliRunner().invoke(main, [str(word) for word in (*words, *data)])
        assert result.exit_code in (0, 3), (words, result.output)
        for bad in ("\x1b", "\x07", "\x9b", "\u202e"):
            assert bad not in result.output.replace("\n", ""), (words, repr(bad))


def test_costs_tell_how_the_budgets_stand(tmp_path):
    (tmp_path / "flightlog.yaml").write_text(
        "budgets: [{per: day, max: 2}, {query: 'workflow:none', per: month, max: 20.5, warn: 0.5}]\n"
    )
    with flightlog.open(tmp_path) as store, store.run("triage") as run:
        run.cost("m", input_tokens=3, dollars="1.75")
        run.cost("", input_tokens=3)
    said = call("costs", "--by", "model", "--data", tmp_path)
    assert "at least $1.75 of $2.00" in said
    assert "above its warning mark" in said
    assert "$0.00 of $20.50" in said
    *groups, day, month = lines_of("costs", "--json", "--data", tmp_path)
    assert [group["cost_nanousd"] for group in groups] == [1_750_000_000]
    assert {key: day[key] for key in ("budget", "per", "spent_nanousd", "max_nanousd", "percent", "state")} == {
        "budget": "", "per": "day", "spent_nanousd": 1_750_000_000, "max_nanousd": 2_000_000_000, "percent": 87,
        "state": "near",
    }  # fmt: skip
    assert (day["at_least"], day["calls_without_price"], month["budget"]) == (True, 1, "workflow:none")


def test_costs_may_be_a_gate(tmp_path):
    config = tmp_path / "flightlog.yaml"
    config.write_text("budgets: [{per: day, max: 9}, {per: run, max: 2}, {per: version, max: 2, query: 'session:ana'}]")
    with flightlog.open(tmp_path) as store, store.run("triage", version=3) as run:
        run.cost("m", input_tokens=3, dollars="1.75")

    def gate(*words):
        return CliRunner().invoke(main, ["costs", "--gate", *words, "--data", str(tmp_path)])

    assert gate().exit_code == 0  # near its end is not spent
    config.write_text("budgets: [{per: day, max: 9}, {per: run, max: 1.75}, {per: version, max: 2}]")
    for words in ((), ("--json",), ("workflow:nothing",)):
        assert gate(*words).exit_code == 3
    assert CliRunner().invoke(main, ["costs", "--data", str(tmp_path)]).exit_code == 0
    said = gate().output
    assert "spent" in said and "triage@3" in said and "above its warning mark" in said
    *_, of_run, of_version = lines_of("costs", "--json", "--data", tmp_path)
    assert (of_run["of"], of_run["per"], of_run["since"], of_run["state"]) == (run.id, "run", None, "spent")
    assert (of_version["of"], of_version["percent"]) == ("triage@3", 87)


def run_of(data, name):
    (run,) = call("ls", "--ids", f"name:{name}", "--data", data).split()
    return run


def test_audit_tells_who_did_what_page_by_page(data):
    first = run_of(data, "first")
    call("pin", first, "--data", data)
    call("note", first, HOSTILE, "--data", data)
    call("tag", first, "nightly", "--data", data)
    rows = lines_of("audit", "--json", "--data", data)
    assert [row["action"] for row in rows] == ["tag", "note", "pin", "save"]
    assert [(row["what"], row["run"], row["by"] == who()) for row in rows[:2]] == [
        ("nightly", first, True),
        (HOSTILE, first, True),
    ]
    assert (rows[3]["workflow"], rows[3]["version"], rows[3]["by"], rows[3]["note"]) == ("triage", 1, "ana", "first")
    assert all(row["t"] for row in rows)
    shown = call("audit", "--data", data)
    assert shown.splitlines()[0].split() == ["Time", "By", "Did", "To", "What"]
    assert "\x1b" not in shown and "triage@1" in shown
    found, after = [], []
    for _ in range(len(rows)):
        result = CliRunner().invoke(main, ["audit", "--json", "--limit", "1", "--data", str(data), *after])
        found.append(json.loads(result.stdout))
        after = result.stderr.split()[-2:]
    assert found == rows and result.stderr == ""
    assert [row["action"] for row in lines_of("audit", "tag:nightly", "--json", "--data", data)] == [
        "tag",
        "note",
        "pin",
    ]
    assert lines_of("audit", "name:second", "--json", "--data", data) == []


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


def test_a_call_leads_to_its_log_lines(data):
    with flightlog.open(data) as store, store.run("triage", name="called") as run:
        for number in range(3):
            run.debug(f"calling {number}", request_id=f"req_{number}")
            run.cost(model="m", input_tokens=1, request_id=f"req_{number}")
    calls = json.loads(call("show", run.id, "--json", "--data", data))["costs"]
    request = calls[1]["request_id"]
    (line,) = lines_of("logs", run.id, "--request", request, "--json", "--data", data)
    assert (line["message"], line["request_id"]) == ("calling 1", "req_1")
