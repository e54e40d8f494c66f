"""A migration moves everything between two kinds of store, and switches the configuration only when that is proved."""

import random
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from itertools import permutations
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.moving.ends import source_end
from flightlog.backends.moving.migrating import migrate
from flightlog.backends.spool.shipping import Shipping
from flightlog.core.annotations import Pinned
from flightlog.core.errors import ConfigError, Conflict, Locked, StorageError
from flightlog.core.metrics import Pattern
from flightlog.core.operations import Chosen, new_order
from flightlog.core.progress import Progress
from moving_stores import KINDS, differences, fill, tree
from postgres_server import PostgresServer

CONFIG = "# mine\nevery: 1h  # often\nstorage:\n  # where runs are\n  logs: {}\n"
KEPT = {"file": "{type: file}", "sqlite": "{type: sqlite}", "postgres": '{type: postgres, url: "${SOURCE}"}'}


@pytest.fixture
def data(tmp_path, new_postgres_url, monkeypatch):
    """Makes a data directory that keeps its runs in a kind of storage, as its configuration says."""

    def make(kind):
        folder = tmp_path / "data"
        folder.mkdir()
        if kind == "postgres":
            monkeypatch.setenv("SOURCE", new_postgres_url())
        (folder / "flightlog.yaml").write_text(CONFIG.replace("{}", KEPT[kind]))
        return folder

    return make


@pytest.fixture
def target(new_postgres_url, monkeypatch):
    """What `--to` says for a kind of storage: one in the same folder, or a server."""

    def named(kind):
        if kind == "postgres":
            monkeypatch.setenv("TARGET", new_postgres_url())
        return "${TARGET}" if kind == "postgres" else kind

    return named


def move(folder, to, progress=None, **options):
    return migrate(folder, to, progress=progress or Progress(), **options)


def logs_of(folder):
    with closing(source_end(folder)) as end:
        return end.config.logs


class At(Progress):
    """Does something once the first run was carried."""

    def __init__(self, do):
        super().__init__()
        self._do = do

    def reach(self, done):
        super().reach(done)
        do, self._do = self._do, lambda: None
        do()


@pytest.mark.parametrize(("a", "b"), list(permutations(KINDS, 2)))
def test_everything_moves_and_the_configuration_with_it(data, target, tmp_path, monkeypatch, a, b):
    folder = data(a)
    runs = fill(folder)
    old = {"file": f"file:{folder}", "sqlite": f"sqlite:{folder / 'flightlog.db'}"}
    before = {name: text for name, text in tree(folder).items() if name != "flightlog.yaml"}
    moved = move(folder, target(b))
    assert (moved.runs, moved.findings, moved.switched) == (5, (), str(folder / "flightlog.yaml"))
    assert (moved.verified.runs, moved.verified.versions, moved.verified.patterns) == (
        5,
        4 if b == "postgres" else 0,
        1,
    )
    assert logs_of(folder).type == b
    text = (folder / "flightlog.yaml").read_text()
    assert text.startswith("# mine\nevery: 1h  # often\nstorage:\n  # where runs are\n")
    assert "sesame" not in text
    there = tree(folder)
    assert {name: there.get(name) for name in before} == before
    with flightlog.open(folder) as store:
        assert store.runs.get(runs[0]).pinned and len(store.runs.events(runs[0])) == 9
        assert [version.number for version in store.workflows.list("w", deleted=True)] == [1, 2, 3]
        with store.run("w"):
            pass
    if a in old:
        (new,) = differences(str(folder), old[a])
        assert new.what.startswith("run ") and " is not in " in new.what


def test_a_directory_without_a_configuration_gets_one(tmp_path):
    runs = fill(f"file:{tmp_path / 'data'}")
    folder = tmp_path / "data"
    assert move(folder, "sqlite").switched
    assert (folder / "flightlog.yaml").read_text() == "storage:\n  logs: {type: sqlite, path: flightlog.db}\n"
    assert move(folder, f"file:{tmp_path / 'other'}").switched
    with flightlog.open(folder) as store:
        assert store.runs.get(runs[0]).pinned
    assert logs_of(folder).path == str(tmp_path / "other" / "runs")


