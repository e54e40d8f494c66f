"""What runs become of Claude Code's transcripts."""

import json
from collections import Counter
from contextlib import closing

import flightlog
import pytest
from flightlog.backends.sources.open_source import open_source
from flightlog.core.errors import NotFound
from flightlog.core.events import TYPES, decode
from flightlog.core.query.query import EVERYTHING
from moving_stores import copy
from msgspec.structs import replace

TYPE = {kind: name for name, kind in TYPES.items()}


@pytest.fixture
def store(claude):
    with closing(open_source(claude, in_memory=True)) as found:
        yield found


def runs_of(store):
    """Runs by what their program calls them, as far as it tells them apart here."""
    return {run.source_id[:12]: run for run in store.runs.query(EVERYTHING, limit=100).items}


def events_of(store, run):
    """A run's events, each with the name of its type."""
    return [decode(line) for _, line in store.runs.events(run)]


def lines_of(claude, name):
    """The lines of a transcript."""
    (path,) = claude.rglob(f"{name}*.jsonl")
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def test_a_session_is_a_run_of_its_project_with_prompt_agent_and_whence(store):
    run = store.runs.get(runs_of(store)["3e3f9a73-034"].id)
    assert (run.workflow, run.project, run.source) == ("mail-triage", "/home/ana/mail-triage", "claude-code")
    assert (run.status, run.objective) == ("completed", "Which mails have no folder yet?")
    assert run.session == run.source_id == "3e3f9a73-034c-49f7-85e6-343e16b5797d"
    assert run.meta["claude-code"] == {"cwd": "/home/ana/mail-triage", "branch": "main", "version": "2.1.197"}
    assert (run.started, run.finished) == ("2026-11-22T19:12:12.110000Z", "2026-11-22T19:12:13.017000Z")


def test_a_prompt_is_a_step_and_the_tools_that_it_took_lie_within(store):
    run = runs_of(store)["3e3f9a73-034"].id
    turn, bash, read = store.runs.steps(run)
    assert (turn.name, turn.kind, turn.status) == ("Which mails have no folder yet?", "turn", "completed")
    assert [(one.name, one.kind, one.status, one.parent) for one in (bash, read)] == [
        ("Bash", "tool", "completed", turn.id),
        ("Read", "tool", "completed", turn.id),
    ]
    events = {TYPE[type(event)]: event for event in events_of(store, run) if getattr(event, "step", "") == bash.id}
    assert events["step.started"].input["command"].startswith("ls inbox")
    assert events["step.finished"].output.startswith("001.eml")


def test_messages_are_the_conversation_and_nothing_is_said_twice(store, claude):
    run = runs_of(store)["3e3f9a73-034"].id
    said = [(one.sender, one.role, one.content) for one in store.runs.messages(run).items]
    texts = [
        block["text"]
        for line in lines_of(claude, "3e3f9a73")
        if line["type"] == "assistant"
        for block in line["message"]["content"]
        if block["type"] == "text"
    ]
    assert said == [
        ("user", "user", "Which mails have no folder yet?"),
        *(("claude", "assistant", text) for text in texts),
    ]


def test_each_request_costs_once_though_each_block_of_its_answer_repeats_it(store, claude):
    spent = Counter()
    for path in claude.rglob("*.jsonl"):
        for line in map(json.loads, filter(None, path.read_bytes().split(b"\n"))):
            usage = line.get("message", {}).get("usage") if line["type"] == "assistant" else None
            if usage and line["message"]["model"] != "<synthetic>":
                spent[line["message"]["id"]] = usage["output_tokens"]
    groups = store.runs.costs("model", EVERYTHING)
    assert sum(group.tokens.output for group in groups) == sum(spent.values())
    assert sum(group.calls for group in groups) == len(spent)
    assert all(group.money.nanousd > 0 and not group.money.unknown for group in groups)


def test_input_counts_what_was_cached_as_well(store, claude):
    (usage,) = {
        json.dumps(line["message"]["usage"])
        for line in lines_of(claude, "3e3f9a73")
        if line["type"] == "assistant" and line["message"]["stop_reason"] == "end_turn"
    }
    told = json.loads(usage)
    last = store.runs.cost_records(runs_of(store)["3e3f9a73-034"].id)[-1]
    assert last.tokens.cache_read == told["cache_read_input_tokens"]
    assert last.tokens.input == (
        told["input_tokens"] + told["cache_read_input_tokens"] + told["cache_creation_input_tokens"]
    )


