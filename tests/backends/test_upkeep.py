"""What looking after a store finds, each fault planted first; and that a sound store has none."""

import os
import shutil
from contextlib import nullcontext

import flightlog
import pytest
from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.recording import JournalRecording
from flightlog.core.events import RunStarted
from flightlog.core.ids import day_of, new_ulid
from flightlog.core.operations import Chosen, new_order


@pytest.fixture(params=["file", "sqlite"])
def storage(request):
    return request.param


@pytest.fixture
def store(tmp_path, storage):
    with flightlog.open(tmp_path / "data", storage=storage) as store:
        yield store


def findings(store, kind):
    found = [finding for finding in store.upkeep.check() if finding.kind == kind]
    assert all(finding.what and finding.where for finding in found)
    return found


def run_in(store):
    with store.run("w") as run:
        run.log("hello")
        run.checkpoint({"a": 1})
    store.runs.totals()
    return run.id


def test_a_sound_store_has_no_findings_but_the_age_of_sqlite(store):
    run_in(store)
    assert {finding.kind for finding in store.upkeep.check()} <= {"old-sqlite"}


def test_an_old_sqlite_is_named(store, monkeypatch):
    monkeypatch.setattr("flightlog.backends.checks.tables.sqlite_is_fixed", lambda: False)
    assert findings(store, "old-sqlite")[0].severity == "note"
    monkeypatch.setattr("flightlog.backends.checks.tables.sqlite_is_fixed", lambda: True)
    assert not findings(store, "old-sqlite")


def test_folders_and_files_that_others_may_write_or_read(store, tmp_path):
    run_in(store)
    (tmp_path / "data").chmod(0o777)
    assert "may write" in findings(store, "permissions")[0].what
    (tmp_path / "data").chmod(0o700)
    (tmp_path / "data" / "my-notes.txt").write_text("anybody may read this")
    assert not findings(store, "permissions")
    loose = next(path for path in (tmp_path / "data").rglob("*") if path.name.endswith((".jsonl", "flightlog.db")))
    loose.chmod(0o644)
    assert str(loose) in findings(store, "permissions")[0].what


def test_a_file_that_goes_between_listing_and_looking_is_not_there(store, monkeypatch):
    run_in(store)
    real = os.scandir

    def listed(folder):
        with real(folder) as entries:
            found = list(entries)
        for entry in found:
            if entry.is_file() and entry.name.endswith("-brief"):
                os.unlink(entry.path)
        return nullcontext(found)

    folder = next(paths for name, paths in store.upkeep._first().real()._parts.items() if name in ("runs", "spool"))[0]
    (folder / "x-brief").write_bytes(b"12345")
    whole = store.upkeep.sizes()
    monkeypatch.setattr(os, "scandir", listed)
    assert sum(whole.values()) - sum(store.upkeep.sizes().values()) == 5


def test_states_without_a_journal_and_files_that_are_not_ours(store, tmp_path, storage):
    run = new_ulid()
    folder = tmp_path / "data" / ("spool" if storage == "sqlite" else f"runs/{day_of(run)}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{run}.states.jsonl").write_bytes(b"{}\n")
    (folder / "notes.txt").write_text("mine")
    (folder / f"{run}.torn").write_bytes(b"x\n")
    assert run in findings(store, "orphaned-states")[0].where
    assert "notes.txt" in findings(store, "unknown-file")[0].where
    assert findings(store, "set-aside")[0].severity == "note"


def test_what_waits_for_somebody_who_may_write_is_named_to_those_who_may_not(tmp_path):
    with flightlog.open(tmp_path) as store:
        run_in(store)
        live = store.run("live")
        live.log("not shipped yet, perhaps")
        dead = new_ulid()
        spooled = JournalRecording(Layout(tmp_path, spooled=True))
        spooled.begin(RunStarted(run=dead, workflow="w")).close()
        with flightlog.open(tmp_path, read_only=True) as reader:
            assert [found.run for found in findings(reader, "spool-waits")] == [dead]
        assert not findings(store, "spool-waits")  # who may write ships it
        with flightlog.open(tmp_path, read_only=True) as reader:
            assert reader.runs.get(dead).workflow == "w" and not findings(reader, "spool-waits")
        live.finish()


