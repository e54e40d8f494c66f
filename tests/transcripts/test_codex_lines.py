"""Codex's rollouts, in their newest form and in older ones: what they tell is told once, and rightly."""

import copy
import json
from pathlib import Path

import pytest
from flightlog.backends.sources.transcripts.codex import Codex
from flightlog.backends.sources.transcripts.codex_threads import run_id
from flightlog.backends.sources.transcripts.fields import decoded
from flightlog.backends.sources.transcripts.telling import Asked, State, Teller
from flightlog.core import events as e
from flightlog.core.events import encode

THREAD = "019aa000-1000-7000-8000-000000000001"
TURN = "019aa000-2000-7000-8000-000000000002"
CHILD = "019aa000-3000-7000-8000-000000000003"
PATH = Path(f"/home/ana/.codex/sessions/2026/11/20/rollout-2026-11-20T10-00-00-{THREAD}.jsonl")
CODEX = Codex()
BAD = [None, "", [], {}, float("inf"), -1, 10**30, "\ud800", True, [None], {"": []}, "x" * 5000, {"type": []}, "turn"]


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


# --- the newest form


def test_a_turn_is_told_with_its_prompt_and_ends_with_the_run():
    lines = newest(meta(), STARTED, GIVEN, CONTEXT, PROMPT, ANSWER, used("r1", 940), COMPLETE)
    session, events = tell(*lines)
    assert session.run == run_id(PATH, session.began)
    assert session.began == "2026-11-20T10:00:00.000000Z"
    assert (session.workflow, session.objective, session.agent) == ("web-shop", "Mend the test.", "codex")
    assert (session.session, session.project, session.parent) == (THREAD, "/home/ana/web shop", "")
    assert session.meta["branch"] == "main"
    assert session.meta["version"] == "0.169.0"
    model, begun, prompt, answer, cost, ended, finished = events
    assert model.meta == {"model": "gpt-5.5"}
    assert (begun.step, begun.name, begun.kind) == (TURN, "Mend the test.", "turn")
    assert (prompt.role, prompt.content, prompt.step) == ("user", "Mend the test.", TURN)
    assert (answer.role, answer.content) == ("assistant", "Done.")
    assert (ended.step, ended.status, finished.status) == (TURN, "completed", "completed")
    assert (cost.model, cost.provider, cost.request_id) == ("gpt-5.5", "openai", "r1")
    assert (cost.input_tokens, cost.cache_read_tokens, cost.output_tokens, cost.reasoning_tokens) == (900, 300, 40, 10)


def test_what_stands_twice_is_told_once():
    twice = [
        done(type="UserMessage", id="u", content=[{"type": "text", "text": "Mend the test."}]),
        done(type="Reasoning", id="r", summary_text=["**Looking**"]),
        item(type="reasoning", id="r", summary=[{"type": "summary_text", "text": "**Looking**"}], content=None),
        CALL,
        used("r1", 940),
        COMMAND,
        OUTPUT,
        counted(900),
        done(type="AgentMessage", id="m", content=[{"type": "Text", "text": "Done."}]),
        ANSWER,
        used("r2", 1880),
        counted(1800),
        counted(1800),
    ]
    _, events = tell(*newest(meta(), STARTED, CONTEXT, PROMPT, *twice, COMPLETE))
    assert [one.role for one in of(events, e.MessageSent)] == ["user", "thinking", "assistant"]
    assert [one.request_id for one in of(events, e.CostRecorded)] == ["r1", "r2"]
    call, step = of(events, e.StepStarted)[1], of(events, e.StepFinished)[0]
    assert (call.step, call.name, call.parent, call.input) == ("c1", "exec_command", TURN, {"cmd": "pytest"})
    assert (step.step, step.status, step.output) == ("c1", "failed", "1 failed\n")
    assert len(of(events, e.StepFinished)) == 2


