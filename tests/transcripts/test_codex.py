"""What runs become of Codex's rollouts."""

import json
from collections import Counter
from contextlib import closing

import pytest
from flightlog.backends.sources.open_source import open_source
from flightlog.backends.sources.transcripts import taking
from flightlog.core.clock import to_seconds
from flightlog.core.events import TYPES, decode
from flightlog.core.query.query import EVERYTHING
from recorded_transcripts import LONG_AGO, aged, rows_of, told_by

TYPE = {kind: name for name, kind in TYPES.items()}
TWO_TOOLS, RESUMED, FORK, KILLED = "98bf9956fb3", "bbb01d8d6f6", "7b91569a6f9", "6d31b37ab1c"
BROKEN, INTERRUPTED, PARENT, CHILD = "e6876412de2", "e0405c22abd", "c3e126dea4f", "8697b859393"
SCRIPTED, HOSTILE = "aaac066684a", "ba392eff925"


@pytest.fixture
def store(codex):
    with closing(open_source(codex, in_memory=True)) as found:
        yield found


@pytest.fixture
def runs(store):
    """Runs by the end of what their program calls them."""
    return {run.source_id[-11:]: store.runs.get(run.id) for run in store.runs.query(EVERYTHING, limit=100).items}


def path_of(codex, name):
    (path,) = codex.rglob(f"*{name}.jsonl")
    return path


def payloads(path, kind):
    lines = [json.loads(line) for line in path.read_bytes().split(b"\n") if line]
    return [line["payload"] for line in lines if line["type"] == kind]


def kinds_of(store, run):
    """The types of a run's events."""
    return [TYPE[type(decode(line))] for _, line in store.runs.events(run.id)]


def tools_of(store, run):
    """The calls of a run: name, how it ended, and in which turn."""
    steps = store.runs.steps(run.id)
    names = {step.id: step.name for step in steps}
    return [(step.name, step.status, names[step.parent]) for step in steps if step.kind == "tool"]


def said_in(store, run):
    return [(one.sender, one.role, one.content) for one in store.runs.messages(run.id).items]


def test_a_thread_is_a_run_of_its_project_with_prompt_model_and_whence(runs):
    run = runs[TWO_TOOLS]
    assert (run.workflow, run.project, run.source) == ("mail-triage", "/home/ana/mail-triage", "codex")
    assert (run.status, run.objective) == ("completed", "Which mails have no folder yet?")
    assert run.session == "01a204ac-770a-7982-b414-a98bf9956fb3"
    assert run.source_id == f"rollout-2026-11-22T19-12-21-{run.session}"
    assert run.meta["model"] == "gpt-5.5"
    whence = {"cwd": "/home/ana/mail-triage", "branch": "main", "version": "0.169.0"}
    assert run.meta["codex"].items() >= whence.items()
    assert (run.started, run.finished) == ("2026-11-22T19:12:21.310000Z", "2026-11-22T19:12:21.554000Z")


def test_a_prompt_is_a_step_and_the_tools_that_it_took_lie_within(store, runs):
    asked = "Which mails have no folder yet?"
    assert tools_of(store, runs[TWO_TOOLS]) == [
        ("exec_command", "completed", asked),
        ("exec_command", "failed", asked),
        ("exec_command", "completed", asked),
    ]
    failed = next(step for step in store.runs.steps(runs[TWO_TOOLS].id) if step.status == "failed")
    assert failed.error.startswith("python3: can't open file '/home/ana/mail-triage/sort_all.py'")


def test_messages_are_the_conversation_and_nothing_is_said_twice(store, runs, codex):
    done = [one["item"] for one in payloads(path_of(codex, TWO_TOOLS), "event_msg") if one["type"] == "item_completed"]
    answers = [one["content"][0]["text"] for one in done if one["type"] == "AgentMessage"]
    thoughts = ["\n".join(one["summary_text"]) for one in done if one["type"] == "Reasoning"]
    assert answers and thoughts
    said = said_in(store, runs[TWO_TOOLS])
    assert said[0] == ("user", "user", "Which mails have no folder yet?")
    assert [content for sender, role, content in said if (sender, role) == ("codex", "assistant")] == answers
    assert [content for sender, role, content in said if (sender, role) == ("codex", "thinking")] == thoughts
    assert len(said) == 1 + len(answers) + len(thoughts)


