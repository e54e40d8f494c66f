"""The writer of a journal: one line a write, whole lines only, one writer, nothing after the end."""

import errno
import logging
import os
import re
import stat
import threading
from pathlib import Path

import pytest
from flightlog.backends.journal import disk, lock
from flightlog.backends.journal.layout import Layout, run_of
from flightlog.backends.journal.process import is_alive, this_process
from flightlog.backends.journal.reader import read_lines
from flightlog.backends.journal.recording import JournalRecording, last_writer
from flightlog.core.errors import Conflict, Corrupt, NotFound, ReadOnly, StorageError
from flightlog.core.events import CheckpointSaved, Logged, RunFinished, RunStarted, Writer, decode
from flightlog.core.ids import new_ulid


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "data")


@pytest.fixture
def recording(layout: Layout) -> JournalRecording:
    return JournalRecording(layout)


def begin(recording: JournalRecording, **facts):
    return recording.begin(RunStarted(run=new_ulid(), workflow="w", **facts))


def entry(n: int = 0, **details) -> Logged:
    return Logged(level="INFO", message=f"entry {n}", details=details)


def events(path: Path):
    return [decode(line) for _, line in read_lines(path)]


# --- where things lie -------------------------------------------------------------------------------


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


# --- writing ----------------------------------------------------------------------------------------


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
            other.join(5)
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


# --- one writer -------------------------------------------------------------------------------------


def test_a_second_writer_is_told_who_has_the_run(recording):
    writer = begin(recording)
    with pytest.raises(Conflict, match=rf"by process {os.getpid()} on .*; record a run of your own"):
        recording.resume(writer.run)
    writer.append(RunFinished(status="failed"))
    writer.close()
    with pytest.raises(Conflict, match="is finished"):
        recording.resume(writer.run)


def test_the_lock_lasts_as_long_as_the_writer_and_looking_takes_nothing(layout, recording):
    writer = begin(recording)
    path = layout.journal(writer.run)
    for _ in range(3):
        assert lock.is_held(path)
        os.close(os.open(path, os.O_RDONLY))
    writer.append(entry())
    writer.close()
    assert not lock.is_held(path)
    with pytest.raises(FileNotFoundError):
        lock.is_held(path.with_name("none.jsonl"))


def test_systems_without_descriptor_locks_keep_one_writer_too(layout, recording, monkeypatch):
    monkeypatch.setattr(lock, "OFD", False)
    writer = begin(recording)
    path = layout.journal(writer.run)
    for _ in range(3):
        assert lock.is_held(path)
    with pytest.raises(Conflict, match="is being written"):
        recording.resume(writer.run)
    writer.close()
    assert not lock.is_held(path)
    recording.resume(writer.run).close()


def test_a_forgotten_writer_lets_go(layout, recording):
    writer = begin(recording)
    path = layout.journal(writer.run)
    del writer
    assert not lock.is_held(path)


def test_an_id_is_begun_once_whoever_tries(recording):
    run = new_ulid()
    outcomes: list[object] = []
    gate = threading.Barrier(8)

    def try_it() -> None:
        gate.wait()
        try:
            outcomes.append(recording.begin(RunStarted(run=run, workflow="w")))
        except Conflict as error:
            outcomes.append(error)

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7


def test_the_last_writer_is_the_one_that_took_the_run_up(layout, recording):
    writer = begin(recording, writer=Writer(pid=4312, host="there"))
    path = layout.journal(writer.run)
    assert last_writer(path).pid == 4312
    writer.close()
    again = recording.resume(writer.run)
    again.append(entry())
    assert last_writer(path) == this_process()
    again.close()


def test_a_process_is_known_by_more_than_its_number():
    here = this_process()
    assert is_alive(here) is True
    assert is_alive(Writer(pid=here.pid, host="elsewhere", pid_ns=here.pid_ns)) is None
    other = {"pid": here.pid, "host": here.host, "pid_ns": here.pid_ns, "boot_id": here.boot_id}
    assert is_alive(Writer(**{**other, "boot_id": "another"})) is False
    assert is_alive(Writer(**other, pid_started="1")) is False
    for pid in (0, -1, 2**40):
        assert is_alive(Writer(**{**other, "pid": pid}, pid_started=here.pid_started)) is False