@pytest.mark.parametrize(
    ("output", "status", "shown"),
    [
        ("Wall time: 0.1 seconds\nProcess exited with code 0\nOutput:\nok\n", "completed", "ok\n"),
        ("Wall time: 0.1 seconds\nProcess exited with code 2\nOutput:\nno\n", "failed", "no\n"),
        ("Wall time: 0.1 seconds\nProcess running with session ID 1\nOutput:\nso far\n", "completed", "so far\n"),
        ("Exit code: 1\nWall time: 0 seconds\nOutput:\nno\n", "failed", "no\n"),
        ('{"output":"no\\n","metadata":{"exit_code":127,"duration_seconds":0.1}}', "failed", "no\n"),
        ('{"output":"ok\\n","metadata":{"exit_code":0,"duration_seconds":0.1}}', "completed", "ok\n"),
        ("Process exited with code 1 is what it said", "completed", "Process exited with code 1 is what it said"),
        ("unsupported call: no_such_tool", "failed", "unsupported call: no_such_tool"),
        ("failed to parse function arguments: x", "failed", "failed to parse function arguments: x"),
        ("Wall time: 5.0 seconds\naborted by user", "skipped", "Wall time: 5.0 seconds\naborted by user"),
        ([{"type": "input_text", "text": "Script failed\nOutput:\n"}, {"text": "Error"}], "failed", "Error"),
        ([{"type": "input_text", "text": "Script completed\nOutput:\n"}, {"text": "5"}], "completed", "5"),
        ({"content": "no", "success": False}, "failed", "no"),
        ("", "completed", ""),
    ],
)
def test_how_a_call_ended_is_read_off_its_output(output, status, shown):
    lines = newest(meta(), CONTEXT, PROMPT, CALL, item(type="function_call_output", call_id="c1", output=output))
    step = of(tell(*lines)[1], e.StepFinished)[0]
    assert (step.step, step.status, step.output) == ("c1", status, shown)
    assert (step.error is not None) == (status == "failed")


def test_the_bytes_of_an_image_are_not_told():
    image = {"type": "input_image", "image_url": "data:image/png;base64," + "A" * 9000}
    asked = item(type="message", role="user", content=[{"type": "input_text", "text": "What is it?"}, image])
    shown = item(type="function_call_output", call_id="c1", output=[image])
    session, events = tell(*newest(meta(), CONTEXT, asked, CALL, shown))
    assert session.objective == "What is it?"
    assert all(len(encode(one)) < 1000 for one in events)


def test_files_that_were_changed_are_told_once_and_those_that_were_deleted_are_not():
    changes = {"/home/ana/web shop/cart.py": {"type": "update", "move_path": None}, "/old.py": {"type": "delete"}}
    call = item(type="custom_tool_call", name="apply_patch", call_id="c2", input="*** Begin Patch")
    change = done(type="FileChange", id="c2", status="completed", changes=changes, stdout="Success.")
    report = "Exit code: 0\nOutput:\nSuccess. Updated the following files:\nA new.md\nM cart.py\nD old.py\n"
    output = item(type="custom_tool_call_output", call_id="c2", output=report)
    _, events = tell(*newest(meta(), CONTEXT, PROMPT, call, change, output))
    made = of(events, e.ArtifactMade)
    assert [one.path for one in made] == ["/home/ana/web shop/cart.py", "/home/ana/web shop/new.md"]
    assert {one.step for one in made} == {"c2"}


def test_what_a_script_of_the_model_runs_are_steps_of_their_own():
    script = item(type="custom_tool_call", name="exec", call_id="c3", input="await tools.exec_command({cmd: 'ls'})")
    ran = done(type="CommandExecution", id="exec-1", status="failed", exit_code=2, aggregated_output="", command=["ls"])
    late = done(type="CommandExecution", id="exec-2", status="failed", exit_code=-1, command=["sleep", "99"])
    _, events = tell(*newest(meta(), CONTEXT, PROMPT, script, ran, COMPLETE, late))
    started, ended = of(events, e.StepStarted), of(events, e.StepFinished)
    assert [one.step for one in started] == [TURN, "c3", "exec-1"]
    assert (ended[0].step, ended[0].status, ended[0].error.message) == ("exec-1", "failed", "exit code 2")
    assert not of(events, e.RunResumed)
    assert isinstance(events[-1], e.RunFinished)


def test_a_late_end_of_a_command_changes_nothing():
    aborted = item(type="function_call_output", call_id="c1", output="aborted by user")
    lines = newest(meta(), CONTEXT, PROMPT, CALL, aborted, event("turn_aborted", reason="interrupted"), COMMAND)
    _, events = tell(*lines)
    assert [one.status for one in of(events, e.StepFinished)] == ["skipped", "skipped"]
    assert of(events, e.Logged)[0].level == "WARNING"
    assert events[-1].status == "cancelled"


