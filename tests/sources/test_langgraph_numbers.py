"""Numbers, statuses and token sums are those that plain sqlite3 and the library itself tell."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from flightlog.backends.sources.open_source import open_source
from flightlog.core.query.query import EVERYTHING
from langgraph.checkpoint.sqlite import SqliteSaver
from sqlalchemy import text


@pytest.fixture(scope="module")
def store(twenty):
    with open_source(twenty.path, in_memory=True) as store:
        yield store


@pytest.fixture(scope="module")
def runs(store):
    page = store.runs.query(EVERYTHING, limit=1000)
    return {run.source_id: run for run in page.items}


@pytest.fixture(scope="module")
def plain(twenty):
    with closing(sqlite3.connect(f"file:{twenty.path}?immutable=1", uri=True)) as connection:
        yield connection


@pytest.fixture(scope="module")
def library(twenty, tmp_path_factory):
    """Snapshots by thread, newest first, as the library itself reads them (in a copy)."""
    copy = tmp_path_factory.mktemp("copy") / "copy.sqlite"
    shutil.copy(twenty.path, copy)
    with closing(sqlite3.connect(copy, check_same_thread=False)) as connection:
        saver = SqliteSaver(connection)
        yield {
            name: list(graph.compile(checkpointer=saver).get_state_history({"configurable": {"thread_id": name}}))
            for name, graph in twenty.graphs.items()
        }


def test_every_thread_is_a_run(runs, plain):
    threads = {row[0] for row in plain.execute("SELECT DISTINCT thread_id FROM checkpoints")}
    assert len(threads) >= 20
    assert runs.keys() == threads
    assert {run.source for run in runs.values()} == {"langgraph"}
    assert {run.workflow for run in runs.values()} == {"mail-bot"}
    assert runs["chat"].name == "chat"
    assert runs["chat"].objective == "Hello there, what now?"


def test_as_many_checkpoints_as_rows(runs, plain):
    counts = dict(plain.execute("SELECT thread_id, count(*) FROM checkpoints GROUP BY 1"))
    assert {name: run.checkpoints for name, run in runs.items()} == counts


def test_a_step_for_every_task_that_wrote(runs, plain, store):
    query = (
        "SELECT thread_id, count(DISTINCT checkpoint_id || task_id) FROM writes WHERE task_path NOT LIKE '%__start__'"
        " AND task_id NOT LIKE '00000000-%' GROUP BY 1"
    )
    counts = dict(plain.execute(query))
    begun = {name: sum(step.status != "pending" for step in store.runs.steps(run.id)) for name, run in runs.items()}
    assert begun == {name: counts.get(name, 0) for name in runs}


def test_statuses_are_those_of_the_librarys_next_tasks(runs, library):
    for name, history in library.items():
        now, run = history[0], runs[name]
        tasks = now.tasks
        if any(task.error for task in tasks):
            expected = "failed"
        elif any(task.interrupts for task in tasks):
            expected = "waiting"
        else:
            expected = "paused" if now.next else "completed"
        assert (name, run.status) == (name, expected)
    assert {run.status for run in runs.values()} == {"completed", "failed", "waiting", "paused"}


def test_what_is_to_come_is_shown_as_pending_steps(runs, library, store):
    for name in ("stopped", "updated"):
        waiting = sorted(step.name for step in store.runs.steps(runs[name].id) if step.status == "pending")
        assert waiting == sorted(library[name][0].next)


def test_messages_and_tokens_are_those_of_the_whole_history(runs, library):
    for name, history in library.items():
        messages = {message.id: message for snapshot in history for message in snapshot.values.get("messages", [])}
        used = [message.usage_metadata for message in messages.values() if getattr(message, "usage_metadata", None)]
        tokens = runs[name].tokens
        assert (name, runs[name].messages) == (name, len(messages))
        assert (name, tokens.input) == (name, sum(usage["input_tokens"] for usage in used))
        assert (name, tokens.output) == (name, sum(usage["output_tokens"] for usage in used))
        assert tokens.cache_read == sum(usage["input_token_details"]["cache_read"] for usage in used)
    assert runs["chat"].tokens.total == 2 * (100 + 20 + 150 + 7)


def test_models_and_steps_of_calls(runs, store):
    records = store.runs.cost_records(runs["agent-0"].id)
    assert [(record.model, record.agent, record.tokens.output) for record in records] == [
        ("gpt-4o", "model", 20),
        ("gpt-4o", "answer", 7),
    ]
    assert {record.provenance for record in records} == {"computed"}


def test_messages_in_order_with_their_senders(runs, store):
    page = store.runs.messages(runs["agent-0"].id)
    assert [(message.sender, message.role) for message in page.items] == [
        ("user", "user"),
        ("model", "assistant"),
        ("search", "tool"),
        ("answer", "assistant"),
    ]
    assert page.items[1].content["tool_calls"][0]["args"] == {"q": "weather"}
    assert page.items[3].content == "It is sunny."


def test_parallel_workers_are_steps_that_know_what_started_them(runs, store):
    steps = store.runs.steps(runs["parallel"].id)
    assert [step.name for step in steps] == ["plan", "work", "work", "work", "merge"]
    plan, workers, merge = steps[0], steps[1:4], steps[4]
    assert {worker.depends_on for worker in workers} == {(plan.id,)}
    assert set(merge.depends_on) == {worker.id for worker in workers}
    assert all(step.started < step.finished for step in steps)
    output = store.runs.event(runs["parallel"].id, workers[2].finished_seq).output
    assert output["notes"] == [2]


def test_a_join_waits_for_both(runs, store):
    steps = {step.name: step for step in store.runs.steps(runs["joined"].id)}
    assert set(steps["c"].depends_on) == {steps["a"].id, steps["b"].id}


def test_a_subgraphs_steps_lie_in_the_step_that_ran_it(runs, store):
    steps = {step.name: step for step in store.runs.steps(runs["nested"].id)}
    assert steps["look"].parent == steps["read"].parent == steps["inner"].id
    assert steps["inner"].parent is None
    labels = [checkpoint.label for checkpoint in store.checkpoints.list(runs["nested"].id)]
    assert sum(label.startswith("inner ") for label in labels) == 4


def test_calls_of_an_entry_point_lie_in_it(runs, store):
    steps = {step.name: step for step in store.runs.steps(runs["functional"].id)}
    assert steps.keys() == {"flow", "flow[0]", "flow[1]"}
    assert steps["flow[0]"].parent == steps["flow[1]"].parent == steps["flow"].id


def test_parents_are_the_librarys(runs, plain, store):
    for name, run in runs.items():
        rows = plain.execute(
            "SELECT checkpoint_id, parent_checkpoint_id FROM checkpoints WHERE thread_id = ? ORDER BY checkpoint_id",
            (name,),
        ).fetchall()
        shape = {foreign: parent for foreign, parent in rows}
        found = store.checkpoints.list(run.id)
        assert len(found) == len(rows)
        by_time = {checkpoint.id: foreign for checkpoint, (foreign, _) in zip(found, rows, strict=True)}
        assert {by_time[one.id]: one.parent and by_time[one.parent] for one in found} == shape


def test_a_fork_is_a_second_child(runs, store):
    found = store.checkpoints.list(runs["forked"].id)
    parents = [checkpoint.parent for checkpoint in found]
    assert max(parents.count(parent) for parent in parents) == 2
    assert found[-1].label.startswith("update")


def test_states_are_the_librarys(runs, library, store):
    for name in ("agent-0", "parallel", "forked", "updated", "large"):
        found = store.checkpoints.list(runs[name].id)
        for checkpoint, snapshot in zip(reversed(found), library[name], strict=True):
            state = store.checkpoints.state(checkpoint.id)
            assert all(not snapshot.values[key] for key in snapshot.values.keys() - state.keys())
            assert state.keys() <= snapshot.values.keys()
            assert [m["content"] for m in state.get("messages", [])] == [
                message.content for message in snapshot.values.get("messages", [])
            ]
            assert state.get("notes", []) == snapshot.values.get("notes", [])
            assert state.get("blob") == snapshot.values.get("blob")


def test_a_question_waits_and_an_answer_is_known(runs, store):
    (asked,) = store.runs.approvals(runs["asked"].id)
    assert (asked.status, asked.question, asked.details) == ("pending", "Send mail 0?", {"question": "Send mail 0?"})
    (answered,) = store.runs.approvals(runs["answered"].id)
    assert (answered.status, answered.note) == ("approved", "yes")
    (refused,) = store.runs.approvals(runs["refused"].id)
    assert (refused.status, refused.note) == ("rejected", "false")
    assert [approval.run for approval in store.runs.pending().items if approval.run == runs["asked"].id]


def test_a_second_question_of_one_task_waits(runs, store):
    assert runs["asked-twice"].status == "waiting"
    assert [one.question for one in store.runs.approvals(runs["asked-twice"].id) if one.status == "pending"] == [
        "Send mail 1?"
    ]


def test_an_exception_fails_the_step_and_the_run(runs, store):
    run = runs["failed"]
    assert run.error == "ValueError: no such (table)"
    steps = {step.name: step for step in store.runs.steps(run.id)}
    assert (steps["boom"].status, steps["boom"].error) == ("failed", "ValueError: no such (table)")
    (entry,) = store.logs.query(run.id)
    assert entry.level == "ERROR"


def test_a_failed_task_that_was_run_again_is_completed(runs, store):
    assert runs["mended"].status == "completed"
    assert {step.status for step in store.runs.steps(runs["mended"].id)} == {"completed"}


def test_every_event_is_the_same_each_time_and_in_order(runs, store):
    for run in map(store.runs.get, [run.id for run in runs.values()]):
        events = store.runs.events(run.id, limit=10_000)
        assert [seq for seq, _line in events] == list(range(1, run.events + 1))
        assert events == store.runs.events(run.id, limit=10_000)


def test_times_are_those_of_checkpoints(runs, plain):
    for row in plain.execute("SELECT thread_id, min(checkpoint_id), max(checkpoint_id) FROM checkpoints GROUP BY 1"):
        ticks = [int(id[:8] + id[9:13] + id[15:18], 16) - 0x01B21DD213814000 for id in row[1:]]
        started = runs[row[0]].started
        assert started.startswith(_text(plain, ticks[0] / 1e7))


def _text(plain, seconds):
    return plain.execute("SELECT strftime('%Y-%m-%dT%H:%M:%S', ?, 'unixepoch')", (int(seconds),)).fetchone()[0]


def test_nothing_is_damaged(runs, store):
    assert store.runs.damage().items == []


def test_the_index_holds_no_content(store, runs):
    store.runs.get(runs["large"].id)
    with store.runs._database.read() as connection:
        names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'")).scalars().all()
        for name in set(names) - {"log_words"}:  # which cannot be read but by its words; its parts can
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):
                assert not any("xxxxxxxxxx" in str(value) for value in row), name


def test_no_sum_counts_what_a_nested_graph_spent_twice(runs, store):
    every = store.runs.query(EVERYTHING, limit=1000).items
    for run in every:
        store.runs.get(run.id)  # so that its values are read
    whole = store.runs.totals()
    own = {run.id: run.money.known_nanousd for run in store.runs.query(EVERYTHING, limit=1000).items}
    assert sum(own.values()) > 0 and whole.runs == len(own)
    for by in ("day", "workflow", "model", "agent", "session", "run", "step"):
        assert sum(group.money.known_nanousd for group in store.runs.costs(by, EVERYTHING)) == sum(own.values()), by
    by_time = store.runs.spending("day", "workflow")
    assert sum(one.money.known_nanousd for one in by_time) == sum(own.values())
    outermost = [run.id for run in every if run.parent not in own]
    family = [store.runs.with_children(run) for run in outermost]
    assert sum(one.money.known_nanousd for one in family) == sum(own.values())
    assert sum(one.runs for one in family) == len(own)
