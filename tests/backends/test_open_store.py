"""Opening: what a place is, what decides, and what an error says."""

import os
import sqlite3
from importlib import import_module
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.open import BACKENDS
from flightlog.core.config import STORAGE_TYPES
from flightlog.core.errors import ConfigError, NotFound, StorageError
from flightlog.core.query.query import EVERYTHING
from kept_places import kinds, record


def test_nothing_yet_means_yaml_versions_and_a_database(tmp_path):
    record(tmp_path / "new" / "data")
    assert kinds(tmp_path / "new" / "data") == {"flightlog.db", "workflows", "spool"}


def test_what_lies_there_decides(tmp_path):
    for storage, expected in (("file", {"runs", ".flightlog"}), ("sqlite", {"flightlog.db", "spool"})):
        run = record(tmp_path / storage, storage=storage)
        with flightlog.open(tmp_path / storage) as store:
            assert store.runs.get(run).status == "completed"
        assert kinds(tmp_path / storage) == expected | {"workflows"}


def test_a_spool_without_a_database_is_one_too(tmp_path):
    (tmp_path / "spool").mkdir()
    record(tmp_path)
    assert "runs" not in kinds(tmp_path)


def test_both_are_refused_with_the_line_to_add(tmp_path):
    record(tmp_path, storage="file")
    record(f"sqlite:{tmp_path / 'flightlog.db'}")
    with pytest.raises(ConfigError, match=r"storage: \{logs: \{type: file, path: runs\}\}"):
        flightlog.open(tmp_path)
    (tmp_path / "flightlog.yaml").write_text("storage: {logs: {type: file, path: runs}}")
    with flightlog.open(tmp_path) as store:
        assert store.runs.totals().runs == 1


def test_another_storage_than_what_lies_there_is_refused(tmp_path):
    record(tmp_path, storage="file")
    with pytest.raises(ConfigError, match="kept as file"):
        flightlog.open(tmp_path, storage="sqlite")
    (tmp_path / "flightlog.yaml").write_text("storage: {logs: {type: file}}")
    with pytest.raises(ConfigError, match="says file"):
        flightlog.open(tmp_path, storage="sqlite")


@pytest.mark.parametrize("form", ["{0}/flightlog.db", "sqlite:{0}/flightlog.db", "sqlite:{0}", "{0}", "{0}/"])
def test_a_database_is_found_by_any_of_its_names(tmp_path, form):
    run = record(tmp_path)
    with flightlog.open(form.format(tmp_path)) as store:
        assert store.runs.get(run).logs == 1


def test_a_database_of_another_name_is_recognised_by_its_tables(tmp_path):
    run = record(f"sqlite:{tmp_path / 'mine.sqlite'}")
    with flightlog.open(tmp_path / "mine.sqlite") as store:
        assert store.runs.get(run).logs == 1


@pytest.mark.parametrize("name", ["mine.db", "mine.sqlite", "mine.sqlite3", "flightlog.db"])
def test_a_database_that_is_still_to_be_made_is_known_by_its_name(tmp_path, name):
    run = record(tmp_path / name)
    assert (tmp_path / name).is_file()
    for place in (tmp_path / name, tmp_path / f"{name}-data"):
        if place.exists():
            with flightlog.open(place, read_only=True) as store:
                assert store.runs.get(run).logs == 1
    (tmp_path / "my-data").mkdir()
    record(tmp_path / "my-data")
    assert kinds(tmp_path / "my-data") == {"flightlog.db", "workflows", "spool"}


@pytest.mark.parametrize("form", ["{0}", "sqlite:{0}"])
def test_a_link_to_a_database_is_that_database(tmp_path, form):
    with flightlog.open(tmp_path / "data") as store, store.run("w") as run:
        run.log("before")
        assert store.runs.get(run.id).logs == 1
        (link := tmp_path / "now.db").symlink_to(tmp_path / "data" / "flightlog.db")
        with flightlog.open(form.format(link)) as other:
            assert (other.runs.get(run.id).status, other.runs.get(run.id).damaged) == ("running", 0)
        run.log("after")
        assert (store.runs.get(run.id).logs, store.runs.get(run.id).damaged) == (2, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "now.db"]


