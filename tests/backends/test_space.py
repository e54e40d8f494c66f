"""What takes room: true to the byte beside `du`, whatever lies about, and at a cost that no run adds to."""

import os
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from random import Random

import flightlog
import pytest
from flightlog.backends.space import file_parts
from flightlog.core.choosing import chosen
from flightlog.core.errors import NotFound
from flightlog.core.ids import day_of, new_ulid
from flightlog.core.operations import new_order
from sqlalchemy import Engine, event


def du(folder: Path) -> int:
    """Bytes of all files below, by the system's own account; older ones count the folders, too."""
    told = subprocess.run(["du", "-s", "--apparent-size", "-B1", folder], capture_output=True, text=True, check=True)
    empty = folder.parent / "an empty folder"
    empty.mkdir(exist_ok=True)
    alone = subprocess.run(["du", "-s", "--apparent-size", "-B1", empty], capture_output=True, text=True, check=True)
    folders = [path for path, _, _ in os.walk(folder)] if not alone.stdout.startswith("0\t") else []
    return int(told.stdout.split("\t")[0]) - sum(os.stat(path).st_size for path in folders)


def record(store, runs: int, rng: Random) -> list[str]:
    made = []
    for n in range(runs):
        with store.run(rng.choice(("triage", "report")), name=f"r{n}") as run:
            run.log("x" * rng.randrange(2000))
            state = {"messages": ["m" * rng.randrange(500)] * rng.randrange(5), "plan": n}
            run.checkpoint(state)
        made.append(run.id)
    return made


def whole(store) -> int:
    top = store.upkeep.space()
    assert sum(node.size_bytes for node in top.children if not node.apart) == top.node.size_bytes
    return top.node.size_bytes


def litter(folder: Path, runs: list[str], rng: Random) -> None:
    """Files and folders that nobody asked for, wherever there is a place."""
    places = [Path(path) for path, _, _ in os.walk(folder)]
    for n in range(rng.randrange(1, 12)):
        place = rng.choice(places)
        run = rng.choice(runs)
        name = rng.choice(
            (
                "notes.txt",
                f"{run}.torn",
                f"{new_ulid()}.states.jsonl",
                f"no-run-{n}.jsonl",
                f"{new_ulid()}.jsonl.bak",
                b"\xff\xfe".decode("utf-8", "surrogateescape") + str(n),
                f"deep/er/{n}",
                "2026-99-99/x",
            )
        )
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if rng.random() < 0.2 and not path.exists():
            path.symlink_to(rng.choice(("/etc", "nowhere", str(folder))))
        elif not path.is_dir() and not path.is_symlink():
            path.write_bytes(rng.randbytes(rng.randrange(3000)))


@pytest.mark.parametrize(("storage", "seed"), [*(("file", seed) for seed in range(6)), ("sqlite", 1), ("sqlite", 2)])
def test_the_whole_is_what_du_says_of_the_data_directory(tmp_path, storage, seed):
    rng, folder = Random(seed), tmp_path / "data"
    with flightlog.open(folder, storage=storage) as store:
        store.workflows.store("triage", "a: 1\n")
        runs = record(store, rng.randrange(1, 6), rng)
        whole(store)
        litter(folder, runs, rng)
        if storage == "file":
            with store.run("report") as run:  # what lies beside it is seen by the time of its folder
                run.log("one more")
    if storage == "file":
        settle(folder)
    with flightlog.open(folder) as store:
        assert whole(store) == du(folder)
        if storage == "file":
            (folder / "runs" / "more").write_bytes(b"x" * 77)
            settle(folder)
            assert whole(store) == du(folder)
            os.unlink(folder / "runs" / "more")
            assert whole(store) == du(folder)


