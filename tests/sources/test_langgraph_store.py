"""A source as a store: recognised by its tables, read-only, and in the old layout too."""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from flightlog.backends.sources.foreign_ids import foreign_ulid
from flightlog.backends.sources.langgraph.ids import checkpoint_id, moment
from flightlog.backends.sources.langgraph.store import workflow_of
from flightlog.backends.sources.open_source import open_source
from flightlog.backends.sources.opening import index_path
from flightlog.backends.sql.bodies import Excerpt
from flightlog.core.annotations import Pinned
from flightlog.core.clock import from_seconds, to_seconds
from flightlog.core.errors import NotFound, ReadOnly
from flightlog.core.events import RunStarted
from flightlog.core.ids import is_ulid, new_ulid, time_of
from flightlog.core.metrics import Pattern
from flightlog.core.query.query import EVERYTHING
from flightlog.tui.cli.main import main
from flightlog.tui.states.snippets import branch_snippet
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import interrupt


@pytest.fixture
def store(twenty):
    with open_source(twenty.path, in_memory=True) as store:
        yield store


def run_of(store, thread):
    return next(run for run in store.runs.query(EVERYTHING, limit=1000).items if run.source_id == thread)


def test_only_langgraphs_databases_are_recognised(twenty, tmp_path):
    with open_source(twenty.path, in_memory=True) as store:
        assert store.name == str(twenty.path)
        assert store.read_only
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE checkpoints (thread_id TEXT)")
    assert open_source(other) is None
    text = tmp_path / "notes.txt"
    text.write_text("no database" * 1000)
    assert open_source(text) is None
    assert open_source(tmp_path) is None
    assert open_source(tmp_path / "missing") is None


def test_every_change_is_refused_with_advice(store):
    run = run_of(store, "asked")
    (approval,) = store.runs.approvals(run.id)
    changes = [
        lambda: store.runs.annotate(Pinned(run=run.id)),
        lambda: store.runs.decide(run.id, approval.id, "approved"),
        lambda: store.recording.begin(RunStarted(run=new_ulid(), workflow="w")),
        lambda: store.recording.resume(run.id),
        lambda: store.workflows.store("w", "a: 1"),
        lambda: store.workflows.delete("w", 1),
        lambda: store.metrics.record_pattern(Pattern(workflow="w", name="p")),
    ]
    for change in changes:
        with pytest.raises(ReadOnly) as refused:
            change()
        assert refused.value.advice


def test_there_are_no_versions(store):
    assert store.workflows.list_all() == []
    assert store.workflows.list("mail-bot") == []
    assert store.workflows.find("mail-bot", "sha256:0") is None
    for ask in (lambda: store.workflows.get("mail-bot", 1), lambda: store.workflows.get_latest("mail-bot")):
        with pytest.raises(NotFound):
            ask()


