"""What is out of the ordinary in a store moves with it as it was recorded, or is named where it cannot."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import flightlog
import pytest
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING
from moving_stores import fill, move, tree


def test_what_cannot_be_read_is_named_and_the_rest_moves(tmp_path):
    folder = tmp_path / "data"
    runs = fill(f"file:{folder}")
    (journal,) = (folder / "runs").glob(f"*/{runs[0]}.jsonl")
    text = bytearray(journal.read_bytes())
    text[text.index(b"step.started") + 20] ^= 1
    journal.write_bytes(text)
    (lost,) = (folder / "runs").glob(f"*/{runs[4]}.jsonl")
    with lost.open("ab") as file:
        file.write(b'{"type":"lo')
    with (folder / "annotations.jsonl").open("ab") as file:
        file.write(b"rubbish\n")
    moved = move(folder, "sqlite")
    told = " ".join(finding.what for finding in moved.findings)
    assert {finding.kind for finding in moved.findings} == {"damaged"} and moved.switched
    assert f"event 2 of run {runs[0]} cannot be read" in told
    assert f"the last line of run {runs[4]} was never finished (11 bytes)" in told
    assert "annotation" in told


TEXTS = ["\ud800", "a\x00b", "\u0000", "9999-12-31T23:59:59Z", "ß İ"]
POISON = [*TEXTS, 2**63, -(2**70), float("nan"), float("inf"), 1e400]


def test_poison_values_arrive_as_they_were_recorded(tmp_path, data, target):
    folder = data("file")
    with flightlog.open(folder) as store, store.run("w", name="a\x00\ud800b", session="run-10", tags=["Z", "a"]) as run:
        run.log("poison", values=POISON, nested={"\udcff": POISON})
        run.checkpoint({"poison": POISON, "big": 2**80, "\ud800": "key"})
        run.metric("score", 1e308)
    lines, state = seen(folder, run.id)
    for kind in ("sqlite", "postgres", "file"):
        moved = move(folder, f"file:{tmp_path / 'last'}" if kind == "file" else target(kind))
        assert moved.findings == () and moved.switched
        assert seen(folder, run.id) == (lines, state)
    program = [sys.executable, "-c", "from flightlog.tui.cli.main import main; main()"]
    show = [*program, "show", run.id, "--json", "--data", folder]
    assert subprocess.run(show, capture_output=True, text=True, check=True).stdout.isascii()


def seen(folder, run):
    with flightlog.open(folder) as store:
        (point,) = store.checkpoints.list(run)
        return store.runs.events(run), repr(store.checkpoints.state(point.id))


def test_a_langgraph_database_moves_into_a_store(tmp_path):
    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import END, START, MessagesState, StateGraph

    def answer(state):
        return {"messages": [("ai", f"answer {len(state['messages'])}")]}

    path = tmp_path / "bot.sqlite"
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
        graph = StateGraph(MessagesState)
        graph.add_node("answer", answer)
        graph.add_edge(START, "answer")
        graph.add_edge("answer", END)
        program = graph.compile(checkpointer=SqliteSaver(connection))
        for thread in ("one", "two"):
            for text in ("hello", "again"):
                program.invoke({"messages": [("user", text)]}, {"configurable": {"thread_id": thread}})
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = tree(tmp_path)
    with flightlog.open(path) as source:
        shown = {run.name: source.runs.get(run.id) for run in source.runs.recent("bot")}
    for to in (f"sqlite:{tmp_path / 'sql' / 'flightlog.db'}", f"file:{tmp_path / 'files'}"):
        moved = move(path, to)
        assert (moved.runs, moved.findings, moved.switched) == (2, (), "")
        assert moved.verified.events > 20
        with flightlog.open(to) as store:
            for name, run in shown.items():
                there = store.runs.get(run.id)
                assert (there.name, there.messages, there.checkpoints) == (name, run.messages, run.checkpoints)
                last = store.checkpoints.list(run.id)[-1]
                assert len(store.checkpoints.state(last.id)["messages"]) == 4
        assert move(path, to).events == 0
    assert {name: text for name, text in tree(tmp_path).items() if name in before} == before


def test_a_langgraph_thread_that_waits_for_a_person_waits_where_it_was_moved_to(tmp_path, place):
    from langgraph.checkpoint.sqlite import SqliteSaver
    from langgraph.graph import END, START, MessagesState, StateGraph
    from langgraph.types import interrupt

    path = tmp_path / "bot.sqlite"
    with closing(sqlite3.connect(path, check_same_thread=False)) as connection:
        graph = StateGraph(MessagesState)
        graph.add_node("ask", lambda state: {"messages": [("ai", interrupt("Send it?"))]})
        graph.add_edge(START, "ask")
        graph.add_edge("ask", END)
        program = graph.compile(checkpointer=SqliteSaver(connection))
        program.invoke({"messages": [("user", "hello")]}, {"configurable": {"thread_id": "one"}})
    for to in (place(kind, kind) for kind in ("file", "sqlite", "postgres")):
        move(path, to)
        with flightlog.open(to) as store:
            store.runs.totals()  # whoever looks finds who of those that are written has died
            (run,) = store.runs.query(EVERYTHING).items
            assert (run.status, run.evidence, run.approvals_pending) == ("waiting", "Send it?", 1)


@pytest.mark.parametrize(("kind", "to"), [("file", "sqlite"), ("sqlite", "file"), ("sqlite", "postgres")])
def test_archived_runs_move_and_what_lies_in_the_trash_is_said_to_stay(data, target, kind, to):
    folder = data(kind)
    with flightlog.open(folder) as store:
        runs = []
        for number in range(3):
            with store.run("w") as run:
                run.log(f"entry {number}")
                run.checkpoint({"n": [number] * 50})
            runs.append(run.id)
        packed, gone, _ = runs
        events = store.runs.events(packed)
        assert [one.outcome for one in store.upkeep.archive(new_order(), [Chosen(run=packed)])] == ["done"]
        assert [one.outcome for one in store.upkeep.trash(new_order(), [Chosen(run=gone)])] == ["done"]
    moved = move(folder, target(to))
    assert [finding.what for finding in moved.findings] == [
        "not carried: 1 in the trash, which can be taken back only there",
    ]
    assert moved.switched
    with flightlog.open(folder) as store:
        assert store.runs.totals().runs == 2
        assert store.runs.events(packed) == events
        assert store.checkpoints.state(store.checkpoints.list(packed)[0].id) == {"n": [0] * 50}
        assert not store.upkeep.trashed().items
