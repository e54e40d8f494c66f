"""Codex's rollouts in their newest form: what they tell is told once, and rightly."""

import json
from pathlib import Path

import pytest
from flightlog.backends.sources.transcripts.codex_threads import run_id
from flightlog.core import events as e
from flightlog.core.events import encode
from rollout_lines import (
    ANSWER,
    CALL,
    CHILD,
    CODEX,
    COMMAND,
    COMPLETE,
    CONTEXT,
    GIVEN,
    OUTPUT,
    PATH,
    PROMPT,
    STARTED,
    THREAD,
    TURN,
    at,
    counted,
    done,
    event,
    item,
    meta,
    newest,
    of,
    said,
    tell,
    used,
)


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
