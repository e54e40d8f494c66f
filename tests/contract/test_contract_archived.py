"""An archived run is read as a live one: whatever is asked of a store, before and after runs went to the archive."""

import os
import resource
import shutil
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any

import flightlog
import pytest
from catalogue import histories, put
from everything import everything, reads
from flightlog.backends.archive.flz import facts_of
from flightlog.backends.archive.flz_members import members_of
from flightlog.backends.archive.flz_writer import write_flz
from flightlog.backends.ingest import catch_up
from flightlog.backends.journal.disk import make_folder
from flightlog.backends.journal.layout import Layout
from flightlog.backends.open import truth_of
from flightlog.core import events as e
from flightlog.core.annotations import Noted, Pinned, Tagged
from flightlog.core.errors import ConfigError, Conflict, NotFound, StorageError
from flightlog.core.ids import day_of, new_ulid
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.runs import FINISHED
from flightlog.core.store import Store
from places import SQLITE, Place


def pack(store: Store, folder: Path, run: str) -> Path:
    """Writes the archive of a run beside its live files."""
    layout = Layout(folder)
    path = layout.archived(run)
    make_folder(path.parent)
    write_flz(path, facts_of(store.runs.get(run)), members_of(layout, run))
    return path


def drop(folder: Path, run: str) -> None:
    layout = Layout(folder)
    for path in (layout.journal(run), layout.states(run), layout.torn(run)):
        path.unlink(missing_ok=True)


def archive(store: Store, folder: Path, run: str) -> Path:
    path = pack(store, folder, run)
    drop(folder, run)
    return path


def unpack(folder: Path, run: str) -> None:
    """Brings a run back, and takes its archive away."""
    from flightlog.backends.archive.flz_reader import Flz

    layout = Layout(folder)
    with Flz.open(layout.archived(run), run) as flz:
        for name, path in (("states", layout.states(run)), ("journal", layout.journal(run))):
            if any(member.name == name for member in flz.manifest.members):
                path.write_bytes(b"".join(flz.chunks(name)))
    layout.archived(run).unlink()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A catalogue of runs, and some with states, snapshots and long logs."""
    monkeypatch.setattr(catch_up, "_LIVENESS_S", 0.0)
    with flightlog.open(folder, storage="file") as store:
        held = put(store, histories(Random(11), 14))
        for number in range(2):
            record(store, number)
        yield store
        for writer in held:
            writer.close()


def record(store: Store, number: int) -> str:
    with store.run("with-states", session="ana") as run:
        for n in range(25):
            run.log(f"entry {n} of {number}", level=("INFO", "WARNING")[n % 2], count=n)
            run.checkpoint({"messages": [f"m{i}" for i in range(n)], "count": n, "note": "a" * 3000})
        with run.step("plan", agent="planner") as step:
            step.cost(model="gpt-4o", input_tokens=812, output_tokens=77)
        run.item(1, "failed", error="boom")
        run.snapshot("result", {"ok": True})
        return run.id


def finished(store: Store) -> list[str]:
    return [run.id for run in store.runs.query(EVERYTHING, limit=1000).items if run.status in FINISHED]


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]


def check_counts(store: Store) -> None:
    """That as many runs are counted as are listed, of the archive and of what is live."""
    of = ("", " workflow:triage", " workflow:triage|report", " status:completed", " status:failed|cancelled version:1")
    for text in [f"{side}{more}" for side in ("archived", "-archived") for more in (*of, " session:ana")]:
        some = store.runs.query(parse(text), limit=1000).items
        assert store.runs.count(parse(text)) == len(some), text
        assert {run.archived for run in some} <= {not text.startswith("-")}


def by_order(act: Any, chosen: list[Any]) -> None:
    outcomes = list(act(new_order(), chosen))
    assert [done for done in outcomes if done.outcome != "done"] == []
    assert len(outcomes) == len(chosen)


@pytest.mark.parametrize("index", ["kept", pytest.param("made anew", marks=pytest.mark.heavy)])
def test_every_read_answers_as_before(store: Store, folder: Path, index: str) -> None:
    before = everything(store)
    assert {key.split(" ")[0] for key in before} == reads()
    runs = [run for run in finished(store) if not store.runs.get(run).pinned]
    assert len(runs) > 6
    by_order(store.upkeep.archive, [Chosen(run=run) for run in runs])
    sizes = {run: Layout(folder).archived(run).stat().st_size for run in runs}
    if index == "made anew":
        store.close()
        shutil.rmtree(folder / ".flightlog")
    with flightlog.open(folder, storage="file") as after:
        assert differences(before, everything(after)) == []
        for run in runs:
            found = after.runs.get(run)
            assert found.archived and found.size_bytes == sizes[run]
        check_counts(after)
        assert after.runs.count(parse("archived")) == len(runs)
        assert after.upkeep.sizes()["archive"] == sum(sizes.values())
        assert [finding for finding in after.upkeep.check() if finding.kind in ("damaged-line", "index-drift")] == []
    if index == "kept":
        by_order(store.upkeep.restore, runs)
        assert differences(before, everything(store)) == []
        assert store.runs.count(parse("archived")) == 0


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def test_every_read_of_a_database_answers_as_before(
    kind: str, tmp_path: Path, new_postgres_url: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catch_up, "_LIVENESS_S", 0.0)
    place = Place(kind, tmp_path / "data", new_postgres_url)
    storage = "" if kind == "postgres" else SQLITE
    place.configure(tmp_path / "data", f"{storage}\narchive: {{path: {tmp_path / 'cold'}}}\n")
    store = place.open()
    for writer in put(store, histories(Random(11), 8)):
        writer.close()
    made = record(store, 1)
    before = everything(store)
    runs = [run for run in finished(store) if not store.runs.get(run).pinned]
    records = sorted(truth_of(store).records(made))  # type: ignore[misc]
    assert len(runs) > 4
    by_order(store.upkeep.archive, [Chosen(run=run) for run in runs])
    assert {path.stem for path in (tmp_path / "cold").glob("*/*.flz")} == set(runs)
    assert differences(before, everything(store)) == []
    check_counts(store)
    assert sorted(truth_of(store).records(made)) == records  # type: ignore[misc]
    assert store.runs.get(made).archived
    by_order(store.upkeep.restore, runs)
    assert differences(before, everything(store)) == []
    assert store.runs.count(parse("archived")) == 0
    place.close()


def test_an_archive_has_the_folder_that_is_configured(folder: Path, tmp_path: Path) -> None:
    folder.mkdir()
    config = folder / "flightlog.yaml"
    config.write_text("storage: {logs: {type: file, path: runs}}\narchive: {path: cold/store}\n")
    with flightlog.open(folder) as store:
        run = record(store, 1)
        facts = facts_of(store.runs.get(run))
        layout = truth_of(store).layout
        path = layout.archived(run)
        assert path.is_relative_to(folder / "cold" / "store")
        make_folder(path.parent)
        write_flz(path, facts, members_of(layout, run))
        drop(folder, run)
        assert store.runs.get(run).archived
        assert len(store.logs.query(run)) == 25
        assert [finding for finding in store.upkeep.check() if finding.severity == "error"] == []
    config.write_text(f"storage: {{logs: {{type: file, path: runs}}}}\narchive: {{path: {tmp_path / 'elsewhere'}}}\n")
    with pytest.raises(ConfigError, match="in their data directory"):
        flightlog.open(folder)


def test_what_was_derived_of_a_known_run_stays(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Archiving and restoring a run that is known costs no reading of its events."""
    from flightlog.backends.ingest.batch import Batch

    run = record(store, 7)
    assert list(store.logs.search("entry 7", EVERYTHING))
    read: list[Any] = []
    monkeypatch.setattr(Batch, "_add", lambda self, *args: read.append(args))
    archive(store, folder, run)
    assert store.runs.get(run).archived
    assert list(store.logs.search("entry 7", EVERYTHING))
    unpack(folder, run)
    assert not store.runs.get(run).archived
    assert store.runs.get(run).size_bytes == sum(
        path.stat().st_size for path in (Layout(folder).journal(run), Layout(folder).states(run))
    )
    assert read == []