def test_what_is_not_there_is_not_found(store):
    run = run_of(store, "chat")
    for ask in (
        lambda: store.runs.get(new_ulid()),
        lambda: store.runs.event(run.id, 10_000),
        lambda: store.checkpoints.state(new_ulid()),
        lambda: store.checkpoints.value(store.checkpoints.list(run.id)[-1].id, "nothing"),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_run_is_found_by_its_threads_name(store):
    assert store.runs.resolve("chat") == run_of(store, "chat").id


def test_without_a_checkpoint_the_state_of_the_graph_itself_is_blamed_and_not_of_a_part(program, graphs):
    chain = graphs["chain"]
    inner = chain(look=lambda state: {"answer": "seen"}, ask=lambda state: {"answer": str(interrupt("Go on?"))})
    program.run("asking", chain(before=lambda state: {"notes": ["before"]}, inner=inner.compile()))
    program.connection.commit()
    with open_source(program.path, in_memory=True) as store:
        taken = store.checkpoints.list(run_of(store, "asking").id)
        spaces = [store.checkpoints.foreign(one.id)["checkpoint_ns"] for one in taken]
    assert spaces[-1].startswith("inner:")
    last = taken[max(number for number, space in enumerate(spaces) if not space)]
    result = CliRunner().invoke(main, ["blame", "asking", "--json", "--data", str(program.path)])
    assert result.exit_code == 0, result.output
    told = {one["key"]: one["checkpoint"] for one in map(json.loads, result.stdout.splitlines())}
    assert told.keys() == {"messages", "notes"} and set(told.values()) == {last.id}


def test_states_differ_and_are_blamed(store):
    found = store.checkpoints.list(run_of(store, "parallel").id)
    diff = store.checkpoints.diff(found[-2].id, found[-1].id)
    assert [change.key for change in diff.changes] == ["messages"]
    blame = store.checkpoints.blame(found[-1].id, "notes")
    assert blame.since == found[-2].id
    assert store.checkpoints.blames(found[-1].id)[1:] == [blame]
    keys = {key.key: key for key in store.checkpoints.keys(found[-1].id)}
    assert keys.keys() == {"messages", "notes"}
    assert keys["notes"].size_bytes == len(b"[0,1,2]")


def test_how_many_keys_an_unread_state_has_is_unknown_and_not_one(store, twenty):
    found = store.checkpoints.list(run_of(store, "parallel").id)
    assert {one.keys for one in found} == {None}
    assert store.checkpoints.get(found[0].id).keys is None
    done = CliRunner().invoke(main, ["states", "parallel", "--data", str(twenty.path)])
    head, *rows = done.stdout.splitlines()
    assert [row[: head.index("Keys") + 4].split()[-1] for row in rows] == ["?"] * len(found)
    done = CliRunner().invoke(main, ["states", "parallel", "--json", "--data", str(twenty.path)])
    assert [json.loads(line)["keys"] for line in done.stdout.splitlines()] == [None] * len(found)


def test_lines_by_type_from_either_end(store):
    run = run_of(store, "agent-0")
    bodies = store.runs._bodies
    lines = bodies.lines(run.id, Excerpt(types=frozenset({"checkpoint"})))
    assert len(lines) == run.checkpoints
    assert bodies.lines(run.id, Excerpt(types=frozenset({"checkpoint"}), newest=True, limit=2)) == lines[-2:]
    assert bodies.lines(run.id, Excerpt(after=2, before=4)) == store.runs.events(run.id)[2:3]
    event = store.runs.event(run.id, lines[-1][0])
    (value,) = bodies.values(run.id, [event.values["messages"]]).values()
    assert len(value) == event.sizes["messages"]
    with pytest.raises(NotFound):
        bodies.values(run.id, ["0" * 64])


def test_sizes_name_the_database(store, twenty):
    assert store.upkeep.sizes()["database"] == twenty.path.stat().st_size


def test_ids_are_a_function_of_path_thread_and_time():
    foreign = "1f1e578f-8a8d-6d49-bfff-0176906a1f18"
    assert moment(foreign).step == -1
    assert moment("1f1e578f-8a92-63bf-8000-fafdee64b116").step == 0
    t = moment(foreign).t
    first = foreign_ulid(t, "/a", "chat")
    assert is_ulid(first)
    assert first == foreign_ulid(t, "/a", "chat")
    assert len({first, foreign_ulid(t, "/b", "chat"), foreign_ulid(t, "/a", "other")}) == 3
    assert t.startswith("2026-11-21T06:58:35.")
    assert abs(time_of(checkpoint_id("/a", "chat", "", foreign)) - time_of(first)) < 1e-9
    for strange in ("", "5", "1ef4f797-8335-4428-8001-8a1503f9b875", "checkpoint-3"):
        assert moment(strange) == (None, None)
        assert is_ulid(checkpoint_id("/a", "chat", "", strange))


def test_an_index_lies_in_the_users_cache_by_its_databases_path(tmp_path):
    cache = Path(os.environ["XDG_CACHE_HOME"])
    assert cache in index_path(tmp_path / "a.db").parents
    assert index_path(tmp_path / "a.db") != index_path(tmp_path / "b.db")


@pytest.mark.parametrize(
    ("name", "workflow"), [("mail bot.sqlite", "mail-bot"), ("..db", "langgraph"), ("état.db", "tat")]
)
def test_the_workflow_is_named_for_the_file(tmp_path, name, workflow):
    assert workflow_of(tmp_path / name) == workflow


@pytest.fixture
def old(twenty, tmp_path):
    """The same threads as an old release stored them: without `task_path`."""
    path = tmp_path / "old.sqlite"
    shutil.copy(twenty.path, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("""
            CREATE TABLE kept AS SELECT thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value
              FROM writes ORDER BY rowid;
            DROP TABLE writes;
            CREATE TABLE writes (thread_id TEXT NOT NULL, checkpoint_ns TEXT NOT NULL DEFAULT '',
              checkpoint_id TEXT NOT NULL, task_id TEXT NOT NULL, idx INTEGER NOT NULL, channel TEXT NOT NULL,
              type TEXT, value BLOB, PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx));
            INSERT INTO writes SELECT * FROM kept ORDER BY rowid;
            DROP TABLE kept;
        """)
    return path


def test_the_old_layout_tells_the_same_but_for_names_of_parallel_tasks(old, store):
    with open_source(old, in_memory=True) as older:
        new = {run.source_id: run for run in store.runs.query(EVERYTHING, limit=1000).items}
        for run in older.runs.query(EVERYTHING, limit=1000).items:
            same = new[run.source_id]
            assert (run.source_id, run.checkpoints) == (same.source_id, same.checkpoints)
            assert (run.source_id, run.tokens) == (same.source_id, same.tokens)
            assert (run.source_id, run.messages) == (same.source_id, same.messages)
            assert (run.source_id, run.status) == (same.source_id, same.status)
            if run.source_id != "functional":
                assert (run.source_id, run.steps_done) == (same.source_id, same.steps_done)
        names = [step.name for step in older.runs.steps(run_of(older, "agent-0").id)]
        assert names == ["model", "tools", "answer"]


def times_written(path) -> dict[str, list[str]]:
    """The times that LangGraph itself reads in the snapshots of each thread."""
    found: dict[str, list[str]] = {}
    with closing(sqlite3.connect(path)) as connection:
        for one in SqliteSaver(connection).list(None):
            thread = one.config["configurable"]["thread_id"]
            found.setdefault(thread, []).append(from_seconds(to_seconds(one.checkpoint["ts"])))
    return found


def test_ids_that_tell_no_time(twenty, tmp_path):
    path = tmp_path / "strange.sqlite"
    shutil.copy(twenty.path, path)
    with closing(sqlite3.connect(path)) as connection:
        for table, column in (
            ("checkpoints", "checkpoint_id"),
            ("checkpoints", "parent_checkpoint_id"),
            ("writes", "checkpoint_id"),
        ):
            connection.execute(f"UPDATE {table} SET {column} = 'c-' || {column}")
        connection.commit()
    with open_source(path, in_memory=True) as store, open_source(twenty.path, in_memory=True) as plain:
        expected = {run.source_id: run for run in plain.runs.query(EVERYTHING, limit=1000).items}
        written = times_written(path)
        for run in store.runs.query(EVERYTHING, limit=1000).items:
            assert (run.source_id, run.started) == (run.source_id, min(written[run.source_id]))
            assert (run.source_id, run.last_event) == (run.source_id, max(written[run.source_id]))
            assert (run.source_id, run.checkpoints) == (run.source_id, expected[run.source_id].checkpoints)
            assert (run.source_id, run.messages) == (run.source_id, expected[run.source_id].messages)
            assert len(store.checkpoints.list(run.id)) == run.checkpoints


def test_a_checkpoint_is_named_as_its_own_program_names_it_and_gone_on_from(store, twenty):
    run = run_of(store, "asked")
    point = store.checkpoints.list(run.id)[-1]
    named = store.checkpoints.foreign(point.id)
    with closing(sqlite3.connect(twenty.path)) as connection:
        wanted = "SELECT count(*) FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?"
        assert connection.execute(wanted, tuple(named.values())).fetchone() == (1,)
    assert list(named) == ["thread_id", "checkpoint_ns", "checkpoint_id"]
    assert named["thread_id"] == "asked"
    lines = branch_snippet(run, point, store.name, named)
    compile(lines, "copied", "exec")
    assert all(f'"{key}": "{value}"' in lines for key, value in named.items())
    with pytest.raises(NotFound):
        store.checkpoints.foreign(new_ulid())
