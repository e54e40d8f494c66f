"""What a person adds to runs from the command line, and the trail that tells of it."""

import json
import threading
import time

import flightlog
import pytest
from calling import HOSTILE, call, lines_of, run_of
from click.testing import CliRunner
from flightlog.core.events import ApprovalRequested, RunStarted
from flightlog.core.ids import new_ulid
from flightlog.core.signing import who
from flightlog.tui.cli.main import main


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


@pytest.mark.parametrize("words", ["pin first", "tag first x", "approve first", "delete w@1 --yes"])
def test_a_place_that_is_mistyped_is_told_and_not_made(tmp_path, words):
    said = CliRunner().invoke(main, [*words.split(), "--data", str(tmp_path / "dta")])
    assert (said.exit_code, said.stderr.count("there is no data directory")) == (1, 1)
    assert not list(tmp_path.iterdir())


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


def test_who_answers_a_run_that_is_lost_is_told_that_nobody_may_hear_it(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store:
        writer = store.recording.begin(RunStarted(run=new_ulid(), workflow="deploy"))
        writer.append(ApprovalRequested(approval="a", question="Ship?"))
        writer.close()
    said = CliRunner().invoke(main, ["approve", writer.run, "--data", str(tmp_path / "data")])
    assert (said.exit_code, said.stdout) == (0, f"{writer.run} approved: a\n")
    assert said.stderr == "flightlog: the run is lost: nobody may hear it\n"


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
