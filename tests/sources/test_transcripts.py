"""Folders of transcripts are recognised by looking, and said to be what they are; nothing is written into them."""

import json
import os

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.backends.sources import transcripts
from flightlog.backends.sources.transcripts import transcripts_in
from flightlog.core.errors import ConfigError
from flightlog.tui.cli.main import main

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
CODEX = [{"timestamp": "2026-11-20T10:00:00.000Z", "type": "session_meta", "payload": {"id": "s", "cwd": "/x"}}]


def write(file, lines):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def home(tmp_path):
    """What lies in a person's home folder."""
    write(tmp_path / ".claude/projects/-home-ana-mail/0a1b.jsonl", CLAUDE)
    (tmp_path / ".claude/todos").mkdir()
    for n in range(50):
        (tmp_path / f".claude/todos/{n}.json").write_text("[]")
    write(tmp_path / ".codex/sessions/2026/11/20/rollout-x.jsonl", CODEX)
    return tmp_path


@pytest.mark.parametrize(
    ("place", "whose"),
    [
        (".claude", "Claude Code"),
        (".claude/projects", "Claude Code"),
        (".claude/projects/-home-ana-mail", "Claude Code"),
        (".claude/projects/-home-ana-mail/0a1b.jsonl", "Claude Code"),
        (".codex", "Codex"),
        (".codex/sessions/2026", "Codex"),
    ],
)
def test_transcripts_are_told_from_an_empty_store_and_nothing_is_written_there(home, place, whose):
    before = sorted(os.walk(home))
    with pytest.raises(ConfigError, match=f"transcripts of {whose}") as found:
        flightlog.open(home / place, create=False)
    assert found.value.advice and str(home / place) in str(found.value)
    shown = CliRunner().invoke(main, ["--data", str(home / place), "ls"])
    assert shown.exit_code == 2 and f"transcripts of {whose}" in shown.output and "\x1b" not in shown.output
    assert sorted(os.walk(home)) == before


def test_what_is_ours_and_what_is_recorded_is_never_refused(home):
    folder = home / ".claude/projects/-home-ana-mail"
    with flightlog.open(folder, storage="file") as store, store.run("triage") as run:  # an agent is never in doubt
        pass
    with flightlog.open(folder, create=False) as store:
        assert store.runs.get(run.id).workflow == "triage"
    with flightlog.open(home / "own", storage="file") as store, store.run("triage"):
        pass
    assert transcripts_in(home / "own") is None


def test_what_is_damaged_or_something_else_tells_nothing(tmp_path):
    write(tmp_path / "a.jsonl", [{"type": "user"}, {"sessionId": 5, "type": "x"}, [1], "text"])
    (tmp_path / "b.jsonl").write_bytes(b"\xff\xfe{" + b"[" * 100_000)
    (tmp_path / "c.jsonl").mkdir()
    assert transcripts_in(tmp_path) is None
    with flightlog.open(tmp_path, create=False) as store:
        assert store.runs.totals().runs == 0
    assert transcripts_in(tmp_path / "missing") is None


def test_only_the_beginnings_of_a_few_files_are_read(tmp_path, monkeypatch):
    read = []
    real = transcripts._lines
    monkeypatch.setattr(transcripts, "_lines", lambda file: read.append(file) or real(file))
    for n in range(40):
        write(tmp_path / f"{n % 7}/{n}.jsonl", [{"type": "note"}] * 50)
    assert transcripts_in(tmp_path) is None
    assert len(read) == transcripts.FILES