def test_the_feed_tells_of_runs_that_moved(store: Store, folder: Path) -> None:
    run = record(store, 7)
    cursor = store.feed.cursor()
    archive(store, folder, run)
    changes = store.feed.changes(cursor)
    assert run in changes.changed
    assert changes.removed == ()


def test_of_a_run_in_both_places_the_live_one_counts_once(store: Store, folder: Path) -> None:
    run, number = record(store, 7), store.runs.count(EVERYTHING)
    pack(store, folder, run)
    for at in range(2):
        with flightlog.open(folder, storage="file") as other:
            assert not other.runs.get(run).archived
            assert other.runs.count(EVERYTHING) == number
        if at == 0:
            shutil.rmtree(folder / ".flightlog")
    with flightlog.open(folder, storage="file") as other:
        drop(folder, run)
        assert other.runs.get(run).archived
        assert other.runs.count(EVERYTHING) == number


def test_a_run_whose_archive_goes_is_gone(store: Store, folder: Path) -> None:
    run, number = record(store, 7), store.runs.count(EVERYTHING)
    path = archive(store, folder, run)
    assert store.runs.get(run).archived
    path.unlink()
    with pytest.raises(NotFound):
        store.runs.get(run)
    assert store.runs.count(EVERYTHING) == number - 1
    other = record(store, 8)
    archive(store, folder, other)
    assert store.runs.get(other).archived
    shutil.rmtree(folder / "archive")
    assert store.runs.count(EVERYTHING) == number - 1


