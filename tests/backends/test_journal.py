"""The writer of a journal: one line a write, whole lines only, one writer, nothing after the end."""

import errno
import logging
import os
import re
import stat
import threading

import pytest
from flightlog.backends.journal import disk
from flightlog.backends.journal.layout import Layout, run_of
from flightlog.backends.journal.process import this_process
from flightlog.backends.journal.recording import JournalRecording
from flightlog.core.errors import Conflict, ReadOnly, StorageError
from flightlog.core.events import RunFinished, RunStarted
from flightlog.core.ids import new_ulid
from journals import begin, entry, events


def test_paths_are_a_function_of_the_id(layout):
    run = "01m7yfk42b3kk74d159gj4jad7"
    assert layout.journal(run) == layout.root / "runs/2026-11-21" / f"{run}.jsonl"
    assert layout.states(run) == layout.root / "runs/2026-11-21" / f"{run}.states.jsonl"
    spooled = Layout(layout.root, spooled=True)
    assert spooled.journal(run) == layout.root / "spool" / f"{run}.jsonl"
    assert run_of(f"{run}.jsonl") == run
    assert run_of(f"{run}.states.jsonl") is None
    assert run_of("notes.txt") is None


@pytest.mark.parametrize(
    "run", ["", "..", "../x", "a/b", "x\n", "01M7YFK42B3KK74D159GJ4JAD7", "8" * 26, "a" * 300, "é"]
)
def test_what_is_no_id_has_no_path(layout, run):
    for path in (layout.journal, layout.states, layout.torn):
        with pytest.raises(StorageError, match="not a run id"):
            path(run)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_files_are_private_whatever_the_umask(layout, recording, umask):
    before = os.umask(umask)
    try:
        writer = begin(recording)
        writer.put_value(b"{}")
        writer.close()
    finally:
        os.umask(before)
    for path in (layout.root, *layout.root.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_folder_that_was_there_keeps_its_mode(layout, recording):
    layout.root.mkdir(mode=0o755)
    begin(recording).close()
    assert stat.S_IMODE(layout.root.stat().st_mode) == 0o755


def test_no_symlink_is_followed(layout, recording, tmp_path):
    run = new_ulid()
    elsewhere = tmp_path / "canary"
    elsewhere.write_text("whole\n")
    path = layout.journal(run)
    disk.make_folder(path.parent)
    path.symlink_to(elsewhere)
    with pytest.raises(StorageError):
        recording.begin(RunStarted(run=run, workflow="w"))
    with pytest.raises(StorageError, match="symlink"):
        recording.resume(run)
    path.unlink()
    (tmp_path / "other").mkdir()
    path.parent.rmdir()
    path.parent.symlink_to(tmp_path / "other")
    with pytest.raises(StorageError, match="symlink"):
        recording.begin(RunStarted(run=run, workflow="w"))
    assert elsewhere.read_text() == "whole\n"
    assert not list((tmp_path / "other").iterdir())


def test_events_are_numbered_timed_and_lie_there_when_append_returns(layout, recording, caplog):
    with caplog.at_level(logging.INFO, "flightlog"):
        writer = begin(recording)
    assert writer.run in caplog.text
    path = layout.journal(writer.run)
    for n in range(2, 50):
        event = entry(n)
        assert writer.append(event) == event.seq == writer.last_seq == n
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event.t)
        assert events(path)[-1] == event
    assert path.read_bytes().startswith(b'{"type":"run.started","seq":1,"t":"')
    assert events(path)[0].writer == this_process()
    writer.close()
    writer.close()
    with pytest.raises(Conflict, match="closed"):
        writer.append(entry())


def test_nothing_is_appended_after_the_last_event(recording):
    writer = begin(recording)
    writer.append(RunFinished(status="completed"))
    with pytest.raises(Conflict, match="finished"):
        writer.append(entry())
    with pytest.raises(Conflict, match="finished"):
        writer.put_value(b"1")
    writer.close()


def test_one_event_is_one_write(recording, monkeypatch):
    writer = begin(recording)
    writes: list[bytes] = []
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: writes.append(bytes(data)) or real(fd, data))
    writer.append(entry(1, text="x" * 300_000))
    assert len(writes) == 1
    assert writes[0].endswith(b'"}\n')
    writer.close()


def test_a_short_write_is_taken_back_and_named(layout, recording, monkeypatch, caplog):
    writer = begin(recording)
    path = layout.journal(writer.run)
    before = path.read_bytes()
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:54]))
    with pytest.raises(StorageError, match=r"only 54 of \d+ bytes") as caught:
        writer.append(entry())
    assert str(path) in str(caught.value)
    assert writer.run in caplog.text
    assert path.read_bytes() == before
    monkeypatch.undo()
    assert writer.append(entry()) == 2
    assert [event.seq for event in events(path)] == [1, 2]
    writer.close()