@pytest.mark.parametrize("info", ["internal_server_error", {"internal_server_error": {"http_status_code": 500}}])
def test_an_error_that_ends_a_turn_ends_the_run(info):
    error = {"message": "high demand", "codex_error_info": info}
    _, events = tell(*newest(meta(), CONTEXT, PROMPT, event("task_complete", turn_id=TURN, error=error)))
    log, step, run = events[-3:]
    assert (log.level, log.message) == ("ERROR", "high demand")
    assert step.status == run.status == "failed"
    assert step.error == run.error == e.Fault(type="internal_server_error", message="high demand")


def test_a_turn_without_a_prompt_begins_with_what_is_said_first():
    again = CHILD
    compaction = newest(event("task_started", turn_id=again), ANSWER, turn=again)
    first = list(newest(meta(), CONTEXT, PROMPT, ANSWER, COMPLETE))
    compacted = at(9, "compacted", {"message": "a summary", "replacement_history": [PROMPT[1]]}, ordinal=9)
    _, events = tell(*first, *compaction, compacted, at(10, *event("task_complete", turn_id=again), ordinal=10))
    assert [(one.step, one.name) for one in of(events, e.StepStarted)] == [(TURN, "Mend the test."), (again, "turn")]
    assert [(one.level, one.kind) for one in of(events, e.Logged)] == [("INFO", "compact")]
    assert len(of(events, e.MessageSent)) == 3


def test_a_subagent_is_a_run_whose_parent_is_the_run_that_spawned_it(tmp_path):
    parent = tmp_path / "11/20" / PATH.name
    parent.parent.mkdir(parents=True)
    parent.write_text(json.dumps(at(0, *meta())) + "\n")
    spawned = {"subagent": {"thread_spawn": {"parent_thread_id": THREAD, "depth": 1}}}
    own = {"id": CHILD, "session_id": THREAD, "source": spawned, "agent_path": "/root/count_mails"}
    task = "Message Type: NEW_TASK\nTask name: /root/count_mails\nSender: /root\nPayload:\n"
    told = item(type="agent_message", author="/root", recipient="/root/count_mails", content=[{"text": task}])
    lines = list(newest(meta(**own), CONTEXT, told, ANSWER, COMPLETE, turn=CHILD))
    (tmp_path / "11/19").mkdir()
    for day in ("20", "21"):
        path = tmp_path / "11" / day / PATH.name.replace(THREAD, CHILD)
        session, events = tell(*lines, path=path)
        assert session.parent == run_id(parent, "2026-11-20T10:00:00.000000Z")
        assert (session.name, session.session) == ("count_mails", THREAD)
    assert of(events, e.StepStarted)[0].name == "count_mails"
    (task,) = of(events, e.MessageSent)[:1]
    assert (task.sender, task.recipient) == ("/root", "codex")
    parent.unlink()
    assert CODEX.session(path, lines).parent == ""


def test_a_rollout_that_was_moved_to_the_archive_is_the_same_run():
    began = "2026-11-20T10:00:00.000000Z"
    assert run_id(PATH, began) == run_id(Path("/home/ana/.codex/archived_sessions") / PATH.name, began)


def test_a_file_is_a_rollout_by_its_name():
    assert CODEX.is_transcript(PATH)
    assert not CODEX.is_transcript(PATH.with_suffix(".jsonl.zst"))
    assert not CODEX.is_transcript(Path("rollout-x.jsonl"))
    assert not CODEX.is_transcript(Path("history.jsonl"))


def test_a_session_is_no_run_before_anything_was_asked():
    opened = list(newest(meta(), STARTED, GIVEN, CONTEXT))
    assert CODEX.session(PATH, opened) is None
    assert CODEX.session(PATH, [*opened, *newest(PROMPT)]) is not None


def test_a_person_may_write_what_looks_like_the_program_and_be_shown_so():
    added = said("user", "<skill>given", passed={"content_item_kinds": ["skills.skill"]})
    asked = said("user", "<skill>what is this?", passed={"content_item_kinds": ["user.text"]})
    shell = said("user", "<user_shell_command>ls", passed={"content_item_kinds": ["user.shell_command"]})
    session, events = tell(*newest(meta(), CONTEXT, added, shell, asked))
    assert session.objective == "<skill>what is this?"
    assert [one.content for one in of(events, e.MessageSent)] == ["<skill>what is this?"]


# --- forks, and older forms


