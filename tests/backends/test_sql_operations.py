"""Operations on the runs of databases: what is particular to them beside what the contract promises of all stores."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import flightlog
import msgspec
import pytest
from flightlog.backends.open import truth_of
from flightlog.backends.operations.table_record import Fact
from flightlog.backends.replay import replay
from flightlog.backends.sql import tables
from flightlog.backends.sqlite.reserve import LEAST, Reserve
from flightlog.core.annotations import Noted
from flightlog.core.errors import Conflict, Locked, NotFound, ReadOnly
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING
from killing import killed_at
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
        carried = replay(store, other)
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
        reserve = Reserve(tmp_path / "flightlog.db")
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
