"""What a shell completes behind a verb: runs, workflows, words of a query; and nothing where nothing can be read."""

import flightlog
import pytest
from calling import run_of
from click.testing import CliRunner
from flightlog.tui.cli import completing
from flightlog.tui.cli.main import main


def completed(*words, data):
    told = {
        "COMP_WORDS": " ".join(["flightlog", *words]),
        "COMP_CWORD": str(len(words)),
        "_FLIGHTLOG_COMPLETE": "bash_complete",
        "FLIGHTLOG_DATA": str(data),
    }
    done = CliRunner().invoke(main, env=told, prog_name="flightlog")
    assert (done.exit_code, done.stderr) == (0, "")
    return [line.removeprefix("plain,") for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize("verb", ["show", "logs", "events", "states", "rm", "archive", "pin", "diff", "export"])
def test_runs_by_id_and_name(data, verb):
    first = run_of(data, "first")
    assert first in completed(verb, first[:24], data=data)
    assert completed(verb, "fir", data=data) == ["first"]


def test_workflows_their_versions_and_words_of_a_query(data):
    assert completed("versions", "tr", data=data) == ["triage"]
    assert completed("version", "triage@", data=data) == ["triage@1"]
    assert completed("show", "triage@", data=data) == ["triage@1"]
    assert completed("ls", "workflow:t", data=data) == ["workflow:triage"]


def test_another_sessions_runs_are_not_offered(data):
    assert completed("logs", "fir", data=data) == ["first"]
    assert completed("--session", "ben", "logs", "fir", data=data) == []


def test_what_cannot_be_typed_is_not_offered_and_a_store_that_is_not_there_is_not_made(tmp_path):
    with flightlog.open(tmp_path / "data") as store:
        store.run("w", name="rm -rf\x1b[2J", objective="\x1b[2J").finish()
    assert completed("logs", "rm", data=tmp_path / "data") == []
    assert completed("logs", '%*"', data=tmp_path / "data") == []
    assert completed("logs", "x", data=tmp_path / "none") == []
    assert not (tmp_path / "none").exists()


def test_where_no_store_is_nothing_is_offered_and_a_mistake_of_ours_is_not_hidden(data, tmp_path, monkeypatch):
    notes = tmp_path / "notes.txt"
    notes.write_text("no store")
    assert completed("show", "0", data=notes) == []
    monkeypatch.setattr(completing, "_runs", lambda store, typed: [1 / 0])
    with pytest.raises(AssertionError):
        completed("show", "0", data=data)
