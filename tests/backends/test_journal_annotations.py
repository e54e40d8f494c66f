"""Annotations: whole lines from any process, and first answers at the price of a look."""

import errno
import json
import os
import stat
import threading

import flightlog
import pytest
from flightlog.backends.journal import annotations, disk, lock
from flightlog.backends.journal.annotations import Answers
from flightlog.backends.journal.reader import Broken
from flightlog.backends.operations.on_files.purge import Notes
from flightlog.core.annotations import Answered, Noted, Pinned, Tagged
from flightlog.core.errors import Locked, StorageError

RUN = "01m7yfk42b3kk74d159gj4jad7"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "annotations.jsonl"


def answer(path, approval="a1", decision="approved", **facts):
    annotations.append(path, Answered(run=RUN, approval=approval, decision=decision, **facts))


def read(path, offset=0):
    return [line.annotation for line in annotations.read(path, offset) if line.annotation is not None]


def test_annotations_come_back_in_order_from_where_one_stopped(path):
    written = [Pinned(run=RUN, by="ana"), Tagged(run=RUN, tag="good"), Noted(run=RUN, text="line\nbreak ✓")]
    assert list(annotations.read(path)) == []
    for annotation in written:
        annotations.append(path, annotation)
        assert annotation.t.endswith("Z")
    assert read(path) == written
    first, *_ = (line for line in annotations.read(path) if line.annotation is not None)
    assert read(path, first.offset + first.length + 1) == written[1:]
    assert json.loads(path.read_bytes().splitlines()[0]) == {"type": "annotations", "format": 1}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("before", [0, 1])
def test_what_is_pinned_since_somebody_began_counts_and_what_was_before_is_known(path, before):
    for _ in range(before):
        annotations.append(path, Pinned(run=RUN, by="ana"))
    notes = Notes(path)
    notes.begin()
    assert notes.pinned(RUN, known=True) and not notes.pinned(RUN, known=False)
    annotations.append(path, Pinned(run=RUN, by="ana", pinned=not before))
    assert notes.pinned(RUN, known=bool(before)) is not bool(before)
    annotations.append(path, Pinned(run=RUN, by="ana", pinned=bool(before)))
    assert notes.pinned(RUN, known=not before) is bool(before)


def test_many_at_once_make_whole_lines(path):
    def work(thread: int) -> None:
        for n in range(25):
            annotations.append(path, Noted(run=RUN, by=str(thread), text="x" * n * 100))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read(path)
    assert len(found) == 200
    for thread in range(8):
        assert [len(note.text) for note in found if note.by == str(thread)] == [n * 100 for n in range(25)]
    assert path.read_bytes().count(b'"annotations"') == 1


def test_nothing_is_glued_to_a_torn_line(path):
    annotations.append(path, Pinned(run=RUN))
    path.write_bytes(path.read_bytes() + b'{"type":"note","run":"')
    annotations.append(path, Tagged(run=RUN, tag="t"))
    pinned, broken, tagged = read(path)
    assert isinstance(pinned, Pinned)
    assert isinstance(broken, Broken)
    assert broken.length == 22
    assert isinstance(tagged, Tagged)


def test_a_full_disk_leaves_whole_lines(path, monkeypatch):
    annotations.append(path, Pinned(run=RUN))
    before = path.read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:5]))
    with pytest.raises(StorageError, match="only 5 of"):
        annotations.append(path, Pinned(run=RUN))
    assert path.read_bytes() == before


def test_a_symlink_is_not_followed(path, tmp_path):
    path.parent.mkdir()
    (tmp_path / "canary").write_text("")
    path.symlink_to(tmp_path / "canary")
    with pytest.raises(StorageError, match="symlink"):
        annotations.append(path, Pinned(run=RUN))
    assert (tmp_path / "canary").read_text() == ""


def test_a_lock_that_does_not_come_free_is_said(path):
    disk.make_folder(path.parent)
    fd = disk.open_shared(path)
    other = disk.open_shared(path)
    try:
        assert lock.take(fd)
        with pytest.raises(Locked, match="held the lock"), lock.waiting(other, path, 0.05):
            pass
        lock.release(fd)
        with lock.waiting(other, path, 0.05):
            assert lock.is_held(path)
        assert not lock.is_held(path)
    finally:
        os.close(fd)
        os.close(other)


def test_the_first_answer_counts(path):
    answers = Answers(path)
    assert answers.first(RUN, "a1") is None
    answer(path, decision="rejected", by="ana", note="no")
    answer(path, decision="approved")
    answer(path, "a2")
    assert answers.first(RUN, "a1") == ("rejected", "ana", "no")
    assert answers.first(RUN, "a2") == ("approved", "", "")
    assert answers.first("another", "a1") is None


def test_asking_costs_a_stat_while_nothing_was_added(path, monkeypatch):
    answers = Answers(path)
    for n in range(500):
        answer(path, f"a{n}")
    answers.first(RUN, "a1")
    opened: list[object] = []
    read_bytes: list[int] = []
    real_open, real_pread = os.open, os.pread
    monkeypatch.setattr(os, "open", lambda *args, **kw: opened.append(args) or real_open(*args, **kw))
    for _ in range(100):
        assert answers.first(RUN, "none") is None
    assert not opened
    answer(path, "new")
    size = path.stat().st_size

    def counted(fd, n, at):
        data = real_pread(fd, n, at)
        read_bytes.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", counted)
    assert answers.first(RUN, "new") is not None
    assert sum(read_bytes) < size / 100


def test_a_file_that_was_replaced_is_read_anew(path):
    answers = Answers(path)
    answer(path, "a1")
    assert answers.first(RUN, "a1")
    other = path.with_name("other.jsonl")
    answer(other, "a2", decision="rejected")
    other.replace(path)
    assert answers.first(RUN, "a2") == ("rejected", "", "")
    assert answers.first(RUN, "a1") is None


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_an_empty_file_that_a_full_disk_leaves_says_nothing_and_is_begun_by_the_next(tmp_path, monkeypatch, code):
    """It is not taken away again: somebody else may wait for its lock, and would write into a file that is gone."""
    with flightlog.open(tmp_path, storage="file") as store, store.run("w") as run:
        pass
    write = os.write

    def refused(fd, data):
        if b'"type":"annotations"' in data:
            raise OSError(code, os.strerror(code))
        return write(fd, data)

    with flightlog.open(tmp_path) as store:
        monkeypatch.setattr(os, "write", refused)
        with pytest.raises(StorageError):
            store.runs.annotate(Noted(run=run.id, text="lost"))
        monkeypatch.undo()
    assert sorted(os.listdir(tmp_path)) == [".flightlog", "annotations.jsonl", "runs"]
    assert (tmp_path / "annotations.jsonl").read_bytes() == b""
    with flightlog.open(tmp_path) as store:
        assert {found.kind for found in store.upkeep.check()} <= {"old-sqlite"}
        assert not store.runs.notes(run.id).items and not store.runs.damage().items
        store.runs.annotate(Noted(run=run.id, text="kept"))
        assert [note.text for note in store.runs.notes(run.id).items] == ["kept"]
    assert (tmp_path / "annotations.jsonl").read_bytes().startswith(b'{"type":"annotations","format":1}\n{')
