"""Folders of transcripts are recognised by looking, and said to be what they are; nothing is written into them."""

import json
import os

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.backends.sources.transcripts import recognising
from flightlog.backends.sources.transcripts.recognising import whose
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.cli.main import main

SESSION = "3e3f9a73-034c-49f7-85e6-343e16b5797d"
CLAUDE = [
    {"type": "summary", "summary": "Mend the \x1b[31mtest", "leafUuid": "b"},
    {
        "type": "user",
        "uuid": "a",
        "parentUuid": None,
        "sessionId": "s",
        "timestamp": "2026-11-20T10:00:00.000Z",
        "message": {"role": "user", "content": "mend it"},
    },
]
ASKED = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "done"}]}
CODEX = [
    {"timestamp": "2026-11-20T10:00:00.000Z", "type": "session_meta", "payload": {"id": "s", "cwd": "/x"}},
    {"timestamp": "2026-11-20T10:00:01.000Z", "type": "response_item", "payload": ASKED},
]


def write(file, lines):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def home(tmp_path):
    """What lies in a person's home folder."""
    write(tmp_path / f".claude/projects/-home-ana-mail/{SESSION}.jsonl", CLAUDE)
    (tmp_path / ".claude/todos").mkdir()
    for n in range(50):
        (tmp_path / f".claude/todos/{n}.json").write_text("[]")
    write(tmp_path / f".codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-{SESSION}.jsonl", CODEX)
    return tmp_path


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        (".claude", "claude-code"),
        (".claude/projects", "claude-code"),
        (".claude/projects/-home-ana-mail", "claude-code"),
        (f".claude/projects/-home-ana-mail/{SESSION}.jsonl", "claude-code"),
        (".codex", "codex"),
        (".codex/sessions/2026", "codex"),
    ],
)
def test_transcripts_are_told_from_an_empty_store_and_nothing_is_written_there(home, place, kind):
    before = sorted(os.walk(home))
    assert whose(home / place) == kind
    with flightlog.open(home / place, create=False) as store:
        assert store.read_only
        assert {run.source for run in store.runs.query(EVERYTHING).items} == {kind}
    shown = CliRunner().invoke(main, ["--data", str(home / place), "ls"])
    assert shown.exit_code == 0 and "\x1b" not in shown.output
    assert sorted(os.walk(home)) == before


def test_a_single_one_is_known_by_its_lines_whatever_its_name_is(home):
    copy = home / "yesterday.jsonl"
    (home / f".claude/projects/-home-ana-mail/{SESSION}.jsonl").rename(copy)
    with flightlog.open(copy) as store:
        assert [run.source_id for run in store.runs.query(EVERYTHING).items] == ["yesterday"]


def test_what_is_ours_and_what_is_recorded_is_never_refused(home):
    folder = home / ".claude/projects/-home-ana-mail"
    with flightlog.open(folder, storage="file") as store, store.run("triage") as run:  # an agent is never in doubt
        pass
    with flightlog.open(folder, create=False) as store:
        assert store.runs.get(run.id).workflow == "triage"
    with flightlog.open(home / "own", storage="file") as store, store.run("triage"):
        pass
    assert whose(home / "own") is None


def test_what_is_damaged_or_something_else_tells_nothing(tmp_path):
    write(tmp_path / "a.jsonl", [{"type": "user"}, {"sessionId": 5, "type": "x"}, [1], "text"])
    (tmp_path / "b.jsonl").write_bytes(b"\xff\xfe{" + b"[" * 100_000)
    (tmp_path / "c.jsonl").mkdir()
    assert whose(tmp_path) is None
    with flightlog.open(tmp_path, create=False) as store:
        assert store.runs.totals().runs == 0
    assert whose(tmp_path / "missing") is None


def test_only_the_beginnings_of_a_few_files_are_read(tmp_path, monkeypatch):
    read = []
    real = recognising._lines
    monkeypatch.setattr(recognising, "_lines", lambda file: read.append(file) or real(file))
    for n in range(40):
        write(tmp_path / f"{n % 7}/{n}.jsonl", [{"type": "note"}] * 50)
    assert whose(tmp_path) is None
    assert len(read) == recognising.FILES
