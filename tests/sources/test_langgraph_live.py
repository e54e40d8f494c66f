"""A running program's threads: new checkpoints appear while it runs, and cost what is new."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from flightlog.backends.sources.langgraph import index as langgraph_index
from flightlog.backends.sources.langgraph import news as langgraph_news
from flightlog.backends.sources.langgraph import rows as langgraph_rows
from flightlog.backends.sources.langgraph.index import LangGraphIndex
from flightlog.backends.sources.langgraph.original import Original
from flightlog.backends.sources.open_source import open_source
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.query.query import EVERYTHING
from langgraph.types import Command
from sqlalchemy import text

AGENT = """
import sqlite3, sys, time
from typing import Annotated, TypedDict
import operator
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import START, StateGraph

class State(TypedDict, total=False):
    notes: Annotated[list, operator.add]

def node(state):
    sys.stdin.readline()
    return {"notes": ["x"]}

graph = StateGraph(State)
before = START
for n in range(5):
    graph.add_node(f"n{n}", node)
    graph.add_edge(before, f"n{n}")
    before = f"n{n}"
saver = SqliteSaver(sqlite3.connect(sys.argv[1], check_same_thread=False))
saver.setup()
print("ready", flush=True)
graph.compile(checkpointer=saver).invoke({"notes": []}, {"configurable": {"thread_id": "slow"}}, durability="sync")
print("done", flush=True)
sys.stdin.readline()
"""


def until(what, seconds=30.0):
    """The first true answer of a question that is asked again and again."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return found


@pytest.fixture
def agent(tmp_path):
    """A program of five nodes; each goes on when a line is written to it."""
    path = tmp_path / "slow.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-c", AGENT, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert process.stdout.readline() == "ready\n"
    process.path = path
    process.step = lambda: (process.stdin.write("\n"), process.stdin.flush())
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def only(store):
    runs = store.runs.query(EVERYTHING).items
    return runs[0] if runs else None


def test_checkpoints_appear_while_they_are_only_in_the_log(agent):
    with open_source(agent.path, in_memory=True) as store:
        run = until(lambda: only(store))
        for done in range(5):
            run = until(lambda done=done: (found := only(store)).current_step == f"n{done}" and found)
            assert (run.status, run.steps_done) == ("running", done)
            agent.step()
        run = until(lambda: (found := only(store)).status == "completed" and found)
        assert (run.steps, run.steps_done, run.checkpoints) == (5, 5, 7)
        assert agent.path.stat().st_size < 10_000  # all of it is in the -wal
        seqs = [seq for seq, _ in store.runs.events(run.id)]
        assert seqs == list(range(1, len(seqs) + 1))


def test_a_killed_program_leaves_a_paused_thread_that_says_why(agent):
    with open_source(agent.path, in_memory=True) as store:
        until(lambda: (found := only(store)) and found.status == "running")
        agent.kill()
        agent.wait()
        run = until(lambda: (found := only(store)).status == "paused" and found)
        paused = [line for _, line in store.runs.events(run.id) if b'"run.paused"' in line]
        assert b"stopped before n0; no program has the database open" in paused[-1]
        assert run.evidence == "stopped before n0; no program has the database open"


def test_a_watch_tells_of_new_checkpoints(agent):
    with open_source(agent.path, in_memory=True) as store:
        until(lambda: only(store))
        cursor, called = store.feed.cursor(), threading.Event()
        watch = store.feed.watch(called.set)
        try:
            called.clear()
            agent.step()
            assert called.wait(30)
            changes = until(lambda: (found := store.feed.changes(cursor)).changed and found)
            assert changes.changed == (only(store).id,)
            assert watch.problem == ""
        finally:
            watch.close()


def test_what_is_told_live_is_what_is_told_at_the_end(program, graphs, index_of):
    """Whether one looks after every step or only once: the same steps, checkpoints, messages, tokens and statuses."""
    live = index_of(_empty(program))
    looks = [
        lambda: program.run("a", graphs["agent"]()),
        lambda: program.run("q", graphs["asking"](2)),
        lambda: program.graph("q", graphs["asking"](2)).invoke(Command(resume="1"), graphs["thread"]("q")),
        lambda: program.graph("q", graphs["asking"](2)).invoke(Command(resume="2"), graphs["thread"]("q")),
        lambda: program.graph("a", graphs["agent"]()).invoke(graphs["HELLO"], graphs["thread"]("a")),
        lambda: program.run("p", graphs["parallel"]()),
        lambda: _fork(program, graphs),
        lambda: program.run("n", graphs["nested"]()),
    ]
    for look in looks:
        look()
        live.refresh()
    once = index_of(program.path)
    names = "source_id, status, steps, steps_done, checkpoints, messages, tokens, errors, size_bytes, started, finished"
    assert _rows(live, f"SELECT {names} FROM runs") == _rows(once, f"SELECT {names} FROM runs")
    steps = "SELECT id, name, status, kind, parent, depends_on, started, finished FROM steps"
    assert _rows(live, steps) == _rows(once, steps)
    assert _rows(live, "SELECT id, parent, t FROM checkpoints") == _rows(once, "SELECT id, parent, t FROM checkpoints")


