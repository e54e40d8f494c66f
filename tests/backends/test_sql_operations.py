"""Operations on the runs of databases: what is particular to them beside what the contract promises of all stores."""

import os
import random
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import flightlog
import msgspec
import pytest
from flightlog.backends.open import truth_of
from flightlog.backends.operations.on_tables.facts import Fact
from flightlog.backends.operations.reserve import LEAST, Reserve, of_database
from flightlog.backends.sql import tables
from flightlog.backends.sqlite.sqlite_housekeeping import SqliteHousekeeping
from flightlog.core.annotations import Noted
from flightlog.core.errors import Conflict, Locked, NotFound, ReadOnly, StorageError
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING
from killing import killed_at
from moving_stores import replayed
from sqlalchemy import select

PLANTED = "xyzzyplanted"


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path, new_postgres_url):
    return new_postgres_url() if request.param == "postgres" else tmp_path / "data"


def record(store, words: str = "hay", **facts) -> str:
    with store.run("w", objective=words, **facts) as run:
        with run.step(words, input={"text": words}):
            run.log(f"{words} in a log", detail=words)
        run.checkpoint({"messages": [words]})
        run.checkpoint({"messages": [words, words]})
    store.runs.annotate(Noted(run=run.id, text=words))
    return run.id


def chosen(*runs: str) -> list[Chosen]:
    return [Chosen(run=run) for run in runs]


def outcomes(dones) -> list[tuple[str, str]]:
    return [(done.run, done.outcome) for done in dones]


def trash(store, *runs: str) -> str:
    order = new_order(by="ana")
    found = list(store.upkeep.trash(order, chosen(*runs)))
    assert [(done.run, done.outcome, done.why) for done in found] == [(run, "done", "") for run in runs]
    return order.id


def dead_agent(place) -> str:
    """A run whose agent was killed; its journal is in the spool."""
    code = f"""
import os, flightlog
run = flightlog.open({str(place)!r}).run("w")
run.log("one")
print(run.id, flush=True)
os._exit(1)
"""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()


def test_a_lost_run_that_somebody_takes_up_comes_back_from_the_trash(place):
    run = dead_agent(place)
    with flightlog.open(place) as store:
        assert store.runs.get(run).status == "lost"
        operation = trash(store, run)
        with pytest.raises(NotFound):
            store.runs.get(run)
        with store.resume(run) as resumed:
            resumed.log("two")
        found = store.runs.get(run)
        assert (found.status, found.logs, found.damaged) == ("completed", 2, 0)
        assert not store.upkeep.trashed().items
        with truth_of(store).database.read() as connection:
            lines = connection.scalars(select(tables.operations.c.line).where(tables.operations.c.phase == "back"))
            (line,) = lines.all()
        back = msgspec.json.decode(bytes(line), type=Fact)
        assert (back.operation, back.run, back.why) == (operation, run, "new events of it came")
        assert outcomes(store.upkeep.undo(new_order(), operation)) == [(run, "skipped")]


def test_a_lost_run_that_is_purged_leaves_nothing_in_the_spool(place):
    run = dead_agent(place)
    with flightlog.open(place) as store:
        assert store.runs.get(run).status == "lost"
        trash(store, run)
        assert outcomes(store.upkeep.purge(new_order())) == [(run, "done")]
        layout = truth_of(store).layout
        assert not layout.journal(run).exists()
        assert store.runs.totals().runs == 0
        with pytest.raises(Conflict, match="exists already"):
            store.run("w", id=run)


def test_an_id_in_the_trash_is_not_given_again_and_what_lies_there_is_named(place):
    with flightlog.open(place) as store:
        run = record(store)
        trash(store, run)
        with pytest.raises(Conflict, match="exists already"):
            store.run("w", id=run)
        with pytest.raises(Conflict, match="lies in the trash"):
            store.resume(run)


def test_what_lies_in_the_trash_is_no_part_of_what_a_replay_carries(place, tmp_path):
    with flightlog.open(place) as store, flightlog.open(tmp_path / "other", storage="sqlite") as other:
        stays, goes = record(store), record(store)
        trash(store, goes)
        carried = replayed(store, other)
        assert (carried.runs, carried.annotations, carried.missing) == (1, 1, [])
        assert [run.id for run in other.runs.query(EVERYTHING).items] == [stays]


def test_one_works_at_a_time_and_says_who(place):
    with flightlog.open(place) as store, flightlog.open(place) as other:
        runs = [record(store) for _ in range(3)]
        working = store.upkeep.trash(new_order(), chosen(*runs))
        next(working)
        with pytest.raises(Locked, match=rf"process {os.getpid()} on \S+ works on this store \(trash, since "):
            next(other.upkeep.purge(new_order()))
        working.close()
        assert len(store.upkeep.trashed().items) == 1
        assert outcomes(other.upkeep.purge(new_order())) == [(runs[0], "done")]


