"""Codex's rollouts in older forms, and of threads that were taken from another: they say the same in other words."""

import copy
from pathlib import Path

import pytest
from flightlog.core import events as e
from rollout_lines import (
    ANSWER,
    CALL,
    CHILD,
    CODEX,
    COMPLETE,
    CONTEXT,
    OLDER,
    PATH,
    PROMPT,
    THREAD,
    TURN,
    at,
    counted,
    event,
    meta,
    newest,
    of,
    said,
    tell,
    used,
)


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