def _empty(program):
    program.saver.setup()
    return program.path


def _fork(program, graphs):
    graph = program.graph("a", graphs["agent"]())
    history = list(graph.get_state_history(graphs["thread"]("a")))
    graph.update_state(history[1].config, {"messages": [graphs["said"]("other", (3, 3))]}, as_node="answer")


def _rows(index, query):
    with index.database.read() as connection:
        return sorted(map(tuple, connection.execute(text(query))), key=repr)


def test_one_more_checkpoint_reads_only_its_rows(program, graphs, index_of, monkeypatch):
    graph = program.run("long", graphs["agent"]())
    for _ in range(30):
        graph.invoke(graphs["HELLO"], graphs["thread"]("long"))
    index = index_of(program.path)
    read = []
    for name in ("checkpoints_of", "writes_of"):
        real = getattr(langgraph_rows, name)
        monkeypatch.setattr(langgraph_rows, name, lambda *a, real=real: (read.append(row) or row for row in real(*a)))
    values = []
    real_written = langgraph_rows.written
    monkeypatch.setattr(langgraph_rows, "written", lambda *a: values.append(a) or real_written(*a))
    graph.invoke(graphs["HELLO"], graphs["thread"]("long"))
    index.refresh()
    assert 0 < len(read) <= 20
    assert len(values) <= 40
    index.refresh()
    assert len(read) <= 20