def test_a_target_whose_disk_is_full_for_a_moment_is_told_and_the_move_made_again_is_whole(tmp_path, monkeypatch):
    """What people added to runs is not carried before the runs are there: it would have no effect."""
    folder = tmp_path / "data"
    runs = fill(f"file:{folder}")
    take, full = Shipping._take, [True]

    def refused(self, news):
        if full:
            raise StorageError("the disk is full", where=folder)
        return take(self, news)

    monkeypatch.setattr(Shipping, "_take", refused)
    with pytest.raises(StorageError, match="the disk is full"):
        move(folder, "sqlite")
    assert logs_of(folder).type == "file"
    full.clear()
    assert move(folder, "sqlite").findings == ()
    with flightlog.open(folder) as store:
        assert store.runs.get(runs[0]).pinned


def test_running_runs_are_named_and_waited_for(tmp_path):
    folder = tmp_path / "data"
    fill(f"file:{folder}")
    asked = []
    with flightlog.open(folder) as store:
        run = store.run("w")
        with pytest.raises(Conflict, match=f"1 run is being written: {run.id}"):
            move(folder, "sqlite")

        def wait(runs):
            asked.append(list(runs))
            run.finish()

        moved = move(folder, "sqlite", wait=wait)
    assert asked == [[run.id]]
    assert moved.switched and moved.runs == 6