def test_a_short_write_that_cannot_be_taken_back_at_once_is_taken_back_later(layout, recording, monkeypatch):
    writer = begin(recording)
    path = layout.journal(writer.run)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:54]))
    monkeypatch.setattr(
        os, "ftruncate", lambda fd, size: (_ for _ in ()).throw(OSError(errno.EIO, "input/output error"))
    )
    with pytest.raises(StorageError, match="input/output error"):
        writer.append(entry())
    monkeypatch.undo()
    writer.append(entry(7))
    assert [event.seq for event in events(path)] == [1, 2]
    writer.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_failed_write_is_a_storage_error_and_no_number_is_used(layout, recording, monkeypatch, number):
    writer = begin(recording)

    def fail(fd, data):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail)
        with pytest.raises(StorageError, match=r"writing \d+ bytes"):
            writer.append(entry())
    assert writer.append(entry()) == 2
    writer.close()


def test_a_full_disk_is_said_once_in_the_log_and_again_when_it_was_not_full_between(recording, monkeypatch, caplog):
    writer = begin(recording)

    def fail(fd, data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for times in (1, 2):
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", fail)
            for _ in range(20):
                with pytest.raises(StorageError, match="no room"):
                    writer.append(entry())
        assert caplog.text.count("no room") == times
        writer.append(entry())
    writer.close()


@pytest.mark.parametrize("moment", ["before the write", "after the write"])
def test_an_interrupt_at_the_write_makes_no_number_twice(layout, recording, monkeypatch, moment):
    writer = begin(recording)
    real = os.write

    def interrupted(fd, data):
        if moment == "after the write":
            real(fd, data)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            writer.append(entry(1))
    writer.append(entry(2))
    written = events(layout.journal(writer.run))
    assert [event.seq for event in written] == list(range(1, len(written) + 1))
    assert len(written) == (3 if moment == "after the write" else 2)
    writer.close()


def test_an_interrupt_after_the_last_event_leaves_it_the_last(recording, monkeypatch):
    writer = begin(recording)
    real = os.write

    def interrupted(fd, data):
        real(fd, data)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", interrupted)
        with pytest.raises(KeyboardInterrupt):
            writer.append(RunFinished(status="completed"))
    with pytest.raises(Conflict, match="finished"):
        writer.append(entry())
    writer.close()


def test_recording_from_within_recording_neither_blocks_nor_mixes(layout, recording, monkeypatch):
    writer = begin(recording)
    real = os.write
    promised: list[int] = []

    def like_a_signal_handler(fd, data):
        if len(promised) < 2:
            promised.append(writer.append(entry(100 + len(promised), odd=object())))
        return real(fd, data)

    monkeypatch.setattr(os, "write", like_a_signal_handler)
    assert writer.append(entry(1)) == 2
    assert promised == [3, 4]
    written = events(layout.journal(writer.run))
    assert [(event.seq, event.message) for event in written[1:]] == [(2, "entry 1"), (3, "entry 100"), (4, "entry 101")]
    assert writer.append(entry(2)) == 5
    writer.close()


def test_code_of_the_agents_runs_outside_the_lock(recording):
    writer = begin(recording)
    free: list[bool] = []

    class Slow:
        def __repr__(self) -> str:
            other = threading.Thread(target=lambda: free.append(bool(writer.append(entry(2)))))
            other.start()
            other.join(30)
            return "slow"

    writer.append(entry(1, value=Slow()))
    assert free == [True]
    writer.close()


def test_a_deleted_journal_is_an_error_and_no_silent_loss(layout, recording, monkeypatch):
    writer = begin(recording)
    layout.journal(writer.run).unlink()
    writer._second = ""  # As if a second had passed since it was looked at.
    with pytest.raises(StorageError, match="was deleted"):
        writer.append(entry())
    with pytest.raises(StorageError):
        writer.append(entry())


def test_a_run_whose_first_event_cannot_be_written_leaves_nothing(layout, recording, monkeypatch):
    disk.make_folder(layout.root)
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:10]))
    with pytest.raises(StorageError):
        begin(recording)
    monkeypatch.undo()
    assert not [path for path in layout.root.rglob("*") if path.is_file()]


def test_a_folder_that_cannot_be_written_is_read_only(tmp_path, monkeypatch):
    # Root may write anywhere, so the system's answer is given for it.
    def refused(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "mkdir", refused)
    with pytest.raises(ReadOnly, match="Permission denied"):
        begin(JournalRecording(Layout(tmp_path / "data")))
