"""One writer at a time: the lock of a journal, and a run that is taken up by the next."""

import errno
import logging
import os
import stat
import threading

import pytest
from flightlog.backends.journal import lock
from flightlog.backends.journal.process import is_alive, this_process
from flightlog.backends.journal.recording import last_writer
from flightlog.core.errors import Conflict, Corrupt, NotFound, StorageError
from flightlog.core.events import RunFinished, RunStarted, Writer
from flightlog.core.ids import new_ulid
from journals import begin, entry, events


def test_a_second_writer_is_told_who_has_the_run(recording):
    writer = begin(recording)
    with pytest.raises(Conflict, match=rf"by process {os.getpid()} on .*; record a run of your own"):
        recording.resume(writer.run)
    writer.append(RunFinished(status="failed"))
    writer.close()
    with pytest.raises(Conflict, match="is finished"):
        recording.resume(writer.run)


def test_a_disk_that_does_not_give_what_was_recorded_is_a_storage_error(recording, monkeypatch):
    writer = begin(recording)

    def broken(fd, size, offset):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(os, "pread", broken)
        with pytest.raises(StorageError, match="reading what was recorded"):
            list(writer.history(frozenset({"run.started"})))
        writer.close()
        with pytest.raises(StorageError, match="taking the run up"):
            recording.resume(writer.run)
    recording.resume(writer.run).close()


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
