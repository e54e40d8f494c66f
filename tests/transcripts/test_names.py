"""What runs are called: as people called the session, else as the program did, and otherwise when they do."""

import json
import shutil
from contextlib import closing

import pytest
from flightlog.backends.sources.open_source import open_source
from flightlog.backends.sources.transcripts import taking
from flightlog.core.query.query import EVERYTHING, parse
from recorded_transcripts import LONG_AGO, aged, rows_of, told_by

THREAD = "01a204b1-29d4-7d90-8d74-ce0405c22abd"
SESSION = "3e3f9a73-034c-49f7-85e6-343e16b5797d"


pytestmark = pytest.mark.usefixtures("always_walking")


def named(codex, *names, thread=THREAD, end="\n"):
    """Adds what a thread is called, as the program does."""
    with (codex / "session_index.jsonl").open("a") as file:
        for name in names:
            file.write(json.dumps({"id": thread, "thread_name": name, "updated_at": "2026-11-22T19:19:46Z"}) + end)


def name_of(index, thread=THREAD):
    return next(name for source_id, (name,) in rows_of(index, "name").items() if source_id.endswith(thread))


def test_a_thread_is_called_as_it_was_called_last(codex, index_of):
    named(codex, "Sort the mail", "Sorting mails")
    index = index_of(codex)
    assert name_of(index) == "Sorting mails"
    assert sorted(name for (name,) in rows_of(index, "name").values() if name) == ["Sorting mails", "count_mails"]


def test_who_calls_it_otherwise_while_it_is_looked_at_is_followed_and_no_line_is_read_again(codex, index_of, read):
    index = index_of(codex)
    assert name_of(index) == ""
    read.clear()
    named(codex, "Sorting \x1b[31mmails")
    index.refresh()
    assert (name_of(index), len(read)) == ("Sorting \x1b[31mmails", 1)
    index.refresh()
    assert len(read) == 1
    named(codex, "Another thread", thread="01a204b1-29d4-7d90-8d74-000000000000")
    (codex / "session_index.jsonl").write_text("[]\n{torn")
    index.refresh()
    assert name_of(index) == "Sorting \x1b[31mmails"


def test_the_beginning_of_the_run_tells_the_name_as_who_reads_it_anew_is_told(codex, index_of, tmp_path):
    index = index_of(codex, tmp_path / "index.db")
    named(codex, "Sorting mails")
    index.refresh()
    fresh = index_of(codex)
    assert told_by(index) == told_by(fresh)
    columns = "id", "name", "steps", "events", "nanousd"
    assert rows_of(index, *columns) == rows_of(fresh, *columns)


def test_who_begins_opens_none_for_a_name_that_is_known(codex, index_of, tmp_path, monkeypatch):
    named(codex, "Sorting mails")
    index_of(codex, tmp_path / "index.db")
    opened = []
    monkeypatch.setattr(taking, "opened", lambda path: opened.append(path))
    index_of(codex, tmp_path / "index.db")
    assert opened == []


def test_a_run_is_found_by_its_name_and_by_what_else_it_was_found_by(codex):
    with closing(open_source(codex, in_memory=True)) as store:
        assert len(store.runs.query(EVERYTHING, limit=100).items) == 10
        named(codex, "Zebra crossing")
        for words in ("zebra", "zebra status:completed", "How many mails are there"):
            found = [run.source_id[-36:] for run in store.runs.query(parse(words), limit=100).items]
            assert THREAD in found


@pytest.mark.parametrize("place", ["", "sessions", "sessions/2026/11/22", "one", "archived_sessions"])
def test_names_are_known_wherever_it_is_looked_from(codex, index_of, place):
    named(codex, "Sorting mails")
    (path,) = codex.rglob(f"*{THREAD}.jsonl")
    if place == "archived_sessions":
        (codex / place).mkdir()
        path = shutil.move(path, codex / place / path.name)
    assert name_of(index_of(path if place == "one" else codex / place)) == "Sorting mails"


def titled(path, kind, title):
    field = {"ai-title": "aiTitle", "custom-title": "customTitle", "summary": "summary"}[kind]
    with path.open("ab") as file:
        file.write(json.dumps({"type": kind, field: title, "sessionId": SESSION}).encode() + b"\n")
    aged(path, LONG_AGO - 1)


def test_a_session_of_claude_code_is_called_as_its_lines_say_and_a_persons_word_counts_most(claude, index_of):
    (path,) = claude.rglob(f"{SESSION}.jsonl")
    index = index_of(claude)
    seen = []
    for kind, title in [
        ("summary", "Another conversation"),
        ("ai-title", "Sort the inbox"),
        ("ai-title", "Sort the mails"),
        ("custom-title", "Mails"),
        ("ai-title", "Sort the inbox"),
        ("custom-title", "Sort the mails"),
    ]:
        titled(path, kind, title)
        index.refresh()
        seen.append(name_of(index, SESSION))
    assert seen == ["", "Sort the inbox", "Sort the mails", "Mails", "Mails", "Sort the mails"]
    assert told_by(index) == told_by(index_of(claude))


def test_a_title_is_no_reason_to_read_anything_else_again(claude, index_of, read):
    (path,) = claude.rglob(f"{SESSION}.jsonl")
    index = index_of(claude)
    read.clear()
    titled(path, "custom-title", "Mails")
    index.refresh()
    assert len(read) == 1
