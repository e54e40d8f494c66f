"""Opening what may not be written: it is read all the same, a change is told why not, and what is made is private."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import flightlog
import pytest
from flightlog.core.annotations import Pinned
from flightlog.core.errors import NotSupported, ReadOnly
from flightlog.core.operations import Chosen, new_order
from kept_places import record


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
    advice = "without --read-only, in Python without read_only=True"
    with flightlog.open(tmp_path, read_only=True) as store, pytest.raises(ReadOnly, match=advice):
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


def test_read_only_refuses_annotations(tmp_path):
    from flightlog.core.annotations import Pinned

    run = record(tmp_path, storage="file")
    with flightlog.open(tmp_path, read_only=True) as store, pytest.raises(ReadOnly):
        store.runs.annotate(Pinned(run=run))
