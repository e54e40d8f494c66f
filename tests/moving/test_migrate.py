"""A migration moves everything between two kinds of store, and switches the configuration only when that is proved."""

import errno
import os
from itertools import permutations
from pathlib import Path

import flightlog
import pytest
from flightlog.core.errors import ConfigError, Full
from flightlog.core.operations import Chosen, new_order
from moving_stores import KINDS, differences, fill, logs_of, move, tree


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


def test_what_differs_keeps_the_configuration_as_it_was(tmp_path):
    folder, there = tmp_path / "data", tmp_path / "there"
    fill(f"file:{folder}")
    with flightlog.open(f"sqlite:{there}/flightlog.db") as store:
        store.workflows.store("w", "other: 1")
    moved = move(folder, f"sqlite:{there}/flightlog.db")
    assert not moved.switched and not (folder / "flightlog.yaml").exists()
    assert any("version 1 of workflow w differs" in finding.what for finding in moved.findings)
    assert logs_of(folder).type == "file"


@pytest.mark.parametrize(
    "written", ["archive: {path: ../cold}", "archive:\n  # on the slow disk\n  path: archive # all"]
)
@pytest.mark.parametrize("to", ["file:{there}", "file", "sqlite:{there}/flightlog.db"])
def test_where_archived_runs_may_lie_is_told_with_the_switch(tmp_path, written, to):
    """Runs in files are archived in their own data directory: a configuration that named another would open nothing."""
    data, there = tmp_path / "data", tmp_path / "there"
    data.mkdir()
    there.mkdir()
    text = f"# mine\nstorage:\n  logs: {{type: sqlite, path: flightlog.db}}\n{written}\n"
    (data / "flightlog.yaml").write_text(text)
    with flightlog.open(data) as store:
        runs = [store.run("triage") for _ in range(2)]
        [run.finish() for run in runs]
        order, chosen = new_order(), [Chosen(run=runs[0].id)]
        assert [one.outcome for one in store.upkeep.archive(order, chosen)] == ["done"]
    move(data, to.format(there=there))
    with flightlog.open(data) as store:
        assert store.runs.totals().runs == 2
        assert [one.outcome for one in store.upkeep.archive(new_order(), [Chosen(run=runs[1].id)])] == ["done"]
    now = (data / "flightlog.yaml").read_text()
    home = there if to == "file:{there}" else data
    moved = to == "file:{there}" or (to == "file" and "cold" in written)
    assert now.startswith("# mine\n") and (written in now) is not moved
    folder = home / "archive" if moved or "cold" not in written else tmp_path / "cold"
    assert list(folder.rglob(f"{runs[1].id}.flz"))


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


def test_old_data_are_put_aside_beside_where_they_lay(data, tmp_path):
    """The runs lay on a server, and what waits for it in the user's own folder; the versions in the data directory."""
    folder = data("postgres")
    fill(folder)
    versions = tree(folder / "workflows")
    moved = move(folder, f"file:{tmp_path / 'other'}", archive=True)
    assert versions and not (folder / "workflows").exists()
    (aside,) = (Path(path) for path in moved.archived.split(" and ") if (Path(path) / "workflows").exists())
    assert aside.parent == folder and tree(aside / "workflows") == versions


def test_a_database_that_was_put_aside_leaves_no_room_taken_for_it(tmp_path):
    folder = tmp_path / "data"
    fill(f"sqlite:{folder}/flightlog.db")
    assert (folder / "flightlog.db.reserve").stat().st_size
    move(folder, "file")
    assert (folder / "flightlog.db.reserve").exists()  # the database is still there
    move(folder, f"sqlite:{folder}/flightlog.db")
    move(folder, "file", archive=True)
    assert not (folder / "flightlog.db.reserve").exists()


@pytest.mark.parametrize("failing", ["write", "short", "open"])
def test_a_configuration_that_finds_no_room_says_what_stands_and_leaves_nothing_half_written(
    tmp_path, monkeypatch, failing
):
    folder, there = tmp_path / "data", tmp_path / "there"
    fill(f"file:{folder}")
    before, write, open_ = tree(folder), os.write, os.open

    def full(fd, data):
        if b"storage:" not in data:
            return write(fd, data)
        if failing == "short":
            return write(fd, data[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    def nowhere(path, *args, **options):
        if str(path).endswith(".new"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return open_(path, *args, **options)

    monkeypatch.setattr(os, "open", nowhere) if failing == "open" else monkeypatch.setattr(os, "write", full)
    with pytest.raises(Full, match="the configuration is as it was") as caught:
        move(folder, f"sqlite:{there}/flightlog.db")
    assert "whole lines" not in str(caught.value) and str(folder / "flightlog.yaml") in str(caught.value)
    monkeypatch.undo()
    assert tree(folder) == before
    assert move(folder, f"sqlite:{there}/flightlog.db").switched


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