def test_all_that_is_paid_is_the_sum_of_the_records_each_at_its_models_price(store, codex):
    spent, calls = Counter(), Counter()
    for path in codex.rglob("*.jsonl"):
        (model,) = {one["model"] for one in payloads(path, "turn_context")}
        for one in payloads(path, "token_usage_record"):
            calls[model] += 1
            for name, tokens in one["usage"].items():
                spent[model, name] += tokens
    groups = {group.key: group for group in store.runs.costs("model", EVERYTHING)}
    assert {model: group.calls for model, group in groups.items()} == calls
    for model, group in groups.items():
        tokens = group.tokens
        assert (tokens.input, tokens.output) == (spent[model, "input_tokens"], spent[model, "output_tokens"])
        assert tokens.cache_read == spent[model, "cached_input_tokens"]
        assert tokens.reasoning == spent[model, "reasoning_output_tokens"]
        assert group.money.nanousd > 0 and not group.money.unknown


def test_who_goes_on_with_a_thread_goes_on_with_its_run(store, runs):
    turns = [(step.name, step.status) for step in store.runs.steps(runs[RESUMED].id) if step.kind == "turn"]
    assert turns == [("Which rules are there?", "completed"), ("Count the rules again.", "completed")]
    assert [kind for kind in kinds_of(store, runs[RESUMED]) if kind.startswith("run.")] == [
        "run.started",
        "run.meta",
        "run.finished",
        "run.resumed",
        "run.finished",
    ]


def test_a_fork_is_a_run_of_its_own_that_says_what_it_was_taken_from(store, runs):
    fork = runs[FORK]
    assert (fork.objective, fork.status) == ("And in the fork?", "completed")
    assert fork.meta["codex"]["forked_from"] == runs[RESUMED].session
    assert [content for _, role, content in said_in(store, fork) if role == "user"] == ["And in the fork?"]
    assert len(store.runs.cost_records(fork.id)) == 1


def test_who_is_killed_in_a_turn_is_lost_with_the_evidence(runs):
    run = runs[KILLED]
    assert (run.status, run.current_step) == ("lost", "exec_command")
    assert run.evidence == "nothing was written for over ten minutes, in the middle of a turn"


def test_what_breaks_a_turn_says_why(store, runs):
    run = runs[BROKEN]
    assert run.status == "failed"
    assert run.error.startswith("internal_server_error: ")
    (entry,) = store.logs.query(run.id)
    assert (entry.level, entry.kind) == ("ERROR", "internal_server_error")
    assert [step.status for step in store.runs.steps(run.id)] == ["failed", "completed"]


def test_what_a_person_interrupts_is_skipped_and_he_goes_on(store, runs):
    run = runs[INTERRUPTED]
    turns = [(step.name, step.status) for step in store.runs.steps(run.id) if step.kind == "turn"]
    assert turns == [
        ("How many mails are there?", "completed"),
        ("Explain every mail at length.", "skipped"),
        ("Now wait very long.", "skipped"),
        ("Hello there.", "completed"),
        ("turn", "completed"),  # of the program itself: it sums up what was said
        ("Do you still know?", "completed"),
    ]
    assert run.status == "completed"
    assert Counter(entry.kind for entry in store.logs.query(run.id)) == {"interrupt": 2, "compact": 1}
    assert [role for _, role, _ in said_in(store, run)].count("user") == 5


def test_a_subagent_is_a_run_below_the_one_that_began_it(store, runs):
    main, sub = runs[PARENT], runs[CHILD]
    assert (sub.parent, sub.name, sub.session, sub.status) == (main.id, "count_mails", main.session, "completed")
    assert ("/root/count_mails", "agent") in {(sender, role) for sender, role, _ in said_in(store, main)}
    assert [name for name, _, _ in tools_of(store, main)] == ["spawn_agent", "wait_agent"]
    began = [entry.message for entry in store.logs.query(main.id) if entry.kind == "subagent"]
    assert began == ["/root/count_mails: started", "/root/count_mails: completed"]