@pytest.mark.parametrize("name", ["flightlog.db", "mine.db"])
def test_a_copy_of_a_database_takes_nothing_from_the_one_it_lies_beside(tmp_path, name):
    one, copy = tmp_path / name, tmp_path / "flightlog.db.kept"
    with flightlog.open(one) as store:
        store.workflows.store("w", "a: 1\n")
        with store.run("w", version=1) as run:
            run.log("before")
            assert store.runs.get(run.id).logs == 1  # by now it is in the database, too
            with sqlite3.connect(one) as source, sqlite3.connect(copy) as target:
                source.backup(target)
            run.log("after")
            for read_only in (True, False):
                with flightlog.open(copy, read_only=read_only) as other:
                    assert other.runs.get(run.id).logs == 1
                    assert not [found for found in other.upkeep.check() if found.kind == "unreadable"]
                    if not read_only:
                        other.workflows.store("w", "a: 2\n")
                        other.run("w", name="in the copy").finish()
        assert store.runs.get(run.id).logs == 2
        assert [found.workflow for found in store.runs.recent("w")] == ["w"]
        assert len(store.workflows.list("w")) == 1
    with flightlog.open(one, read_only=True) as store:
        assert store.runs.get(run.id).status == "completed"
        assert store.runs.get(run.id).logs == 2


def test_a_database_that_never_was_is_not_made_by_reading(tmp_path):
    for place in ("no.sqlite", f"sqlite:{tmp_path}/no"):
        for options in ({"create": False}, {"read_only": True}):
            with pytest.raises(NotFound, match="there is no such file"):
                flightlog.open(tmp_path / place if place == "no.sqlite" else place, **options)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    ("place", "error", "words"),
    [
        ("postgresql:/u:p@h/db", ConfigError, "postgresql://USER@HOST:PORT/DATABASE"),
        ("mongo:here", ConfigError, "file:PATH"),
        ("{0}/letter.txt", ConfigError, "nothing that Flightlog can read"),
        ("{0}/other.db", ConfigError, "nothing that Flightlog can read"),
        ("{0}/flightlog.yaml", ConfigError, "nothing that Flightlog can read"),
    ],
)
def test_what_is_no_store_is_one_clear_sentence(tmp_path, place, error, words):
    (tmp_path / "letter.txt").write_text("dear")
    (tmp_path / "flightlog.yaml").write_text("{}")
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE cakes (name)")
    connection.close()
    with pytest.raises(error, match=words) as found:
        flightlog.open(place.format(tmp_path))
    assert found.value.advice and "p@" not in str(found.value)
    assert sorted(os.listdir(tmp_path)) == ["flightlog.yaml", "letter.txt", "other.db"]


def test_a_directory_that_is_not_there_is_not_made_by_reading(tmp_path):
    for options in ({"create": False}, {"read_only": True}):
        with pytest.raises(NotFound, match="no data directory"):
            flightlog.open(tmp_path / "missing", **options).runs.totals()
    assert not (tmp_path / "missing").exists()


@pytest.mark.parametrize("options", [{"create": False}, {"read_only": True}])
def test_an_empty_directory_is_read_without_making_anything(tmp_path, options):
    with flightlog.open(tmp_path, **options) as store:
        assert store.runs.query(EVERYTHING).items == [] == store.workflows.list_all()
        assert store.runs.totals().runs == 0
    assert os.listdir(tmp_path) == []


def test_places_by_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = record(None)
    assert (Path(os.environ["XDG_DATA_HOME"]) / "flightlog" / "flightlog.db").exists()
    (tmp_path / "flightlog-data").mkdir()
    assert record(None) and kinds(tmp_path / "flightlog-data")
    monkeypatch.setenv("FLIGHTLOG_DATA", str(tmp_path / "named"))
    assert record(None) != run and kinds(tmp_path / "named")


@pytest.mark.parametrize("place", ["", "~nobody-here/x", "file:~nobody-here/x", "a\0b"])
def test_what_can_be_no_place_is_a_config_error_and_nothing_else_is_opened_instead(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flightlog-data").mkdir()
    with pytest.raises(ConfigError):
        flightlog.open(place)
    assert os.listdir(tmp_path) == ["flightlog-data"] and os.listdir(tmp_path / "flightlog-data") == []


def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path):
    record(tmp_path)
    with sqlite3.connect(tmp_path / "flightlog.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = (tmp_path / "flightlog.db").read_bytes()
    with flightlog.open(tmp_path) as store, pytest.raises(StorageError, match="newer Flightlog"):
        store.runs.totals()
    assert (tmp_path / "flightlog.db").read_bytes() == before


def test_a_damaged_database_is_corrupt_and_left_as_it_is(tmp_path):
    record(tmp_path)
    path = tmp_path / "flightlog.db"
    text = bytearray(path.read_bytes())
    text[100:4096] = os.urandom(3996)
    path.write_bytes(text)
    with flightlog.open(tmp_path) as store, pytest.raises(StorageError, match="damaged"):
        store.runs.totals()
    assert path.read_bytes() == bytes(text)


def test_the_package_names_what_it_has():
    assert {"open", "Handler", "__version__"} <= set(dir(flightlog))
    assert all(getattr(flightlog, name) for name in flightlog.__all__)


def test_every_type_of_storage_is_one_line():
    assert tuple(BACKENDS) == STORAGE_TYPES
    for module in BACKENDS.values():
        assert callable(import_module(f"flightlog.backends.{module}").backend)
