"""Opening: what a place is, what decides, and what an error says."""

import errno
import os
import sqlite3
import stat
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.configuration.effective_config import configuration
from flightlog.backends.open import BACKENDS
from flightlog.core.annotations import Pinned
from flightlog.core.config import STORAGE_TYPES
from flightlog.core.errors import ConfigError, FlightlogError, NotFound, NotSupported, ReadOnly, StorageError
from flightlog.core.operations import Chosen, new_order
from flightlog.core.query.query import EVERYTHING


def kinds(folder):
    """Which storages lie in a data directory."""
    found = {name for name in ("runs", "flightlog.db", "workflows", "spool", ".flightlog") if (folder / name).exists()}
    return found


def record(place, **options):
    with flightlog.open(place, **options) as store:
        with store.run("w", definition="a: 1") as run:
            run.log("hello")
        assert store.runs.get(run.id).logs == 1
    return run.id


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


def test_what_is_configured_holds_for_a_database_by_any_of_its_names(tmp_path):
    (tmp_path / "flightlog.yaml").write_text("storage: {logs: {type: sqlite, path: mine.db}}")
    run = record(tmp_path)
    for place in (tmp_path, tmp_path / "mine.db"):
        with flightlog.open(place) as store:
            assert store.runs.get(run).logs == 1
            assert store.workflows.get("w", 1).definition == "a: 1"


def test_a_database_that_never_was_is_not_made_by_reading(tmp_path):
    for place in ("no.sqlite", f"sqlite:{tmp_path}/no"):
        for options in ({"create": False}, {"read_only": True}):
            with pytest.raises(NotFound, match="there is no such file"):
                flightlog.open(tmp_path / place if place == "no.sqlite" else place, **options)
    assert not os.listdir(tmp_path)


def test_a_configuration_of_the_environment_makes_nothing_of_ours_out_of_transcripts(tmp_path, monkeypatch):
    (folder := tmp_path / "claude" / "projects" / "-srv-mail").mkdir(parents=True)
    (folder / "5d8e1c1e.jsonl").write_text('{"type":"summary","leafUuid":"a"}\n')
    (tmp_path / "mine.yaml").write_text("storage: {logs: {type: file}}")
    monkeypatch.setenv("FLIGHTLOG_CONFIG", str(tmp_path / "mine.yaml"))
    with flightlog.open(tmp_path / "claude", read_only=True) as store:
        assert store.read_only
    record(tmp_path / "own")
    assert "runs" in kinds(tmp_path / "own")


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


def test_what_holds_for_a_policy_where_nothing_is_said_is_told(tmp_path):
    file = tmp_path / "flightlog.yaml"
    file.write_text("minimum: 2")
    assert {key for key, _, _ in configuration(tmp_path).rows()}.isdisjoint({"trash_for", "every"})
    file.write_text("minimum: 2\nmax_size: 5GB\nevery: 2h")
    rows = {key: (value, origin) for key, value, origin in configuration(tmp_path).rows()}
    assert (rows["minimum"], rows["every"]) == ((2, str(file)), ("2h", str(file)))
    assert rows["trash_for"] == ("7d", "default")