def test_lines_of_the_thread_that_a_subagent_was_taken_from_are_not_told():
    old = [at(1, *PROMPT, ordinal=1), at(1, *used("r1", 940), ordinal=2), at(1, *COMPLETE, ordinal=3)]
    own = copy.deepcopy(list(newest(CONTEXT, said("user", "Go on."), used("r2", 1880), turn=CHILD)))
    for n, line in enumerate(own):
        line["ordinal"] = 4 + n
    begin = at(0, *meta(id=CHILD, subagent_history_start_ordinal=4), ordinal=0)
    _, events = tell(begin, *old, *own, path=Path(str(PATH).replace(THREAD, CHILD)))
    assert [one.content for one in of(events, e.MessageSent)] == ["Go on."]
    assert [one.request_id for one in of(events, e.CostRecorded)] == ["r2"]
    assert not of(events, e.RunFinished)


def test_a_turn_that_is_older_than_its_thread_is_of_another():
    old = [at(1, *COMPLETE), at(1, *event("turn_aborted", turn_id=TURN))]
    begin = at(0, *meta(id=CHILD, forked_from_id=THREAD))
    _, events = tell(begin, *old, at(2, *said("user", "Go on.")), at(3, "turn_context", {"model": "gpt-5"}))
    assert [type(one) for one in events] == [e.StepStarted, e.MessageSent, e.RunMeta]


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


def test_older_rollouts_say_the_same_in_other_words():
    session, events = tell(*OLDER)
    assert session.objective == "Mend the test."
    assert [one.role for one in of(events, e.MessageSent)] == ["user", "thinking", "assistant"]
    begun, call = of(events, e.StepStarted)
    assert (begun.name, begun.kind) == ("Mend the test.", "turn")
    assert (call.name, call.parent, call.input["command"]) == ("local_shell", begun.step, ["ls"])
    assert [(one.step, one.status, one.output) for one in of(events, e.StepFinished)] == [("c1", "completed", "a\n")]
    costs = of(events, e.CostRecorded)
    assert [(one.model, one.provider, one.input_tokens, one.output_tokens) for one in costs] == 2 * [
        ("gpt-5-codex", "openai", 900, 40)
    ]


def test_each_prompt_of_an_older_rollout_begins_a_turn():
    _, events = tell(*OLDER, at(8, *said("user", "Again.")), at(8, *said("user", "<user_shell_command>ls")))
    assert [one.name for one in of(events, e.StepStarted) if one.kind == "turn"] == ["Mend the test.", "Again."]
    assert of(events, e.Logged)[0].level == "DEBUG"


def test_a_turn_that_was_answered_is_completed_though_the_next_one_says_its_model_again():
    context = at(7, "turn_context", {"cwd": "/home/ana/web shop", "model": "gpt-5-codex"})
    _, events = tell(*OLDER, context, at(8, *said("user", "Again.")))
    assert of(events, e.StepFinished)[1].status == "completed"
    assert len(of(events, e.RunMeta)) == 1


def test_requests_that_a_fork_repeats_are_those_of_the_thread_it_was_taken_from():
    calls = set()
    tell(*OLDER, calls=calls)
    fork = [at(7, *meta(id=CHILD, forked_from_id=THREAD)), *OLDER, at(9, *counted(2700))]
    _, events = tell(*fork, path=Path(str(PATH).replace(THREAD, CHILD)), calls=calls)
    assert len(of(events, e.CostRecorded)) == 1


@pytest.mark.parametrize(
    ("line", "level", "message"),
    [
        (event("stream_error", message="stream disconnected"), "WARNING", "stream disconnected"),
        (event("warning", message="long threads"), "WARNING", "long threads"),
        (event("error", message="no room", codex_error_info=None), "ERROR", "no room"),
        (event("thread_rolled_back", num_turns=1), "INFO", "turns were taken back"),
    ],
)
def test_what_went_wrong_is_logged(line, level, message):
    _, events = tell(*OLDER, at(8, *line))
    assert [(one.level, one.message) for one in of(events, e.Logged)] == [(level, message)]


def test_an_answer_is_what_the_agent_says_last():
    assert CODEX.is_answer(at(1, *ANSWER))
    assert not CODEX.is_answer(at(1, *said("assistant", "I look.", phase="commentary")))
    assert not CODEX.is_answer(at(1, *PROMPT))
    assert not CODEX.is_answer(at(1, *CALL))
    assert not CODEX.is_answer({})


# --- whatever stands there


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