def test_the_index_of_who_may_write_is_named_to_who_reads_by_another(tmp_path):
    folder = tmp_path / "data"
    with flightlog.open(folder, storage="file") as store:
        record(store, 3, Random(1))
        assert "writers-index" not in {node.kind for node in store.upkeep.space().children}
        store.runs.totals()
    lies = (folder / ".flightlog" / "index.db").stat().st_size
    with flightlog.open(folder, read_only=True) as store:
        found = {node.kind: node for node in store.upkeep.space().children}
        assert found["writers-index"].size_bytes >= lies > 0
        others = store.upkeep.space((":other",)).children
        named = store.upkeep.space((":writers-index",)).children
        assert "index.db" in {node.name for node in named}
        inside = {
            one.name for node in others for one in store.upkeep.space((":other", node.name)).children if node.opens
        }
        assert "index.db" not in inside


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_what_was_packed_or_thrown_away_is_where_du_finds_it(tmp_path, storage):
    rng, folder = Random(4), tmp_path / "data"
    with flightlog.open(folder, storage=storage) as store:
        runs = [store.runs.get(id) for id in record(store, 9, rng)]
        list(store.upkeep.archive(new_order(), [chosen(run) for run in runs[:3]]))
        order = new_order()
        list(store.upkeep.trash(order, [chosen(store.runs.get(run.id)) for run in runs[2:6]]))
        wait_for_shipping(store)
        assert whole(store) == du(folder)
        list(store.upkeep.undo(new_order(), order.id))
        list(store.upkeep.restore(new_order(), [runs[0].id]))
        assert whole(store) == du(folder)


def settle(folder: Path) -> None:
    """A folder that was changed in the last tenth of a second is listed once more."""
    newest = max((os.stat(path).st_mtime for path, _, _ in os.walk(folder / "runs")), default=0.0)
    time.sleep(max(newest + 0.15 - time.time(), 0))


def test_runs_that_go_on_are_torn_lost_or_not_yet_begun_are_counted(tmp_path):
    folder = tmp_path / "data"
    with flightlog.open(folder, storage="file") as store:
        run = store.run("triage")
        run.log("one")
        early = new_ulid()
        path = folder / "runs" / day_of(early) / f"{early}.jsonl"
        path.write_bytes(b'{"type":"run.started","seq":1,"t":"')
        (folder / "runs" / day_of(early) / f"{new_ulid()}.jsonl").write_bytes(b"no event\n")
        assert whole(store) == du(folder)
        run.log("x" * 5000)
        with (folder / "runs" / day_of(run.id) / f"{run.id}.jsonl").open("ab") as file:
            file.write(b'{"type":"log","se')
        assert whole(store) == du(folder)


def test_what_was_dropped_is_not_counted(tmp_path):
    folder = tmp_path / "data"
    with flightlog.open(folder, storage="file") as store:
        (id,) = record(store, 1, Random(2))
        store.upkeep.drop_states(id, [])
        assert whole(store) == du(folder)
        parts = {node.name: node for node in store.upkeep.space((store.runs.get(id).workflow, id)).children}
        assert parts["states"].size_bytes == (folder / "runs" / day_of(id) / f"{id}.states.jsonl").stat().st_size


def test_free_pages_and_the_log_of_a_database_are_told_and_all_add_up_to_its_files(tmp_path):
    folder = tmp_path / "data"
    with flightlog.open(folder) as store:
        record(store, 5, Random(1))
        whole(store)
        wait_for_shipping(store)
        kinds = {node.kind: node for node in store.upkeep.space().children}
        assert {"tables", "wal"} <= kinds.keys() and "free" not in kinds
        assert all(node.size_bytes > 0 for node in kinds.values())
        assert whole(store) == du(folder)
    with closing(sqlite3.connect(folder / "flightlog.db", isolation_level=None)) as database:
        database.execute("CREATE TABLE junk (a)")
        database.execute("INSERT INTO junk VALUES (zeroblob(500000))")
        database.execute("DROP TABLE junk")
        (pages,) = database.execute("PRAGMA freelist_count").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    with flightlog.open(folder) as store:
        free = next(node for node in store.upkeep.space().children if node.kind == "free")
        assert (free.count, free.size_bytes) == (pages, pages * size) and pages >= 120
        assert whole(store) == du(folder)