def test_what_is_kept_for_an_hour_and_what_is_searched_is_paid_as_it_is_charged(store, claude):
    (path,) = claude.rglob("3e3f9a73*.jsonl")
    usage = {"input_tokens": 100, "output_tokens": 10, "cache_creation_input_tokens": 900}
    usage["cache_creation"] = {"ephemeral_5m_input_tokens": 600, "ephemeral_1h_input_tokens": 300}
    usage["server_tool_use"] = {"web_search_requests": 2}
    answered(path, "m1", usage, "claude-haiku-4-5-20251001")
    last = store.runs.cost_records(runs_of(store)["3e3f9a73-034"].id)[-1]
    assert (last.tokens.input, last.tokens.cache_write) == (1000, 900)
    # $1 a million, $1.25 written to the cache, $2 for an hour; $5 for output; $10 for a thousand searches.
    assert last.nanousd == 100 * 1_000 + 600 * 1_250 + 300 * 2_000 + 10 * 5_000 + 2 * 10_000_000


@pytest.mark.parametrize(
    ("model", "provider", "nanousd"),
    [
        ("claude-haiku-4-5-20251001", "anthropic", 1_000),
        ("us.anthropic.claude-haiku-4-5-20251001-v1:0", "aws", 1_100),
        ("global.anthropic.claude-haiku-4-5-20251001-v1:0", "aws", 1_000),
        ("claude-haiku-4-5@20251001", "google", 1_000),
        ("anthropic/claude-haiku-4.5", "", 1_000),
        ("nobody/claude-haiku-4-5", "", None),
        ("glm-4.6", "anthropic", None),
    ],
)
def test_whose_model_it_was_is_told_by_its_name_and_what_nobody_knows_has_no_price(
    store, claude, model, provider, nanousd
):
    (path,) = claude.rglob("3e3f9a73*.jsonl")
    answered(path, "m1", {"input_tokens": 1, "output_tokens": 0}, model)
    last = store.runs.cost_records(runs_of(store)["3e3f9a73-034"].id)[-1]
    assert (last.model, last.provider, last.nanousd) == (model, provider, nanousd)


def answered(path, name, usage, model):
    """One more answer at a transcript's end."""
    message = {"id": name, "model": model, "content": [], "stop_reason": "tool_use", "usage": usage}
    line = {"type": "assistant", "uuid": name, "sessionId": path.stem, "timestamp": "2026-11-22T19:13:00.000Z"}
    with path.open("ab") as file:
        file.write(json.dumps(line | {"message": message}).encode() + b"\n")


def test_what_a_fork_repeats_is_shown_in_it_and_paid_where_it_was_asked(store):
    first, fork = runs_of(store)["0543ffdc-d7f"], runs_of(store)["f55f3bdd-c29"]
    steps = [[step.name for step in store.runs.steps(run.id) if step.kind == "turn"] for run in (first, fork)]
    assert steps[1][: len(steps[0])] == steps[0]
    assert len(steps[1]) == len(steps[0]) + 2
    calls = [len(store.runs.cost_records(run.id)) for run in (first, fork)]
    assert calls == [5, 2]
    assert {event.t for event in events_of(store, fork.id) if event.seq < 10} == {fork.started}


def test_a_subagent_is_a_run_below_the_one_that_began_it(store):
    found = runs_of(store)
    main, sub = found["900631c5-dd7"], found["agent-af52af"]
    assert (sub.parent, sub.name, sub.session, sub.status) == (main.id, "Find money mails", main.session, "completed")
    assert {step.agent for step in store.runs.steps(sub.id)} == {"general-purpose"}
    assert {one.agent for one in store.runs.cost_records(sub.id)} == {"general-purpose"}
    assert "fewer" in store.runs.get(sub.id).meta["claude-code"]["tokens"]


def test_a_step_that_began_a_subagent_names_its_run_and_ends_as_that_did(store):
    found = runs_of(store)
    steps = {step.began_run: step for step in store.runs.steps(found["c1fd2776-839"].id)}
    failed, outer, money = (steps[found[name].id] for name in ("agent-a953bd", "agent-a670ce", "agent-a2346e"))
    assert (failed.name, failed.status, failed.error) == ("Agent", "failed", found["agent-a953bd"].error)
    assert (outer.status, money.status, outer.error) == ("completed", "completed", "")
    # A subagent that is begun by another lies beside it, and is named by the step there.
    inner = [step for step in store.runs.steps(found["agent-a670ce"].id) if step.began_run]
    assert [(step.name, step.began_run) for step in inner] == [("Agent", found["agent-ac8807"].id)]
    assert all(step.began_run is None for step in store.runs.steps(found["agent-ac8807"].id))