# --- taking a run up --------------------------------------------------------------------------------


def left_behind(recording, count: int = 3) -> str:
    """A run whose writer is gone."""
    writer = begin(recording)
    for n in range(2, count + 1):
        writer.append(entry(n))
    writer.close()
    return writer.run


def test_a_run_goes_on_with_the_next_number(layout, recording, caplog):
    run = left_behind(recording)
    with caplog.at_level(logging.INFO, "flightlog"):
        writer = recording.resume(run)
    assert "taken up again" in caplog.text
    assert writer.append(entry()) == 5
    assert events(layout.journal(run))[3].__struct_config__.tag == "run.resumed"
    writer.close()


@pytest.mark.parametrize(
    "tail", [b"{", b'{"type":"log","seq":4,"t":"2026-11-', b"\xff\xfe", b"\0" * 5000, b"x" * 200_000]
)
def test_a_torn_tail_is_set_aside_whole_and_said(layout, recording, caplog, tail):
    run = left_behind(recording)
    path = layout.journal(run)
    path.write_bytes(path.read_bytes() + tail)
    writer = recording.resume(run)
    writer.close()
    assert layout.torn(run).read_bytes() == tail + b"\n"
    assert stat.S_IMODE(layout.torn(run).stat().st_mode) == 0o600
    written = events(path)
    assert [event.seq for event in written] == [1, 2, 3, 4, 5]
    assert (written[4].level, written[4].kind) == ("WARNING", "recovery")
    assert written[4].details == {"file": layout.torn(run).name, "bytes": len(tail)}
    assert f"{len(tail)} bytes" in caplog.text
    # And once more: what was set aside before stays.
    path.write_bytes(path.read_bytes() + b"{again")
    recording.resume(run).close()
    assert layout.torn(run).read_bytes() == tail + b"\n{again\n"


def test_every_way_to_tear_the_last_line_loses_nothing(layout, recording):
    run = left_behind(recording)
    path = layout.journal(run)
    whole = path.read_bytes()
    start = whole.rindex(b"\n", 0, -1) + 1
    for cut in range(start, len(whole)):
        path.write_bytes(whole[:cut])
        layout.torn(run).unlink(missing_ok=True)
        recording.resume(run).close()
        aside = layout.torn(run).read_bytes()[:-1] if layout.torn(run).exists() else b""
        if cut == len(whole) - 1:  # Only its newline was missing: the event is whole.
            assert aside == b""
            assert [event.seq for event in events(path)] == [1, 2, 3, 4]
        else:
            assert aside == whole[start:cut]
            assert [event.seq for event in events(path)][:3] == [1, 2, 3]
        path.unlink()


def test_unreadable_lines_at_the_end_keep_their_numbers(layout, recording):
    run = left_behind(recording)
    path = layout.journal(run)
    path.write_bytes(path.read_bytes() + b"garbage\n\xff\xff\n")
    writer = recording.resume(run)
    assert writer.last_seq == 6
    writer.close()


def test_what_never_began_cannot_go_on(layout, recording):
    run = left_behind(recording, count=1)
    for content in (b"", b"garbage\n", b"{"):
        layout.journal(run).write_bytes(content)
        with pytest.raises(Corrupt, match="no event"):
            recording.resume(run)
        assert not lock.is_held(layout.journal(run))
    with pytest.raises(NotFound):
        recording.resume(new_ulid())


def test_history_is_what_was_recorded_of_some_types(recording):
    run = left_behind(recording, count=5)
    writer = recording.resume(run)
    assert [event.seq for event in writer.history(frozenset({"log"}))] == [2, 3, 4, 5]
    assert [event.seq for event in writer.history(frozenset({"run.started", "run.resumed"}))] == [1, 6]
    writer.close()


# --- durable ----------------------------------------------------------------------------------------


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