def wait_for_shipping(store) -> None:
    end = time.monotonic() + 30
    while any(node.kind == "spool" for node in store.upkeep.space().children):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_whole_of_a_server_is_what_it_says_of_the_database(new_postgres_url):
    with flightlog.open(new_postgres_url()) as store:
        record(store, 5, Random(1))
        wait_for_shipping(store)
        found = {node.kind: node.size_bytes for node in store.upkeep.space().children}
        local = sum(size for kind, size in found.items() if kind in ("other", "versions", "spool"))
        assert found["server"] > 1_000_000 and found["tables"] > 100_000
        assert abs(whole(store) - local - store.upkeep.sizes()["database"]) < 1 << 20  # a server writes at any time


def test_a_store_on_a_source_tells_its_database(tmp_path):
    from langgraph.checkpoint.sqlite import SqliteSaver

    path = tmp_path / "checkpoints.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        SqliteSaver(connection).setup()
    with flightlog.open(path) as store:
        assert whole(store) == path.stat().st_size
        with pytest.raises(NotFound):
            store.upkeep.space(("x",))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "flightlog.yaml").write_text(f"sources: [{{type: langgraph, path: {path}}}]\n")
    with flightlog.open(tmp_path / "data") as store:
        source = next(node for node in store.upkeep.space().children if node.kind == "source")
        assert source.apart and source.size_bytes >= path.stat().st_size


# --- what it costs -------------------------------------------------------------------------------------


@pytest.fixture(params=["file", "sqlite"])
def store_of(request, tmp_path):
    opened = []

    def make(runs: int):
        folder = tmp_path / f"store-{runs}"
        with flightlog.open(folder, storage=request.param) as writing:
            record(writing, runs, Random(7))
            wait_for_shipping(writing)
        settle(folder)
        opened.append(flightlog.open(folder))
        opened[-1].upkeep.space()
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def noting(paths: list[str]):
    """`os.stat` that says what it was asked."""
    real = os.stat

    def noted(path, **given):
        paths.append(str(path))
        return real(path, **given)

    return noted


def test_the_top_costs_the_same_however_many_runs_there_are(store_of, statements, monkeypatch):
    counted = []
    for runs in (12, 120):
        store = store_of(runs)
        statted: list[str] = []
        statements.clear()
        with monkeypatch.context() as patch:
            patch.setattr(file_parts.os, "stat", noting(statted))
            top = store.upkeep.space()
        assert top.node.count == runs
        counted.append((len(statements), len(statted)))
        assert not [path for path in statted if path.endswith(".jsonl") and "annotations" not in path]
    assert counted[0] == counted[1]
    assert counted[0][0] <= 12


def test_the_steps_of_the_database_are_the_same_however_many_runs_there_are(tmp_path):
    """By SQLite's own count: what is added up are the sums of workflows, and of folders."""
    counted = []
    for runs in (10, 300):
        folder = tmp_path / f"store-{runs}"
        with flightlog.open(folder, storage="file") as store:
            record(store, runs, Random(5))
            whole(store)
            settle(folder)
            whole(store)
            ticks: list[int] = []

            def begun(connection, ticks=ticks):
                driver = connection.connection.driver_connection
                driver.set_progress_handler(lambda: ticks.append(1) and None, 10)

            event.listen(Engine, "begin", begun)
            whole(store)
            event.remove(Engine, "begin", begun)
            counted.append(len(ticks))
    assert counted[1] <= counted[0] + 5 and counted[0] > 5


def test_looking_into_a_run_reads_that_run_alone(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    with flightlog.open(folder, storage="file") as store:
        runs = record(store, 4, Random(3))
        workflow = store.runs.get(runs[0]).workflow
        opened: list[str] = []
        real = os.open
        monkeypatch.setattr(
            os, "open", lambda path, *given, **more: opened.append(str(path)) or real(path, *given, **more)
        )
        store.upkeep.space((workflow, runs[0]))
        read = {Path(path).name.split(".")[0] for path in opened if "/runs/" in path and path.endswith(".jsonl")}
        assert read == {runs[0]}
