"""Lines as Codex writes them into a rollout, in their newest form and in an older one, and the run that they tell."""

import copy
from pathlib import Path

from flightlog.backends.sources.transcripts.codex import Codex
from flightlog.backends.sources.transcripts.telling import Asked, State, Teller

THREAD = "019aa000-1000-7000-8000-000000000001"
TURN = "019aa000-2000-7000-8000-000000000002"
CHILD = "019aa000-3000-7000-8000-000000000003"
PATH = Path(f"/home/ana/.codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-{THREAD}.jsonl")
CODEX = Codex()


def at(second, kind, payload, *, ordinal=None):
    numbered = {} if ordinal is None else {"ordinal": ordinal}
    return {"timestamp": f"2026-11-20T10:00:{second:02}.000Z", **numbered, "type": kind, "payload": payload}


def newest(*lines, turn=TURN):
    """Lines in the newest form: numbered, and each message with the turn it is of."""
    for second, (kind, given) in enumerate(lines):
        payload = copy.deepcopy(given)
        if kind == "response_item":
            payload["internal_chat_message_metadata_passthrough"] = {"turn_id": turn} | payload.pop("passed", {})
        yield at(second, kind, payload, ordinal=second)


def meta(**more):
    return (
        "session_meta",
        {
            "id": THREAD,
            "session_id": THREAD,
            "cwd": "/home/ana/web shop",
            "originator": "codex_exec",
            "cli_version": "0.169.0",
            "model_provider": "openai",
            "git": {"branch": "main"},
        }
        | more,
    )


def said(role, text, **more):
    kind = "output_text" if role == "assistant" else "input_text"
    return "response_item", {"type": "message", "role": role, "content": [{"type": kind, "text": text}]} | more


def item(**fields):
    return "response_item", fields


def event(kind, /, **fields):
    return "event_msg", {"type": kind} | fields


def done(**fields):
    return event("item_completed", turn_id=TURN, item=fields)


def used(response, total):
    usage = {"input_tokens": 900, "cached_input_tokens": 300, "output_tokens": 40, "reasoning_output_tokens": 10}
    return (
        "token_usage_record",
        {"turn_id": TURN, "response_id": response, "usage": usage, "thread_token_usage": {"total_tokens": total}},
    )


def counted(total, *, last=940):
    info = {
        "total_token_usage": {"input_tokens": total, "output_tokens": 40, "total_tokens": total + 40},
        "last_token_usage": {"input_tokens": last - 40 if last else 0, "output_tokens": 40 if last else 0},
    }
    return event("token_count", info=info)


GIVEN = said("user", "<environment_context>\n  <cwd>/home/ana</cwd>\n</environment_context>")
CONTEXT = "turn_context", {"turn_id": TURN, "cwd": "/home/ana/web shop", "model": "gpt-5.5"}
STARTED = event("task_started", turn_id=TURN)
PROMPT = said("user", "Mend the test.", passed={"content_item_kinds": ["user.text"]})
CALL = item(type="function_call", name="exec_command", arguments='{"cmd": "pytest"}', call_id="c1")
OUTPUT = item(
    type="function_call_output",
    call_id="c1",
    output="Chunk ID: 1a\nWall time: 0.1 seconds\nProcess exited with code 1\nOutput:\n1 failed\n",
)
COMMAND = done(type="CommandExecution", id="c1", status="failed", exit_code=1, aggregated_output="1 failed\n")
ANSWER = said("assistant", "Done.")
COMPLETE = event("task_complete", turn_id=TURN, last_agent_message="Done.")


def tell(*lines, path=PATH, calls=None):
    """The run of some lines, and its events after the first."""
    session = CODEX.session(path, lines)
    teller = Teller(CODEX, session, State(), Asked((calls or set()).__contains__, lambda cost, t, extra: None))
    for n, line in enumerate(lines):
        teller.take(n * 100, 99, line)
    teller.settle()
    if calls is not None:
        calls.update(teller.calls)
    return session, [fact.event for fact in teller.facts[1:]]


def of(events, kind):
    return [one for one in events if isinstance(one, kind)]


OLDER = [
    at(0, *meta(cli_version="0.60.0", model_provider=None)),
    at(1, *said("user", "# AGENTS.md instructions for /home/ana\n\n<INSTRUCTIONS>\nBe kind.\n</INSTRUCTIONS>")),
    at(1, *GIVEN),
    at(2, *said("user", "Mend the test.")),
    at(2, *event("user_message", message="Mend the test.", kind="plain")),
    at(2, "turn_context", {"cwd": "/home/ana/web shop", "model": "gpt-5-codex"}),
    at(3, *event("agent_reasoning", text="**Looking**")),
    at(3, *item(type="reasoning", summary=[{"type": "summary_text", "text": "**Looking**"}], encrypted_content="x")),
    at(3, *item(type="local_shell_call", call_id="c1", status="completed", action={"type": "exec", "command": ["ls"]})),
    at(3, *counted(900)),
    at(4, *item(type="function_call_output", call_id="c1", output='{"output":"a\\n","metadata":{"exit_code":0}}')),
    at(4, *counted(900)),
    at(5, *event("agent_message", message="Done.")),
    at(5, *said("assistant", "Done.")),
    at(5, *counted(1800)),
    at(5, *event("token_count", info=None)),
    at(6, *counted(1800, last=0)),
]
