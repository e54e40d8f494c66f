"""Archives of runs whose events are rows: what goes in comes back byte for byte, whatever happens on the way."""

import shutil
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.open import truth_of
from flightlog.backends.operations import packing
from flightlog.backends.sql import tables
from flightlog.core.annotations import Noted, Pinned
from flightlog.core.errors import Conflict, NotFound, NotSupported
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING, parse
from killing import killed_at
from moving_stores import replayed
from sqlalchemy import func, select


@pytest.fixture(params=["sqlite", "postgres"])
def place(request, tmp_path, new_postgres_url):
    """A data directory; the runs of one are on a server."""
    folder = tmp_path / "data"
    if request.param == "postgres":
        folder.mkdir()
        logs = f"storage: {{logs: {{type: postgres, url: '{new_postgres_url()}'}}}}"
        (folder / "flightlog.yaml").write_text(f"{logs}\narchive: {{path: archive}}\n")
    return folder


def record(store, number: int = 0) -> str:
    with store.run("w", objective=f"number {number}") as run:
        for n in range(20):
            run.log(f"entry {n} with a needle", level=("INFO", "WARNING")[n % 2], count=n)
            run.checkpoint({"messages": [f"m{i}" for i in range(n)], "count": n}, opaque={"blob": b"\0\1" * n})
        with run.step("plan", agent="planner") as step:
            step.cost(model="gpt-4o", input_tokens=812, output_tokens=77)
    store.runs.annotate(Noted(run=run.id, text="a note"))
    return run.id


def chosen(*runs: str) -> list[Chosen]:
    return [Chosen(run=run) for run in runs]


def done(found) -> list[str]:
    found = list(found)
    assert all(one.outcome == "done" for one in found), found
    return [one.run for one in found]


def archive(store, *runs: str) -> str:
    order = new_order()
    assert done(store.upkeep.archive(order, chosen(*runs))) == list(runs)
    return order.id


def truth(store, run: str) -> dict:
    """Every row of the truth about a run."""
    with truth_of(store).database.read() as connection:
        return {
            table.name: connection.execute(select(table).where(table.c.run == run).order_by(*table.primary_key)).all()
            for table in (tables.events, tables.values, tables.annotations)
        }


def shown(store, run: str) -> tuple:
    return (
        store.runs.get(run),
        store.runs.events(run),
        store.runs.steps(run),
        store.logs.query(run, limit=100),
        [store.checkpoints.state(point.id) for point in store.checkpoints.list(run)],
    )


def test_an_archived_run_takes_no_rows_reads_as_before_and_comes_back_byte_for_byte(place):
    with flightlog.open(place) as store:
        run, other = record(store), record(store, 1)
        rows, before = truth(store, run), shown(store, run)
        archive(store, run)
        left = truth(store, run)
        assert not left["events"] and not left["state_values"]
        assert left["annotations"] == rows["annotations"]
        assert shown(store, run)[1:] == before[1:]
        assert store.runs.get(run).archived
        assert {hit.run for hit in store.logs.search("needle", EVERYTHING)} == {run, other}
        assert [found.id for found in store.runs.query(parse("archived")).items] == [run]
        with pytest.raises(Conflict, match="in the archive"):
            store.upkeep.drop_states(run, [])
        assert done(store.upkeep.restore(new_order(), [run])) == [run]
        assert truth(store, run) == rows
        assert shown(store, run) == before
        assert not list((place / "archive").rglob("*.*"))


def test_archived_runs_are_carried_by_replay_as_live_ones(place, tmp_path):
    with flightlog.open(place) as store, flightlog.open(tmp_path / "other", storage="sqlite") as other:
        run = record(store)
        before = shown(store, run)
        archive(store, run)
        carried = replayed(store, other)
        assert (carried.runs, carried.missing) == (1, [])
        assert shown(other, run)[1:] == before[1:]
        assert not other.runs.get(run).archived
        again = replayed(store, other)
        assert (again.runs, again.events) == (0, 0)


def test_a_server_needs_a_folder_for_archives(new_postgres_url):
    wanted = r"archive: \{path: FOLDER\}"
    with flightlog.open(new_postgres_url()) as store, pytest.raises(NotSupported, match=wanted):
        list(store.upkeep.archive(new_order(), []))


def test_an_archive_that_is_gone_or_another_is_found(place):
    with flightlog.open(place) as store:
        run, other = record(store), record(store, 1)
        archive(store, run, other)
        assert store.upkeep.verify_archive(run) is None
        path = truth_of(store).layout.archived(run)
        whole = path.read_bytes()
        path.unlink()
        assert store.upkeep.verify_archive(run).kind == "damaged-archive"
        path.write_bytes(truth_of(store).layout.archived(other).read_bytes())
        assert "archive of run" in store.upkeep.verify_archive(run).what
        (found,) = store.upkeep.restore(new_order(), [run])
        assert found.outcome == "failed"
        path.write_bytes(whole)
        assert done(store.upkeep.restore(new_order(), [run])) == [run]
        with pytest.raises(NotFound):
            store.upkeep.verify_archive(run)