def test_annotations_of_archived_runs_go_on(store: Store, folder: Path) -> None:
    run = record(store, 7)
    store.runs.annotate(Noted(run=run, text="before"))
    archive(store, folder, run)
    store.runs.annotate(Pinned(run=run))
    store.runs.annotate(Tagged(run=run, tag="later"))
    store.runs.annotate(Noted(run=run, text="after"))
    for _ in range(2):
        with flightlog.open(folder, storage="file") as other:
            found = other.runs.get(run)
            assert found.pinned and "later" in found.tags and found.archived
            assert [note.text for note in other.runs.notes(run).items] == ["before", "after"]
        shutil.rmtree(folder / ".flightlog", ignore_errors=True)


def test_nothing_is_recorded_into_an_archived_run(store: Store, folder: Path) -> None:
    run = record(store, 7)
    archive(store, folder, run)
    with pytest.raises(Conflict, match="restore"):
        store.recording.begin(e.RunStarted(run=run, workflow="w"))
    with pytest.raises(Conflict, match="restore"):
        store.resume(run)
    with pytest.raises(Conflict, match="restore"):
        store.upkeep.drop_states(run, [])
    assert store.runs.get(run).archived


def cut_off(path: Path, other: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def bend(path: Path, other: Path) -> None:
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)


def of_another(path: Path, other: Path) -> None:
    path.write_bytes(other.read_bytes())


def link(path: Path, other: Path) -> None:
    path.unlink()
    path.symlink_to(other)


def no_archive(path: Path, other: Path) -> None:
    path.write_bytes(b"hello")


def a_folder(path: Path, other: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path, other: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("index", ["kept", "made anew"])
@pytest.mark.parametrize("damage", [cut_off, bend, of_another, link, no_archive, a_folder, a_pipe])
def test_a_damaged_or_planted_archive_is_named_and_nothing_else_suffers(folder: Path, damage: Any, index: str) -> None:
    with flightlog.open(folder, storage="file") as store:
        bad, good, live = (record(store, number) for number in range(3))
        before = {run: store.runs.get(run) for run in (good, live)}
        other = archive(store, folder, good)
        path = archive(store, folder, bad)
        if index == "kept":
            store.runs.get(bad)
        damage(path, other)
        os.utime(path.parent, ns=(1, 1))
    if index == "made anew":
        shutil.rmtree(folder / ".flightlog")
    with flightlog.open(folder, storage="file") as store:
        findings = [finding for finding in store.upkeep.check() if bad in finding.where]
        assert any(finding.severity == "error" for finding in findings), findings
        assert store.runs.get(bad).damaged == 1
        for run in (good, live):
            found = store.runs.get(run)
            assert (found.events, found.damaged) == (before[run].events, 0)
            assert len(store.logs.query(run)) == 25
        assert {entry.run for entry in store.logs.search("entry 7", EVERYTHING)} == {good, live}
        with pytest.raises(StorageError):
            store.logs.query(bad)


def test_an_archive_that_is_brought_back_from_a_backup_is_read_again(store: Store, folder: Path) -> None:
    run = record(store, 7)
    before = store.logs.query(run)
    path = archive(store, folder, run)
    backup = path.read_bytes()
    cut_off(path, path)
    assert store.runs.get(run).damaged == 1
    path.with_suffix(".new").write_bytes(backup)
    path.with_suffix(".new").rename(path)
    assert store.runs.get(run).damaged == 0
    assert store.logs.query(run) == before


def test_what_can_be_no_archive_of_a_month_is_named(store: Store, folder: Path) -> None:
    month = folder / "archive" / "2026-11"
    month.mkdir(parents=True)
    names = ["x.flz", "..flz", f"{new_ulid(0)}.flz"]
    for name in names:
        (month / name).write_bytes(b"x")
    number = store.runs.count(EVERYTHING)
    named = {finding.where for finding in store.upkeep.check()}
    assert {f"archive/2026-11/{name}" for name in names} <= named
    assert store.runs.count(EVERYTHING) == number


def test_many_archives_are_taken_in_with_few_files_open(store: Store, folder: Path) -> None:
    runs = []
    for _ in range(100):
        with store.run("short") as run:
            pass
        runs.append(run.id)
    for run in runs:
        archive(store, folder, run)
    store.close()
    shutil.rmtree(folder / ".flightlog")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    used = {int(name) for name in os.listdir("/dev/fd")}
    free = islice((number for number in count() if number not in used), 59, None)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next(free) + 1, hard))  # sixty numbers are left
    try:
        with flightlog.open(folder, storage="file") as other:
            assert other.runs.count(parse("archived")) == len(runs)
            assert all(run.damaged == 0 for run in other.runs.query(parse("archived"), limit=200).items)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_look_at_an_unchanged_archive_lists_nothing(store: Store, folder: Path, monkeypatch: Any) -> None:
    run = record(store, 7)
    archive(store, folder, run)
    for path in (folder / "archive", Layout(folder).archived(run).parent, folder / "runs" / day_of(run)):
        os.utime(path, ns=(10**18, 10**18))
    store.runs.get(run)
    listed: list[Any] = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(str(path)) or real(path))
    assert store.runs.get(run).archived
    assert [path for path in listed if "archive" in path] == []