@pytest.fixture
def clock(monkeypatch):
    """The seconds that have passed, as an index knows them; moved by hand."""
    passed = [1000.0]
    monkeypatch.setattr(langgraph_index, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    monkeypatch.setattr(langgraph_index, "attended_since", lambda path: "")
    return passed


def test_nothing_is_read_when_nothing_happened(program, graphs, index_of, monkeypatch, clock):
    program.run("one", graphs["agent"]())
    index = index_of(program.path)
    assert index.original.state().wal
    looks, read = [], Original.read
    monkeypatch.setattr(Original, "read", lambda *words: (looks.append(clock[0]), read(*words))[1])
    for _ in range(1000):  # for some seconds it is made sure of, ever more rarely
        clock[0] += 0.01
        index.refresh()
    assert len(looks) <= 8 and looks[-1] < 1006
    monkeypatch.setattr(Original, "read", lambda *_: pytest.fail("the database was opened"))
    for _ in range(5):
        clock[0] += 1000
        index.refresh()


def test_a_commit_that_is_in_the_log_before_it_can_be_read_is_not_missed(program, graphs, index_of, monkeypatch, clock):
    """Whoever looks between the two sees files that do not change any more."""
    graph = program.run("one", graphs["agent"]())
    index = index_of(program.path)
    held_up = program.path.with_name("as it was")
    with closing(sqlite3.connect(program.path)) as now, closing(sqlite3.connect(held_up)) as then:
        now.backup(then)
    graph.invoke(graphs["HELLO"], graphs["thread"]("one"))
    with monkeypatch.context() as patch, closing(sqlite3.connect(held_up)) as then:
        patch.setattr(Original, "read", lambda self, work: work(then))
        index.refresh()
        before = _rows(index, "SELECT checkpoints FROM runs")
    clock[0] += 2
    index.refresh()
    ((few,),), ((all_of_them,),) = before, _rows(index, "SELECT checkpoints FROM runs")
    assert few < all_of_them == len(list(graph.get_state_history(graphs["thread"]("one"))))


def test_a_deleted_thread_is_gone_and_a_new_one_of_its_rows_is_seen(program, graphs, index_of):
    program.run("one", graphs["agent"]())
    program.run("two", graphs["agent"]())
    index = index_of(program.path)
    program.saver.delete_thread("two")
    program.run("three", graphs["asking"]())
    index._swept = 0.0
    index.refresh()
    assert _rows(index, "SELECT source_id FROM runs") == [("one",), ("three",)]


def test_a_replaced_database_is_read_anew(program, graphs, tmp_path, index_of):
    program.run("one", graphs["agent"]())
    index = index_of(program.path)
    with closing(type(program)(tmp_path / "other.sqlite")) as other:
        other.run("two", graphs["parallel"]())
    program.close()
    other.path.replace(program.path)
    index.refresh()
    assert _rows(index, "SELECT source_id, checkpoints FROM runs") == [("two", 5)]


@pytest.mark.parametrize("after", ["agent", "parallel"])
def test_a_thread_of_the_same_name_in_a_database_that_was_made_anew_is_another_run(
    program, graphs, tmp_path, index_of, after
):
    program.run("one", graphs["agent"]())
    index = index_of(program.path)
    with closing(type(program)(tmp_path / "other.sqlite")) as other:
        other.run("one", graphs[after]())
    alone = index_of(other.path)
    program.close()
    other.path.replace(program.path)
    index.refresh()
    what = "SELECT source_id, checkpoints, steps, events FROM runs"
    assert _rows(index, what) == _rows(alone, what)


def test_vacuum_renumbers_rows_and_nothing_is_told_twice(program, graphs, index_of):
    for name in ("one", "two", "three"):
        program.run(name, graphs["agent"]())
    index = index_of(program.path)
    before = _rows(index, "SELECT source_id, events, checkpoints, messages FROM runs WHERE source_id <> 'one'")
    program.saver.delete_thread("one")
    with closing(sqlite3.connect(program.path)) as connection:
        connection.execute("VACUUM")
    index._swept = 0.0
    index.refresh()
    assert _rows(index, "SELECT source_id, events, checkpoints, messages FROM runs") == before


def test_an_index_on_disk_is_gone_on_with(program, graphs, monkeypatch):
    program.run("one", graphs["agent"]())
    with open_source(program.path) as store:
        first = store.runs.query(EVERYTHING).items
    read = []
    real = langgraph_rows.checkpoints_of
    monkeypatch.setattr(langgraph_rows, "checkpoints_of", lambda *a: read.append(a) or real(*a))
    with open_source(program.path) as store:
        assert store.runs.query(EVERYTHING).items == first
        assert read == []
        program.run("two", graphs["agent"]())
        assert {run.source_id for run in store.runs.query(EVERYTHING).items} == {"one", "two"}
    assert len(list(Path(os.environ["XDG_CACHE_HOME"]).rglob("*.db"))) == 1


def test_two_processes_may_share_an_index(program, graphs, tmp_path):
    program.run("one", graphs["agent"]())
    databases = [open_database(tmp_path / "index.db", truth=False) for _ in range(2)]
    one, two = (LangGraphIndex(Original(program.path), database, "bot") for database in databases)
    one.refresh()
    two.refresh()
    program.run("two", graphs["parallel"]())
    two.refresh()
    program.run("one", graphs["agent"]())
    one.refresh()
    two.refresh()
    assert _rows(one, "SELECT source_id, checkpoints, messages FROM runs") == [
        ("one", 10, 7),
        ("two", 5, 6),
    ]  # the greeting is one message
    for database in databases:
        database.close()


def test_many_threads_are_taken_in_in_turns_and_a_broken_off_listing_goes_on(twenty, index_of, monkeypatch):
    once = _rows(index_of(twenty.path), "SELECT source_id, events, messages, tokens FROM runs")
    monkeypatch.setattr(langgraph_news, "_GROUP_ROWS", 1)
    assert _rows(index_of(twenty.path), "SELECT source_id, events, messages, tokens FROM runs") == once
    database = open_database(None, truth=False)
    index = LangGraphIndex(Original(twenty.path), database, "bot")
    monkeypatch.setattr(index, "_take_many", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        index.refresh()
    assert len(_rows(index, "SELECT source_id FROM runs")) == 1
    again, told = LangGraphIndex(Original(twenty.path), database, "bot"), []
    monkeypatch.setattr(again.progress, "reach", lambda done: told.append((done, again.progress.look().total)))
    again.refresh()
    assert len(told) >= 20 and told == [(done, len(told)) for done in range(1, len(told) + 1)]
    assert again.progress.look() is None
    assert _rows(again, "SELECT source_id, events, messages, tokens FROM runs") == once
    database.close()