def test_read_only_shows_and_changes_nothing(tmp_path):
    with flightlog.open(tmp_path) as store:
        run, other = record(store), record(store)
        trash(store, run)
    with flightlog.open(tmp_path, read_only=True) as store:
        assert [one.run for one in store.upkeep.trashed().items] == [run]
        assert store.upkeep.operations().items[0].done == 1
        with pytest.raises(ReadOnly):
            list(store.upkeep.trash(new_order(), chosen(other)))


def test_a_list_of_operations_costs_what_it_shows(tmp_path):
    with flightlog.open(tmp_path) as store:
        runs = [record(store) for _ in range(40)]
        first = trash(store, *runs)
        for _ in range(5):
            store.upkeep.note_policy(new_order(), "d")
        page = store.upkeep.operations(limit=2)
        assert [one.kind for one in page.items] == ["policy", "policy"]
        rest = store.upkeep.operations(after=page.next)
        assert [one.kind for one in rest.items] == ["policy"] * 3 + ["trash"]
        assert (rest.items[-1].done, len(rest.items[-1].runs)) == (40, 20)
        assert len(store.upkeep.operation(first).runs) == 40
        assert store.upkeep.applied_policy() == "d"


def files_with(folder: Path, words: str) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and words.encode() in path.read_bytes()]


def test_a_planted_word_is_in_no_file_after_a_purge(tmp_path):
    place = tmp_path / "data"
    with flightlog.open(place) as store:
        planted = [record(store, PLANTED) for _ in range(5)]
        record(store)
        list(store.logs.search(PLANTED, EVERYTHING))
    assert files_with(place, PLANTED)
    with flightlog.open(place) as store:
        trash(store, *planted)
        assert len(list(store.upkeep.purge(new_order()))) == 5
        assert files_with(place, PLANTED) == []
        assert store.runs.totals().runs == 1
    assert files_with(place, PLANTED) == []


def test_on_a_full_disk_the_reserve_makes_room_to_remove(tmp_path, monkeypatch):
    """SQLite itself is told that there are no pages left; what is given up lets it have some more."""
    with flightlog.open(tmp_path) as store:
        run = record(store)
        reserve = of_database(tmp_path / "flightlog.db")
        assert reserve.path.stat().st_size == LEAST
        database, gave = truth_of(store).database, []
        with database.outside() as connection:
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            connection.execute(f"PRAGMA max_page_count={pages}")

        def gives(self, real=Reserve.give_up):
            gave.append(real(self))
            with database.outside() as connection:
                connection.execute(f"PRAGMA max_page_count={pages + 10 * len(gave)}")
            return gave[-1]

        monkeypatch.setattr(Reserve, "give_up", gives)
        order = new_order()
        long = [Chosen(run=run, rule="r" * 30_000)]  # so that its line in the record needs pages
        assert outcomes(store.upkeep.trash(order, long)) == [(run, "done")]
        assert outcomes(store.upkeep.purge(new_order())) == [(run, "done")]
        assert gave
        assert all(gave)
    with flightlog.open(tmp_path) as store:
        store.runs.totals()
    assert reserve.path.stat().st_size == LEAST


# --- killed at every step -----------------------------------------------------------------------------------

STEPS = {"execute", "executemany", "commit", "unlink", "ftruncate", "pwrite"}


def census(store) -> dict:
    """Where each run is, and everything about it."""
    found = {}
    for run in store.runs.query(EVERYTHING).items:
        found[run.id] = (
            "there",
            run.status,
            run.notes,
            store.runs.events(run.id),
            [store.checkpoints.state(point.id) for point in store.checkpoints.list(run.id)],
        )
    for one in store.upkeep.trashed().items:
        assert one.run not in found
        found[one.run] = ("trash",)
    return found


def killed_everywhere(tmp_path: Path, by: int) -> int:
    """Puts into the trash, takes back and purges, killed at every `by`-th step; how many kills that were."""
    template = tmp_path / "template"
    with flightlog.open(template) as store:
        first, second, gone = (record(store) for _ in range(3))
        whole = census(store)
        trash(store, gone)
    number, done = 1, False
    order, back = new_order(), new_order()

    def work(folder):
        with flightlog.open(folder) as store:
            list(store.upkeep.trash(order, chosen(first, second)))
            list(store.upkeep.undo(back, order.id))
            list(store.upkeep.purge(new_order(), runs=[gone]))

    while not done:
        folder = tmp_path / "data"
        shutil.copytree(template, folder)
        done = killed_at(number, STEPS, lambda folder=folder: work(folder))
        with flightlog.open(folder) as store:
            now = census(store)
            assert {first, second} <= now.keys() <= whole.keys(), f"killed at step {number}"
            assert all(now[run] in (whole[run], ("trash",)) for run in now), f"killed at step {number}"
            if not done and back.id not in [one.id for one in store.upkeep.operations().items]:
                assert outcomes(store.upkeep.trash(order, chosen(first, second))) == [(first, "done"), (second, "done")]
                list(store.upkeep.undo(back, order.id))
            else:
                list(store.upkeep.undo(back, order.id))
            list(store.upkeep.purge(new_order()))
            assert census(store) == {run: whole[run] for run in (first, second)}, f"killed at step {number}"
        shutil.rmtree(folder)
        number += by
    return number // by


