"""Fields of a rollout that hold anything whatever: no line raises, and each is as it would be read from a file."""

import copy
import json

import pytest
from flightlog.backends.sources.transcripts.fields import decoded
from flightlog.core import events as e
from rollout_lines import (
    ANSWER,
    CALL,
    CODEX,
    COMMAND,
    CONTEXT,
    GIVEN,
    OLDER,
    OUTPUT,
    PATH,
    PROMPT,
    STARTED,
    TURN,
    done,
    event,
    item,
    meta,
    newest,
    used,
)

BAD = [None, "", [], {}, float("inf"), -1, 10**30, "\ud800", True, [None], {"": []}, "x" * 5000, {"type": []}, "turn"]


def _places(value, at=()):
    yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inside:
        yield from _places(one, (*at, name))


def _with(line, place, value):
    line = inner = copy.deepcopy(line)
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    return line


ALL = [
    *newest(
        *(meta(), STARTED, GIVEN, CONTEXT, PROMPT, CALL, COMMAND, OUTPUT, used("r1", 940), ANSWER),
        done(type="FileChange", id="c2", status="completed", changes={"/a": {"type": "add", "move_path": None}}),
        done(type="McpToolCall", id="exec-3", tool="t", status="failed", error={"message": "no"}, result={"Err": "no"}),
        done(type="SubAgentActivity", id="c", kind="started", agent_path="/root/a"),
        item(type="agent_message", author="/root", recipient="/root/a", content=[{"text": "x"}]),
        item(type="web_search_call", id="w", status="completed", action={"type": "search", "query": "q"}),
        ("compacted", {"message": "x"}),
        event("turn_aborted", turn_id=TURN, reason="interrupted"),
        event("task_complete", turn_id=TURN, error={"message": "no", "codex_error_info": {"other": {}}}),
    ),
    *OLDER,
]


@pytest.mark.parametrize("n", range(len(ALL)))
def test_no_field_whatever_it_holds_raises(n):
    session = CODEX.session(PATH, ALL)
    for place in _places(ALL[n]):
        for bad in BAD if place else ():
            line = _with(ALL[n], place, bad)
            for told in CODEX.told(line, session):
                assert isinstance(told.event, e.Event)
            CODEX.time(line), CODEX.is_answer(line)
            CODEX.session(PATH, [*ALL[:n], line, *ALL[n + 1 :]])


def test_lines_are_as_they_would_be_read():
    assert all(decoded(json.dumps(line).encode()) == line for line in ALL)