@pytest.mark.parametrize("kind", ["file", "sqlite"])
def test_in_a_copy_a_step_names_the_run_that_it_began_as_in_the_original(claude, store, tmp_path, kind):
    to = f"file:{tmp_path / 'copy'}" if kind == "file" else f"sqlite:{tmp_path / 'copy' / 'flightlog.db'}"
    copy(claude, to)
    with flightlog.open(to) as kept:
        for run in runs_of(store).values():
            assert began(kept, run.id) == began(store, run.id)
        failed = runs_of(store)["agent-a953bd"]
        assert (failed.id, "failed", failed.error) in began(kept, failed.parent)


def began(store, run):
    """The runs that its steps began, and how these ended."""
    return [(step.began_run, step.status, step.error) for step in store.runs.steps(run) if step.began_run]


def test_a_step_whose_subagent_was_killed_or_interrupted_did_not_succeed(store, monkeypatch):
    main = runs_of(store)["900631c5-dd7"]
    (child,) = store.runs.children(main.id)
    for status, told, why in (
        ("lost", "failed", "its run is lost: pid 7 is gone"),
        ("cancelled", "skipped", "cancelled"),
        ("running", "completed", ""),
    ):
        other = replace(child, status=status, evidence="pid 7 is gone" if status == "lost" else "")
        monkeypatch.setattr(type(store.runs), "children", lambda runs, run, other=other: [other])
        (step,) = (one for one in store.runs.steps(main.id) if one.began_run)
        assert (step.status, step.error) == (told, why)


def test_a_session_is_found_by_what_its_program_calls_it_and_by_its_beginning(store):
    run = runs_of(store)["c1fd2776-839"]
    for name in (run.source_id, "c1fd2776", "agent-a953bd2a174377b29"):
        found = store.runs.get(store.runs.resolve(name))
        assert found.source_id.startswith(name)
    for text in ("c1f", "agent-a", "nobody-there"):  # too little, several, none
        with pytest.raises(NotFound):
            store.runs.resolve(text)


def test_what_fails_says_why(store):
    found = runs_of(store)
    run = store.runs.get(found["0b592bbd-c00"].id)
    assert run.status == "failed"
    assert run.error.startswith("API error: 400 messages.2.content.0: unexpected")
    (entry,) = store.logs.query(run.id)
    assert (entry.level, entry.kind) == ("ERROR", "api_error")
    helper = found["agent-a953bd"]
    assert (helper.status, helper.error) == ("failed", "API error: 400 max_tokens: too large.")
    tried = store.runs.steps(found["1efea658-9c5"].id)
    assert Counter(step.status for step in tried if step.kind == "tool")["failed"] >= 3


def test_what_a_person_does_after_a_failure_does_not_hide_it(store, claude):
    (path,) = claude.rglob("0b592bbd*.jsonl")
    typed = "<command-name>/cost</command-name><command-args></command-args>"
    line = {"type": "user", "uuid": "u", "sessionId": path.stem, "timestamp": "2026-11-22T19:13:00.000Z"}
    with path.open("ab") as file:
        file.write(json.dumps(line | {"message": {"role": "user", "content": typed}}).encode() + b"\n")
    run = store.runs.get(runs_of(store)["0b592bbd-c00"].id)
    assert (run.status, run.error[:26]) == ("failed", "API error: 400 messages.2.")
    assert [entry.message for entry in store.logs.query(run.id)][-1] == "/cost"


def test_files_that_were_written_are_artifacts(store):
    run = runs_of(store)["c12e2860-3aa"].id
    made = store.runs.artifacts(run)
    assert made
    assert all(one.path.startswith("/home/ana/web-shop/") and one.path.endswith(one.name) for one in made)
    assert len({one.path for one in made}) == len(made)


def test_who_is_killed_in_a_turn_is_lost_with_the_evidence(store):
    run = store.runs.get(runs_of(store)["df620dee-0b5"].id)
    assert (run.status, run.current_step) == ("lost", "Bash")
    assert run.evidence == "nothing was written for over ten minutes, in the middle of a turn"


def test_what_a_person_interrupts_is_cancelled_until_he_goes_on(store):
    run = runs_of(store)["b26371ed-82e"]
    turns = [step for step in store.runs.steps(run.id) if step.kind == "turn"]
    assert [turn.status for turn in turns] == ["skipped", "completed", "completed"]
    kinds = [TYPE[type(event)] for event in events_of(store, run.id) if TYPE[type(event)].startswith("run.")]
    assert kinds.count("run.resumed") == 2
    entries = store.logs.query(run.id)
    assert any(entry.level == "WARNING" and entry.kind == "interrupt" for entry in entries)
    assert any(entry.kind == "compact" for entry in entries)