def test_an_index_that_says_something_else_than_the_journals(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store:
        run = run_in(store)
        path = next(tmp_path.rglob(f"{run}.jsonl"))
        content = path.read_bytes()
        path.write_bytes(content.replace(b"hello", b"jello"))
        assert [finding.run for finding in findings(store, "index-drift")] == [run]
        shutil.rmtree(tmp_path / ".flightlog")
    with flightlog.open(tmp_path) as store:
        assert not findings(store, "index-drift")
        assert [finding.run for finding in findings(store, "damaged-line")] == [run]


def test_a_damaged_page_of_the_database(tmp_path):
    with flightlog.open(tmp_path) as store:
        for _ in range(30):
            run_in(store)
    path = tmp_path / "flightlog.db"
    content = bytearray(path.read_bytes())
    for page in range(20, len(content) // 4096 - 2):
        content[page * 4096 : page * 4096 + 200] = os.urandom(200)
    path.write_bytes(content)
    with flightlog.open(tmp_path) as store:
        kinds = {finding.kind for finding in store.upkeep.check()}
    assert "damaged-database" in kinds


def test_a_database_that_is_none_is_a_finding_too(tmp_path):
    (tmp_path / "flightlog.db").write_bytes(b"a letter" * 1000)
    with flightlog.open(tmp_path) as store:
        found = list(store.upkeep.check())
    assert [(finding.kind, finding.severity) for finding in found] == [("damaged-database", "error")]
    assert "recover" in found[0].advice


def test_a_directory_that_is_gone_is_a_finding_not_a_crash(tmp_path, storage):
    with flightlog.open(tmp_path / "data", storage=storage) as store:
        run_in(store)
        (tmp_path / "data").rename(tmp_path / "away")
        assert [finding.what for finding in store.upkeep.check()] == ["the data directory is gone"]
        assert all(size == 0 for size in store.upkeep.sizes().values())
        (tmp_path / "away").rename(tmp_path / "data")


def test_an_archive_that_is_damaged_and_a_file_that_is_none(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store:
        run = run_in(store)
        journal = next(tmp_path.rglob(f"{run}.jsonl"))
        folder = tmp_path / "archive" / "2026-11"
        folder.mkdir(parents=True)
        (folder / f"{run}.flz").write_bytes(journal.read_bytes())
        (folder / "notes.txt").write_text("mine")
        found = findings(store, "damaged-archive")
        assert [(finding.run, finding.severity) for finding in found] == [(run, "error")]
        assert "notes.txt" in findings(store, "unknown-file")[0].where


@pytest.mark.parametrize("spoilt", ["in the middle", "cut off"])
def test_an_archive_that_cannot_be_read_is_no_run_that_runs_until_a_whole_one_is_there(tmp_path, spoilt):
    with flightlog.open(tmp_path, storage="file") as store:
        run = run_in(store)
        list(store.upkeep.archive(new_order(), [Chosen(run=run)]))
    (path,) = tmp_path.rglob(f"{run}.flz")
    whole = path.read_bytes()
    path.write_bytes(b"\0" * len(whole[:200]) + whole[200:] if spoilt == "in the middle" else whole[:100])
    shutil.rmtree(tmp_path / ".flightlog")
    with flightlog.open(tmp_path) as store:
        found = store.runs.get(run)
        assert (found.status, found.archived, found.damaged) == ("lost", True, 1)
        assert found.evidence == "its archive is damaged: how it ended cannot be read"
        assert not findings(store, "lost-run")
        assert {(one.run, one.repair) for one in findings(store, "damaged-archive")} == {(run, "")}
    (tmp_path / "copy").write_bytes(whole)
    (tmp_path / "copy").rename(path)
    with flightlog.open(tmp_path) as store:
        found = store.runs.get(run)
        assert (found.status, found.archived, found.evidence) == ("completed", True, "")