def test_nothing_changes_the_store_while_it_moves(tmp_path):
    folder, refused = tmp_path / "data", []
    runs = fill(f"file:{folder}")
    store = flightlog.open(folder)
    changes = [
        lambda: store.run("w"),
        lambda: store.resume(runs[3]),
        lambda: store.runs.annotate(Pinned(run=runs[1])),
        lambda: store.workflows.store("w", "a: 5"),
        lambda: store.workflows.delete("w", 3),
        lambda: store.metrics.record_pattern(Pattern(workflow="w", name="new")),
        lambda: store.upkeep.drop_states(runs[0], []),
    ]

    def change():
        threads = [threading.Thread(target=attempt, args=[one]) for one in changes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.runs.get(runs[0]).status == "completed"  # it can be read

    def attempt(one):
        try:
            one()
        except Locked as error:
            refused.append(error.what)

    assert move(folder, "sqlite", At(change)).switched
    assert refused == ["the store is being moved to another place"] * len(changes)
    for one in changes:
        with pytest.raises(Conflict, match=r"the store was moved \(.*flightlog.db\); open it again"):
            one()
    store.close()
    with flightlog.open(folder) as store, store.run("w") as run:
        assert store.runs.get(run.id).status == "running"


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


def test_what_differs_keeps_the_configuration_as_it_was(tmp_path):
    folder, there = tmp_path / "data", tmp_path / "there"
    fill(f"file:{folder}")
    with flightlog.open(f"sqlite:{there}/flightlog.db") as store:
        store.workflows.store("w", "other: 1")
    moved = move(folder, f"sqlite:{there}/flightlog.db")
    assert not moved.switched and not (folder / "flightlog.yaml").exists()
    assert any("version 1 of workflow w differs" in finding.what for finding in moved.findings)
    assert logs_of(folder).type == "file"


def test_old_data_are_put_aside_on_request(tmp_path):
    folder = tmp_path / "data"
    runs = fill(f"sqlite:{folder}/flightlog.db")
    moved = move(folder, "file", archive=True)
    names = {path.name for path in Path(moved.archived).iterdir()}
    assert {"flightlog.db", "spool"} <= names and Path(moved.archived).parent == folder
    assert not (folder / "flightlog.db").exists() and (folder / "workflows").is_dir()
    with flightlog.open(folder) as store:
        assert store.runs.get(runs[0]).pinned
    with flightlog.open(f"{moved.archived}/flightlog.db", read_only=True) as store:
        assert store.runs.totals().runs == 5


def test_a_password_is_not_written_into_the_configuration(data, tmp_path, new_postgres_url):
    folder = data("file")
    with pytest.raises(ConfigError, match="has a password in it") as caught:
        move(folder, new_postgres_url())
    assert "sesame" not in str(caught.value)


def test_versions_that_are_kept_apart_stay_where_they_are(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "flightlog.yaml").write_text("storage: {logs: {type: file}, workflows: {type: file, path: flows}}")
    fill(folder)
    assert move(folder, "sqlite").findings == ()
    assert (folder / "flightlog.yaml").read_text() == (
        "storage: {logs: {type: sqlite, path: flightlog.db}, workflows: {type: file, path: flows}}"
    )
    assert not (folder / "workflows").exists()


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


KILLED = """
import os, signal, sys
from flightlog.backends.moving.migrating import migrate
from flightlog.core.operations import Chosen, new_order
from flightlog.core.progress import Progress

class Killed(Progress):
    left = int(sys.argv[3])
    def reach(self, done):
        super().reach(done)
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

migrate(sys.argv[1], sys.argv[2], progress=Killed())
"""


@pytest.mark.parametrize(("kind", "after"), [("sqlite", 2), ("file", 7)])
def test_a_kill_leaves_the_store_and_the_next_move_goes_on(tmp_path, kind, after):
    """Killed while it carries (after 2 runs of 5), and while it compares (after 7 steps)."""
    folder = tmp_path / "data"
    fill(f"file:{folder}" if kind == "sqlite" else f"sqlite:{folder}/flightlog.db")
    before = {name: text for name, text in tree(folder).items() if ".flightlog" not in name}
    words = [sys.executable, "-c", KILLED, folder, f"{kind}:{tmp_path / 'there' / 'flightlog.db'}", str(after)]
    assert subprocess.run(words, check=False).returncode == -9
    assert {name: text for name, text in tree(folder).items() if ".flightlog" not in name} == before
    moved = move(folder, words[4])
    assert moved.findings == () and moved.switched and moved.verified.runs == 5
    assert moved.runs < 5
    old = f"file:{folder}" if kind == "sqlite" else f"sqlite:{folder}/flightlog.db"
    assert differences(str(folder), old) == []


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


PLAIN = "import sys; from flightlog.tui.cli.main import main; main()"


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["sqlite", "file"])
def test_ten_kills_at_any_moment_lose_nothing_and_double_nothing(tmp_path, kind):
    dice = random.Random(kind)
    folder = tmp_path / "data"
    old = f"file:{folder}" if kind == "sqlite" else f"sqlite:{folder}/flightlog.db"
    fill(old, 12)
    before = {name: text for name, text in tree(folder).items() if ".flightlog" not in name}
    words = [sys.executable, "-c", PLAIN, "migrate", "--data", folder]
    words += ["--to", f"{kind}:{tmp_path / 'there' / 'flightlog.db'}", "--json"]
    killed = 0
    while killed < 10:
        with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
            try:
                assert process.wait(dice.uniform(0.4, 2.5)) == 0
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
        if (folder / "flightlog.yaml").exists():  # it was quicker than the kill: once more, into a new place
            (folder / "flightlog.yaml").unlink()
            words[-2] += "2"
    assert {name: text for name, text in tree(folder).items() if ".flightlog" not in name} == before
    done = subprocess.run(words, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert differences(str(folder), old) == differences(old, str(folder)) == []


@pytest.mark.heavy
def test_a_server_that_dies_leaves_the_store_and_the_next_move_goes_on(tmp_path, monkeypatch):
    folder, server = tmp_path / "data", PostgresServer()
    try:
        fill(f"file:{folder}", 4)
        before = {name: text for name, text in tree(folder).items() if ".flightlog" not in name}
        monkeypatch.setenv("TARGET", server.url(server.new_database()))
        with pytest.raises(StorageError) as caught:
            move(folder, "${TARGET}", At(lambda: server.stop(signal.SIGQUIT)))
        assert "\n" not in str(caught.value) and "sesame" not in str(caught.value)
        assert {name: text for name, text in tree(folder).items() if ".flightlog" not in name} == before
        server.start()
        moved = move(folder, "${TARGET}")
        assert moved.findings == () and moved.switched and moved.verified.runs == 20
        assert differences(str(folder), f"file:{folder}") == []
    finally:
        server.close()


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
        "not carried: 1 in the trash, which can be taken back only there"
    ]
    assert moved.switched
    with flightlog.open(folder) as store:
        assert store.runs.totals().runs == 2
        assert store.runs.events(packed) == events
        assert store.checkpoints.state(store.checkpoints.list(packed)[0].id) == {"n": [0] * 50}
        assert not store.upkeep.trashed().items
