"""The mirror is shown where its store cannot be."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import flightlog
import pytest
from flightlog.core.annotations import Pinned
from flightlog.core.errors import Corrupt, ReadOnly, StorageError
from mirrored import MIXES, configured, everything, mirror_of, record, same, until

pytestmark = pytest.mark.usefixtures("patient_mirror")


def broken(data: Path) -> None:
    path = data / "flightlog.db"
    path.write_bytes(path.read_bytes()[:100] + os.urandom(3996) + path.read_bytes()[4096:])


def test_the_mirror_is_shown_read_only_when_the_database_is_damaged(tmp_path):
    data = configured(tmp_path, MIXES["all in one"])
    with flightlog.open(data) as store:
        run = record(store)
        expected = everything(store)
    broken(data)
    before = (data / "flightlog.db").read_bytes()
    with flightlog.open(data) as store:
        assert "damaged" in store.instead and str(mirror_of(data)) in store.instead
        assert store.read_only and everything(store) == expected
        watch = store.feed.watch(lambda: None)
        until(lambda: "mirror, read-only" in watch.problem)
        watch.close()
        for change in (
            lambda: store.runs.annotate(Pinned(run=run)),
            lambda: store.workflows.store("w", "a: 3"),
        ):
            with pytest.raises(ReadOnly):
                change()
        assert next(iter(store.upkeep.check())).kind == "damaged-database"
    assert (data / "flightlog.db").read_bytes() == before


def test_without_a_mirror_to_show_the_error_is_that_of_the_store(tmp_path):
    data = configured(tmp_path, MIXES["sqlite"])
    with flightlog.open(data) as store:
        record(store)
    broken(data)
    subprocess.run(["rm", "-r", mirror_of(data)], check=True)
    with flightlog.open(data) as store:
        assert store.instead == ""
        with pytest.raises(Corrupt, match=r"flightlog\.db"):
            store.runs.totals()


def test_what_is_recorded_while_the_database_is_damaged_waits_in_the_spool(tmp_path):
    data = configured(tmp_path, MIXES["sqlite"])
    with flightlog.open(data) as store:
        record(store)
    whole = (data / "flightlog.db").read_bytes()
    broken(data)
    with flightlog.open(data) as store:
        run = record(store)
        assert store.runs.totals().runs == 1
    (data / "flightlog.db").write_bytes(whole)
    with flightlog.open(data) as store:
        assert store.runs.get(run).status == "completed" and store.instead == ""
    assert same(data)


def test_the_mirror_is_shown_when_the_data_directory_is_gone(tmp_path):
    data = configured(tmp_path, MIXES["file"])
    config = tmp_path / "mine.yaml"
    (data / "flightlog.yaml").rename(config)
    with flightlog.open(data, config=config) as store:
        run = record(store)
    data.rename(tmp_path / "away")
    with flightlog.open(data, config=config, create=False) as store:
        assert "no data directory" in store.instead
        assert store.runs.get(run).status == "completed"
        with pytest.raises(ReadOnly):
            store.run("w")
    assert not data.exists()


def test_the_mirror_is_shown_to_who_has_no_rights_on_the_store(tmp_path):
    data = configured(tmp_path, MIXES["file"])
    with flightlog.open(data) as store:
        run = record(store)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(0o755)
    for path in (data, *mirror_of(data).rglob("*"), mirror_of(data)):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (data / "flightlog.yaml").chmod(0o644)
    (data / "runs").chmod(0o000)
    code = f"""
import os
os.environ["XDG_CACHE_HOME"] = "/nonexistent"
import flightlog
with flightlog.open({str(data)!r}, create=False) as store:
    print(store.instead)
    assert store.runs.get({run!r}).logs == 5
"""
    words = [sys.executable, "-c", code]
    if os.geteuid() == 0:
        words = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
    done = subprocess.run(words, capture_output=True, text=True)
    (data / "runs").chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert "cannot be opened" in done.stdout and "read-only" in done.stdout


def test_a_newer_database_is_shown_from_the_mirror_too(tmp_path):
    data = configured(tmp_path, MIXES["sqlite"])
    with flightlog.open(data) as store:
        run = record(store)
    with sqlite3.connect(data / "flightlog.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with flightlog.open(data) as store:
        assert "newer Flightlog" in store.instead
        assert store.runs.get(run).logs == 5


def test_a_store_without_a_mirror_opens_nothing_to_say_so(tmp_path):
    with flightlog.open(tmp_path) as store:
        assert store.instead == "" and not (tmp_path / "flightlog.db").exists()
    with pytest.raises(StorageError), flightlog.open(tmp_path / "none", create=False) as store:
        pass