def test_configuration_in_force_tells_every_origin(tmp_path):
    (tmp_path / "flightlog.yaml").write_text("storage: {logs: {type: file}}")
    rows = {key: (value, origin) for key, value, origin in configuration(tmp_path).rows()}
    assert rows["data"] == (str(tmp_path), "the place that was named")
    assert rows["config"] == (str(tmp_path / "flightlog.yaml"), "found in the data directory")
    assert rows["storage.logs.type"] == ("file", str(tmp_path / "flightlog.yaml"))
    assert rows["storage.workflows.path"] == (str(tmp_path / "workflows"), "default")
    assert rows["storage.metrics.path"] == (str(tmp_path / "metrics"), "as storage.logs")
    (tmp_path / "flightlog.yaml").unlink()
    record(tmp_path, storage="file")
    rows = {key: origin for key, _, origin in configuration(tmp_path).rows()}
    assert rows["storage.logs.type"] == "what lies in the data directory"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("storage: {lgos: {type: file}}", "did you mean 'logs'"),
        ("storage: {logs: {type: fiel}}", "did you mean 'file'"),
        ("storage: {logs: [file]}", "storage.logs"),
        ("storage: {logs: {type: file, path: elsewhere}}", "called runs"),
        ("storage: [", "flightlog.yaml"),
        ("storage: {logs: {type: file, path: a/runs}, workflows: {type: file, path: a}}", "lies in the place of"),
        (
            "storage: {logs: {type: file, path: runs}, metrics: {type: file, path: runs}}",
            "is the place of storage.logs",
        ),
        ("storage: {logs: {type: sqlite, path: w/x.db}, workflows: {type: file, path: w}}", "storage.logs.path"),
        ("storage: {logs: {type: sqlite, path: .flightlog/index.db}}", "disposable index"),
        ("storage: {logs: {type: sqlite, path: .}}", "a folder lies where a database is wanted"),
        ("storage: {workflows: {type: file, path: flightlog.yaml}}", "a file lies where a folder is wanted"),
        ("archive: {path: workflows/old}", "lies in the place of storage.workflows"),
        ("storage: {mirror: {type: file, path: .}}", "the data directory"),
        ("storage: {mirror: {type: file, path: ..}}", "the data directory"),
        ("storage: {mirror: {type: file, path: workflows}}", "is the place of storage.workflows too"),
        ("storage: {logs: {type: file}, mirror: {type: file, path: runs/2}}", "lies in the place of storage.logs"),
        ("storage: {mirror: {type: file, path: archive}}", "Flightlog itself uses archive there"),
        ("storage: {workflows: {type: file, path: spool}}", "Flightlog itself uses spool there"),
        ("storage: {metrics: {type: sqlite, path: flightlog.yaml}}", "Flightlog itself uses flightlog.yaml there"),
        ("storage: {logs: {type: sqlite, path: audit.jsonl}}", "Flightlog itself uses audit.jsonl there"),
        ("storage: {logs: {type: sqlite, path: db/x.db}}\narchive: {path: db/x.db-data/trash}", "uses trash there"),
        ("archive: {path: trash/old}", "Flightlog itself uses trash there"),
        ("archive: {path: ~nobody-here/old}", "nobody knows where the folder ~nobody-here is"),
    ],
)
def test_a_mistake_in_the_configuration_is_one_line_and_makes_nothing(tmp_path, text, words):
    (tmp_path / "flightlog.yaml").write_text(text)
    with pytest.raises(FlightlogError) as found:
        flightlog.open(tmp_path)
    assert words in str(found.value) and "\n" not in str(found.value) and "p4ss" not in str(found.value)
    assert os.listdir(tmp_path) == ["flightlog.yaml"]


@pytest.mark.parametrize("place", ["", "~nobody-here/x", "file:~nobody-here/x", "a\0b"])
def test_what_can_be_no_place_is_a_config_error_and_nothing_else_is_opened_instead(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flightlog-data").mkdir()
    with pytest.raises(ConfigError):
        flightlog.open(place)
    assert os.listdir(tmp_path) == ["flightlog-data"] and os.listdir(tmp_path / "flightlog-data") == []


def test_a_configuration_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="nobody-here"):
        flightlog.open(tmp_path, config="~nobody-here/flightlog.yaml")
    with pytest.raises(ConfigError, match="no such file"):
        flightlog.open(tmp_path, config=tmp_path / "missing.yaml")


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_a_read_only_file_system_is_read_and_the_answer_to_a_change_says_why(tmp_path, storage, monkeypatch):
    data = tmp_path / "data"
    run = record(data, storage=storage)
    with flightlog.open(data) as store:
        original = store.runs.get(run)
    real_open, real_mkdir = os.open, os.mkdir

    def refused(path, by):
        if os.fspath(path).startswith(str(data)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), os.fspath(path))
        return by()

    def opened(path, flags, *rest, **options):
        changing = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        really = lambda: real_open(path, flags, *rest, **options)  # noqa: E731
        return refused(path, really) if changing and isinstance(path, (str, Path)) else really()

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "mkdir", lambda path, mode=0o777: refused(path, lambda: real_mkdir(path, mode)))
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    with flightlog.open(data) as store:
        assert store.runs.get(run) == original
        for change in (
            lambda: store.runs.annotate(Pinned(run=run)),
            lambda: list(store.upkeep.archive(new_order(by="me"), [Chosen(run=run)])),
            lambda: store.run("w"),
        ):
            with pytest.raises(ReadOnly, match="Read-only file system"):
                change()
    monkeypatch.undo()
    assert not (data / "archive").exists()