def test_a_foreign_archive_in_the_place_of_one_stays(place):
    with flightlog.open(place) as store:
        run = record(store)
        path = truth_of(store).layout.archived(run)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"not ours")
        (found,) = store.upkeep.archive(new_order(), chosen(run))
        assert found.outcome == "failed"
        assert "another archive" in found.why
        assert path.read_bytes() == b"not ours"
        assert len(store.runs.events(run)) > 40
        assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_what_changes_while_it_is_packed_is_not_archived(place, monkeypatch):
    with flightlog.open(place) as store:
        run = record(store)
        real = packing.write_flz

        def write(*given):
            found = real(*given)
            store.runs.annotate(Pinned(run=run))
            return found

        monkeypatch.setattr(packing, "write_flz", write)
        (found,) = store.upkeep.archive(new_order(), chosen(run))
        assert found.outcome == "failed"
        assert "changed" in found.why
        assert not store.runs.get(run).archived
        assert not list((place / "archive").rglob("*.*"))


# --- killed at every step -----------------------------------------------------------------------------------

STEPS = {"execute", "executemany", "commit", "unlink", "link", "fsync", "write", "fdatasync"}


def census(store) -> dict:
    """Every run once, whole, and whether its bytes are rows or in an archive, never in both."""
    found = {}
    layout = truth_of(store).layout
    for run in store.runs.query(EVERYTHING).items:
        rows = len(truth(store, run.id)["events"])
        assert run.archived == (rows == 0) == layout.archived(run.id).exists()
        found[run.id] = shown(store, run.id)[1:]
    with truth_of(store).database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.archives)) == sum(
            run.archived for run in store.runs.query(EVERYTHING).items
        )
    return found


def killed_everywhere(tmp_path: Path, by: int) -> int:
    """Archives and restores, killed at every `by`-th step; how many kills that were."""
    template = tmp_path / "template"
    with flightlog.open(template, storage="sqlite") as store:
        first, second = record(store), record(store, 1)
        whole = census(store)
    order = new_order()

    def work(folder):
        with flightlog.open(folder) as store:
            list(store.upkeep.archive(order, chosen(first, second)))
            list(store.upkeep.undo(new_order(), order.id))

    number, completed = 1, False
    while not completed:
        folder = tmp_path / "data"
        shutil.copytree(template, folder)
        completed = killed_at(number, STEPS, lambda folder=folder: work(folder))
        with flightlog.open(folder) as store:
            assert census(store) == whole, f"killed at step {number}"
            archived = [run.id for run in store.runs.query(parse("archived")).items]
            done(store.upkeep.restore(new_order(), archived))
            assert archive(store, first, second)
            assert census(store) == whole, f"killed at step {number}"
            assert not [path for path in (folder / "archive").rglob("*") if path.name.endswith(".part")]
        shutil.rmtree(folder)
        number += by
    return number // by


def test_killed_at_some_steps_every_run_is_in_one_place_and_whole(tmp_path):
    assert killed_everywhere(tmp_path, 83) > 2


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_killed_at_every_few_steps_every_run_is_in_one_place_and_whole(tmp_path):
    assert killed_everywhere(tmp_path, 5) > 30


def test_doctor_reads_every_archive_and_names_what_lies_beside_them(place):
    with flightlog.open(place) as store:
        run, other = record(store), record(store, 1)
        archive(store, run, other)
        assert [found for found in store.upkeep.check() if "archive" in found.kind or "archive" in found.what] == []
        path = truth_of(store).layout.archived(run)
        path.with_name("stray").write_bytes(b"x")
        path.unlink()
        found = {(one.kind, one.run) for one in store.upkeep.check() if one.where.startswith(str(path.parent))}
        assert found == {("damaged-archive", run), ("unknown-file", None)}


def test_an_archive_of_the_same_bytes_that_lies_there_is_taken(place):
    """As after a move within one data directory, which carries what was archived as live runs."""
    with flightlog.open(place) as store:
        run = record(store)
        rows = truth(store, run)
        archive(store, run)
        path = truth_of(store).layout.archived(run)
        whole = path.read_bytes()
        done(store.upkeep.restore(new_order(), [run]))
        path.write_bytes(whole)
        archive(store, run)
        assert path.read_bytes() == whole
        assert store.upkeep.verify_archive(run) is None
        done(store.upkeep.restore(new_order(), [run]))
        assert truth(store, run) == rows
