"""The browser over transcripts while their programs write: rows, runs and messages change as lines come in."""

import json
import os
import threading
import time
from contextlib import closing
from datetime import UTC, datetime

import pytest
from flightlog.backends.sources.open_source import open_source
from flightlog.backends.sources.transcripts import index as indexing
from flightlog.backends.sources.transcripts.index import TranscriptIndex
from flightlog.tui.app import FlightlogApp
from seeing import loaded, shows, text_of, until

SESSION = "3e3f9a73-034c-49f7-85e6-343e16b5797d"


@pytest.fixture
def session(tmp_path):
    """A session that is being worked on: its process says so."""
    home = tmp_path / "claude"
    path = home / "projects" / "-home-ana-mail" / f"{SESSION}.jsonl"
    path.parent.mkdir(parents=True)
    (home / "sessions").mkdir()
    (home / "sessions" / "1.json").write_text(json.dumps({"pid": os.getpid(), "sessionId": SESSION}))
    writes(path, prompt("Sort the mails."))
    return path


@pytest.fixture
def app(session):
    with closing(open_source(session.parents[2], in_memory=True)) as store:
        yield FlightlogApp(lambda: store)


def writes(path, *lines):
    """A program writes lines."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    about = {"sessionId": path.stem, "timestamp": now, "cwd": "/home/ana/mail", "version": "2.1.197"}
    with path.open("ab") as file:
        file.write(b"".join(json.dumps(about | line).encode() + b"\n" for line in lines))


def prompt(text):
    return {"type": "user", "uuid": f"u {text}", "message": {"role": "user", "content": text}}


def answer(name, stop, *blocks):
    usage = {"input_tokens": 1000, "output_tokens": 200}
    message = {"id": name, "model": "claude-haiku-4-5-20251001", "role": "assistant", "content": list(blocks)}
    return {"type": "assistant", "uuid": name, "message": message | {"stop_reason": stop, "usage": usage}}


def said(text):
    return {"type": "text", "text": text}


CALL = answer("m1", "tool_use", {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "ls inbox"}})
RESULT = {
    "type": "user",
    "uuid": "r1",
    "message": {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "five mails"}]},
}
TITLE = {"type": "custom-title", "customTitle": "Mails of Monday"}


async def test_a_row_changes_as_its_transcript_grows_and_a_new_one_comes_in(app, session):
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        assert "Sort the mails." in await shows(pilot, "● 1", "mail")
        writes(session, CALL)
        await shows(pilot, "Bash", "~$0.002")
        writes(session, RESULT, answer("m2", "end_turn", said("They are sorted.")), TITLE)
        text = await shows(pilot, "✔  Mails of Monday", "● 0")
        assert "~$0.004" in text

        other = session.with_name("c12e2860-3aad-496b-96be-5fe4fb31905b.jsonl")
        writes(other, prompt("Write to Bob."), {"type": "assistant", "isApiErrorMessage": True} | failure("no credit"))
        await shows(pilot, "✖ 1", "no credit", "Mails of Monday")
        writes(session, prompt("And those of Sunday?"))
        await shows(pilot, "● 1", "✖ 1")


def failure(why):
    return {"uuid": "f", "message": {"id": "f", "model": "<synthetic>", "role": "assistant", "content": [said(why)]}}


async def test_the_newest_of_many_is_shown_while_the_rest_is_read(app, session, monkeypatch):
    monkeypatch.setattr(indexing, "_MUCH", 1)
    monkeypatch.setattr(indexing, "_SOME", 1)
    may, some, real = threading.Event(), [], TranscriptIndex._take_in_some

    def take_in_some(index):
        while some and not may.wait(0.05):
            index.progress.go_on()
        some.append(1)
        return real(index)

    monkeypatch.setattr(TranscriptIndex, "_take_in_some", take_in_some)
    for number in range(3):
        older = session.with_name(f"c12e2860-3aad-496b-96be-5fe4fb31905{number}.jsonl")
        writes(older, prompt("Sort them."), TITLE | {"customTitle": f"Older {number}"})
        os.utime(older, (1_700_000_000,) * 2)
    async with app.run_test(size=(120, 36)) as pilot:
        try:
            text = await shows(pilot, "Sort the mails.", "1 of 4")
            assert "Older" not in text
        finally:
            may.set()
        text = await shows(pilot, "Older 0", "Older 1", "Older 2")
        await until(pilot, lambda: " of 4" not in text_of(pilot.app.screen))


async def test_messages_steps_and_status_of_an_open_run_follow(app, session):
    async with app.run_test(size=(120, 36)) as pilot:
        await loaded(pilot)
        await pilot.press("enter")
        await shows(pilot, "● running", "Sort the mails.", "steps 1")
        writes(session, CALL)
        await shows(pilot, "steps 2", "costs 1", "messages 1")
        for _ in range(5):
            await pilot.press("right_square_bracket")
        await shows(pilot, "user → claude", "Sort the mails.")
        writes(session, RESULT, answer("m2", "end_turn", said("They are sorted.")))
        await shows(pilot, "They are sorted.", "messages 2")
        writes(session, prompt("Undo that."))
        await shows(pilot, "Undo that.", "messages 3")
        await until(pilot, lambda: "●" in text_of(pilot.app.screen).splitlines()[0])


async def test_what_its_program_removes_soon_is_told_in_the_run_and_where_one_would_keep_it(app, session):
    (session.parents[2] / ".last-cleanup").touch()
    old = time.time() - 29 * 86_400
    os.utime(session, (old, old))
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        await pilot.press("enter", "o")
        await shows(pilot, "Claude Code removes it in 24 h", "flightlog backup TO")
        await pilot.press("escape", "5")
        await shows(pilot, "Claude Code removes 1 run", "the first in 24 h", "after 30 days", "flightlog backup TO")
        await pilot.press("a")
        await until(pilot, lambda: "Claude Code" not in text_of(pilot.app.screen))