def test_what_a_script_of_the_model_runs_are_steps_and_the_files_it_writes_artifacts(store, runs):
    run = runs[SCRIPTED]
    named = Counter((name, status) for name, status, _ in tools_of(store, run))
    assert named == {
        ("exec", "completed"): 3,
        ("exec_command", "failed"): 2,
        ("exec_command", "completed"): 1,
        ("apply_patch", "completed"): 1,
    }
    ran = [step for step in store.runs.steps(run.id) if step.name == "exec_command"]
    took = [to_seconds(step.finished) - to_seconds(step.started) for step in ran]
    assert took == [pytest.approx(s, abs=0.002) for s in (0.054, 0.0, 0.023)]
    made = [one.path for one in store.runs.artifacts(run.id)]
    assert sorted(made) == ["/home/ana/web-shop/CHANGES.md", "/home/ana/web-shop/shop/cart.py"]


def test_lines_end_where_a_newline_is_whatever_an_agent_writes(runs, codex):
    path = path_of(codex, HOSTILE)
    assert len(path.read_text("utf-8").splitlines()) > path.read_bytes().count(b"\n")
    assert (runs[HOSTILE].status, runs[HOSTILE].damaged) == ("completed", 0)


# --- however it is read


def heads(events):
    return [(type(one), getattr(one, "step", None), getattr(one, "model", None)) for one in events]


@pytest.mark.parametrize("name", [TWO_TOOLS, RESUMED, FORK, KILLED, BROKEN, INTERRUPTED, PARENT, CHILD, SCRIPTED])
def test_the_same_is_told_whether_a_rollout_is_read_at_once_or_as_it_grows(
    codex, index_of, tmp_path, name, always_walking
):
    source = path_of(codex, name)
    growing = tmp_path / "growing" / "sessions" / source.name
    growing.parent.mkdir(parents=True)
    growing.write_bytes(b"")
    index = index_of(tmp_path / "growing")
    for line in source.read_bytes().splitlines(keepends=True):
        for piece in (line[: len(line) // 2], line[len(line) // 2 :]):
            with growing.open("ab") as file:
                file.write(piece)
            index.refresh()
    aged(growing, LONG_AGO)
    index.refresh()
    assert heads(told_by(index)[source.stem]) == heads(told_by(index_of(codex))[source.stem])


def test_portions_however_small_tell_the_same(codex, index_of, monkeypatch):
    whole = told_by(index_of(codex))
    monkeypatch.setattr(taking, "PORTION", 1)
    assert told_by(index_of(codex)) == whole


def test_each_request_is_of_the_model_that_was_set_then(codex, index_of, monkeypatch):
    path = path_of(codex, INTERRUPTED)
    models = iter(["gpt-5.5", "gpt-5.5", "gpt-6-astra", "gpt-6-astra", "gpt-5.5", "gpt-5"])
    expected, lines, model = [], [], ""
    for line in path.read_bytes().split(b"\n")[:-1]:
        told = json.loads(line)
        if told["type"] == "turn_context":
            model = told["payload"]["model"] = next(models)
        if told["type"] == "token_usage_record":
            expected.append(model)
        lines.append(json.dumps(told).encode() + b"\n")
    path.write_bytes(b"".join(lines))
    aged(path, LONG_AGO)
    monkeypatch.setattr(taking, "PORTION", 1)  # what was set is known in the next portion as well
    index = index_of(codex)
    events = told_by(index)[path.stem]
    assert [one.model for one in events if TYPE[type(one)] == "cost"] == expected
    assert set(expected) == {"gpt-5.5", "gpt-6-astra", "gpt-5"}
    assert [one.meta["model"] for one in events if TYPE[type(one)] == "run.meta"] == [
        "gpt-5.5",
        "gpt-6-astra",
        "gpt-5.5",
        "gpt-5",
    ]
    with index.database.read() as connection:
        sql = "SELECT c.model FROM costs c JOIN runs r ON r.id = c.run WHERE r.source_id = ?"
        paid = [model for (model,) in connection.exec_driver_sql(sql, (path.stem,))]
    assert sorted(paid) == sorted(expected)
    assert rows_of(index, "damaged")[path.stem] == (0,)