def test_what_is_opened_read_only_gets_no_folder_for_archives(tmp_path):
    run = record(tmp_path)
    with flightlog.open(tmp_path, read_only=True) as store, pytest.raises(ReadOnly, match="without --read-only"):
        list(store.upkeep.archive(new_order(by="me"), [Chosen(run=run)]))
    assert not (tmp_path / "archive").exists()


def test_an_archive_whose_folder_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "taken").touch()
    (tmp_path / "flightlog.yaml").write_text("archive: {path: taken/archive}")
    run = record(tmp_path)
    with flightlog.open(tmp_path) as store, pytest.raises(NotSupported, match="path: FOLDER"):
        list(store.upkeep.archive(new_order(by="me"), [Chosen(run=run)]))


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_what_is_made_is_private_whatever_the_umask(tmp_path, storage):
    code = f"""
import os, flightlog
os.umask(0)
with flightlog.open({str(tmp_path / "data")!r}, storage={storage!r}) as store:
    with store.run("w", definition="a: 1") as run:
        run.checkpoint({{"a": 1}})
    store.runs.annotate(flightlog.core.annotations.Pinned(run=run.id))
    paused = store.run("w")
    paused.pause()
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    loose = [path for path in (tmp_path / "data").rglob("*") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert loose == []


@pytest.mark.skipif(os.geteuid() == 0 and not os.path.exists("/usr/bin/setpriv"), reason="root ignores modes")
@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_a_directory_that_may_not_be_written_can_be_read(tmp_path, storage):
    data = tmp_path / "data"
    run = record(data, storage=storage)
    for path in (data, *data.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for path in (tmp_path, *tmp_path.parents):
        if path == Path("/tmp"):
            break
        path.chmod(0o755)
    code = f"""
import flightlog, os
os.environ["XDG_CACHE_HOME"] = "/dev/null"
from flightlog.core.errors import FlightlogError, ReadOnly
for options in ({{}}, {{"read_only": True}}):
    with flightlog.open({str(data)!r}, **options) as store:
        assert store.runs.get({run!r}).logs == 1
        try:
            store.run("w")
        except ReadOnly as error:
            print(error)
"""
    words = [sys.executable, "-c", code]
    if os.geteuid() == 0:
        words = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *words]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    for path in (data, *data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2


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


def test_read_only_refuses_annotations(tmp_path):
    from flightlog.core.annotations import Pinned

    run = record(tmp_path, storage="file")
    with flightlog.open(tmp_path, read_only=True) as store, pytest.raises(ReadOnly):
        store.runs.annotate(Pinned(run=run))


def test_the_package_names_what_it_has():
    assert {"open", "Handler", "__version__"} <= set(dir(flightlog))
    assert all(getattr(flightlog, name) for name in flightlog.__all__)


def test_every_type_of_storage_is_one_line():
    assert tuple(BACKENDS) == STORAGE_TYPES
    for module in BACKENDS.values():
        assert callable(import_module(f"flightlog.backends.{module}").backend)
