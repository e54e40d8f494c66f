"""Durable recording: what returned is on the disk."""

import errno
import os
import threading

import pytest
from flightlog.backends.journal import disk
from flightlog.core.errors import StorageError
from flightlog.core.events import CheckpointSaved, RunFinished, RunStarted
from flightlog.core.ids import new_ulid
from journals import begin, entry


@pytest.fixture
def syncs(monkeypatch):
    """What was synced, in order: sizes of files at that moment, or `folder`."""
    seen: list[tuple[str, int]] = []
    real_sync, real_folder = disk.sync, disk.sync_folder

    def sync(fd):
        name = os.readlink(f"/proc/self/fd/{fd}") if os.path.exists("/proc") else ""
        seen.append(("states" if name.endswith(".states.jsonl") else "journal", os.fstat(fd).st_size))
        real_sync(fd)

    monkeypatch.setattr(disk, "sync", sync)
    monkeypatch.setattr(disk, "sync_folder", lambda folder: seen.append(("folder", 0)) or real_folder(folder))
    return seen


def test_a_durable_append_returns_after_its_sync(layout, recording, syncs):
    writer = recording.begin(RunStarted(run=new_ulid(), workflow="w"), durable=True)
    assert [kind for kind, _ in syncs] == ["journal", "folder", "folder"]
    writer.append(entry())
    assert syncs[-1] == ("journal", layout.journal(writer.run).stat().st_size)
    writer.close()


def test_values_are_safe_before_the_checkpoint_that_names_them(recording, syncs):
    writer = recording.begin(RunStarted(run=new_ulid(), workflow="w"), durable=True)
    syncs.clear()
    digest = writer.put_value(b'{"a":1}')
    assert not syncs
    writer.append(CheckpointSaved(checkpoint=new_ulid(), values={"k": digest}))
    assert [kind for kind, _ in syncs] == ["states", "journal"]
    writer.append(CheckpointSaved(checkpoint=new_ulid(), values={"k": digest}))
    assert [kind for kind, _ in syncs] == ["states", "journal", "journal"]
    writer.close()


def test_threads_share_their_syncs(recording, monkeypatch):
    writer = recording.begin(RunStarted(run=new_ulid(), workflow="w"), durable=True)
    count = [0]
    inside = threading.Event()
    gate = threading.Event()

    def slow(fd):
        count[0] += 1
        inside.set()
        gate.wait(30)

    monkeypatch.setattr(disk, "sync", slow)
    first = threading.Thread(target=lambda: writer.append(entry(0)))
    first.start()
    inside.wait(30)
    others = [threading.Thread(target=lambda n=n: writer.append(entry(n))) for n in range(1, 50)]
    for thread in others:
        thread.start()
    while writer.last_seq < 51:  # All are written; 49 wait for a sync.
        pass
    gate.set()
    for thread in (first, *others):
        thread.join()
    assert count[0] == 2
    writer.close()


def test_a_failed_sync_ends_the_recording(recording, monkeypatch):
    writer = recording.begin(RunStarted(run=new_ulid(), workflow="w"), durable=True)

    def fail(fd):
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(disk, "sync", fail)
        with pytest.raises(StorageError, match="could not be synced"):
            writer.append(entry())
    with pytest.raises(StorageError, match="could not be synced"):
        writer.append(entry())


def test_without_durable_nothing_is_synced(recording, syncs):
    writer = begin(recording)
    writer.put_value(b"1")
    writer.append(RunFinished(status="completed"))
    writer.close()
    assert not syncs