def test_killed_at_some_steps_a_run_is_in_one_place_and_whole(tmp_path):
    assert killed_everywhere(tmp_path, 97) > 2


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_killed_at_every_step_a_run_is_in_one_place_and_whole(tmp_path):
    assert killed_everywhere(tmp_path, 5) > 30


def test_threads_that_record_go_on_while_runs_are_removed(tmp_path):
    with flightlog.open(tmp_path) as store, ThreadPoolExecutor(3) as agents:
        runs = [record(store) for _ in range(20)]
        recording = [agents.submit(record, store) for _ in range(15)]
        trash(store, *runs)
        assert len(list(store.upkeep.purge(new_order()))) == 20
        assert len({agent.result() for agent in recording}) == 15
        assert store.runs.totals().runs == 15


LOOP = """
import sys, flightlog
from flightlog.core.operations import Chosen, new_order
with flightlog.open(sys.argv[1], config=sys.argv[2]) as store:
    print("begun", flush=True)
    while True:
        order, packed = new_order(), new_order()
        list(store.upkeep.archive(packed, [Chosen(run=run) for run in sys.argv[3:]]))
        list(store.upkeep.trash(order, [Chosen(run=run) for run in sys.argv[3:]]))
        list(store.upkeep.undo(new_order(), order.id))
        list(store.upkeep.restore(new_order(), sys.argv[3:]))
"""


def settled(store) -> None:
    """Waits until a server has noticed that whoever worked is gone."""
    until = time.monotonic() + 30
    while True:
        try:
            list(store.upkeep.trash(new_order(), []))
            return
        except Locked:
            assert time.monotonic() < until
            time.sleep(0.05)


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_killed_at_any_time_on_a_server_a_run_is_in_one_place_and_whole(tmp_path, new_postgres_url):
    url, config, rng = new_postgres_url(), tmp_path / "flightlog.yaml", random.Random(3)
    config.write_text(f"archive: {{path: {tmp_path / 'archive'}}}")
    with flightlog.open(url, config=config) as store:
        runs = [record(store, f"number {number}") for number in range(3)]
        whole = census(store)
        for _ in range(12):
            words = [sys.executable, "-c", LOOP, url, str(config), *runs]
            with subprocess.Popen(words, stdout=subprocess.PIPE) as worker:
                assert worker.stdout
                worker.stdout.readline()
                time.sleep(rng.random() * 0.6)
                worker.kill()
            settled(store)
            now = census(store)
            assert now.keys() == whole.keys()
            assert all(now[run] in (whole[run], ("trash",)) for run in runs)
            assert not list((tmp_path / "archive").rglob("*.part"))
            for operation in {one.operation for one in store.upkeep.trashed().items}:
                list(store.upkeep.undo(new_order(), operation))
        assert census(store) == whole


# --- room ------------------------------------------------------------------------------------------------------


def filled(store) -> None:
    """Deletes most of what was recorded, and gives no page back."""
    runs = [record(store, "x" * 20_000) for _ in range(10)]
    with truth_of(store).database.write() as connection:
        connection.execute(tables.events.delete().where(tables.events.c.run.in_(runs)))
        connection.execute(tables.values.delete().where(tables.values.c.run.in_(runs)))


def test_compact_gives_free_pages_back_as_its_preview_says(tmp_path):
    with flightlog.open(tmp_path) as store:
        filled(store)
        preview = store.upkeep.compact()
        assert preview.after_bytes < preview.before_bytes / 2
        assert preview.room_bytes >= preview.after_bytes
        done = store.upkeep.compact(new_order(by="ana"))
        assert done.before_bytes > 2 * done.after_bytes
        assert abs(done.after_bytes - preview.after_bytes) < 20 * 4096
        assert (tmp_path / "flightlog.db").stat().st_size == done.after_bytes
        assert store.upkeep.operations().items[0].kind == "compact"
        assert store.upkeep.compact(new_order()).after_bytes <= done.after_bytes + 20 * 4096
        assert store.runs.totals().runs == 10


def test_compact_without_room_to_work_in_changes_nothing(tmp_path, monkeypatch):
    with flightlog.open(tmp_path) as store:
        filled(store)
        size = (tmp_path / "flightlog.db").stat().st_size
        monkeypatch.setattr(SqliteHousekeeping, "_lacks", lambda self, room: str(tmp_path))
        with pytest.raises(StorageError, match="bytes are needed to work in"):
            store.upkeep.compact(new_order())
        assert (tmp_path / "flightlog.db").stat().st_size >= size


def test_compact_on_a_server_frees_dead_rows(new_postgres_url):
    with flightlog.open(new_postgres_url()) as store:
        filled(store)
        preview = store.upkeep.compact()
        done = store.upkeep.compact(new_order())
        assert (preview.room_bytes, done.room_bytes) == (0, 0)
        assert 0 < done.after_bytes < done.before_bytes + (1 << 20)  # a small one grows by its maps of free room
        with truth_of(store).database.read() as connection:
            dead = "SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables WHERE relname = 'events'"
            assert connection.exec_driver_sql(dead).scalar() == 0
