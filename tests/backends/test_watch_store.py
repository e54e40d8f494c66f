"""Watching: quick by hints, sure by the heartbeat, and honest where there are no hints."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import flightlog
import pytest
from flightlog.backends.watching import hints
from flightlog.backends.watching import store_watch as watch
from flightlog.backends.watching.store_watch import StoreWatch
from flightlog.core.errors import NotFound

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts what inotify does")


def wait_until(condition, seconds=30.0):
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds
        time.sleep(0.005)
    return time.monotonic() - begun


class Calls:
    """Counts calls, and tells of the next one."""

    def __init__(self):
        self.number = 0
        self.event = threading.Event()

    def __call__(self):
        self.number += 1
        self.event.set()


def watching(folder, calls, **options):
    options = {"folders": lambda: [folder], "problem": lambda: "", "heartbeat": 60.0} | options
    return StoreWatch(calls, **options)


def test_a_change_is_noticed_when_the_system_tells_of_it_and_not_at_the_next_look(tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "_PROBE", 60.0)
    file, seen = tmp_path / "file", []
    file.touch()
    found = watching(tmp_path, lambda: seen.append((file.stat().st_size, len(os.listdir(tmp_path)))))
    for n in range(20):
        if n % 2:
            with file.open("ab") as growing:
                growing.write(b"x")
        else:
            (tmp_path / f"{n}").touch()
        there = (file.stat().st_size, len(os.listdir(tmp_path)))
        wait_until(lambda there=there: seen[-1:] == [there])
    found.close()
    assert watch._FRAME < 0.1  # and between two calls is no other pause


def test_a_flood_of_changes_is_at_most_thirty_calls_a_second_and_its_end_is_noticed(tmp_path):
    calls, seen = Calls(), []
    found = watching(tmp_path, lambda: (calls(), seen.append(len(os.listdir(tmp_path)))))
    begun = time.monotonic()
    number = 0
    while time.monotonic() - begun < 1 or number <= 1000:
        (tmp_path / f"{number}").touch()
        number += 1
    wait_until(lambda: seen and seen[-1] == number)
    found.close()
    assert calls.number <= 30 * (time.monotonic() - begun) + 2


def test_an_overflow_of_the_kernels_queue_loses_nothing(tmp_path):
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    calls, go, seen = Calls(), threading.Event(), []

    def sleeps():  # as a program that was stopped, or that is busy
        calls()
        go.wait(30)
        seen.append(sum(1 for _ in os.scandir(tmp_path)))

    found = watching(tmp_path, sleeps)
    (tmp_path / "first").touch()
    assert calls.event.wait(30)
    for number in range(limit + 1000):
        os.close(os.open(tmp_path / f"{number}", os.O_CREAT | os.O_WRONLY))
    go.set()
    wait_until(lambda: seen[-1:] == [limit + 1001])
    found.close()


def test_the_heartbeat_notices_what_no_hint_told(tmp_path):
    calls = Calls()
    found = watching(tmp_path / "not there", calls, heartbeat=0.3)
    assert found.mode == "watching"
    wait_until(lambda: calls.number >= 2)
    found.close()


def test_a_folder_that_comes_later_is_watched(tmp_path):
    folder, calls = tmp_path / "later", Calls()
    found = StoreWatch(calls, folders=lambda: [tmp_path, folder], problem=lambda: "", heartbeat=60)
    folder.mkdir()
    assert calls.event.wait(30)
    time.sleep(0.1)
    calls.event.clear()
    (folder / "file").touch()
    assert calls.event.wait(30)
    found.close()


def test_a_folder_that_was_replaced_is_watched_again(tmp_path):
    folder, calls = tmp_path / "data", Calls()
    folder.mkdir()
    found = StoreWatch(calls, folders=lambda: [tmp_path, folder], problem=lambda: "", heartbeat=60)
    folder.rename(tmp_path / "old")
    folder.mkdir()
    time.sleep(0.2)
    calls.event.clear()
    (folder / "file").touch()
    assert calls.event.wait(30)
    found.close()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOSPC])
def test_without_hints_it_polls_says_so_and_tries_again(tmp_path, monkeypatch, caplog, number):
    def fails(*_):
        raise OSError(number, os.strerror(number))

    class Full(hints.Inotify):
        watch = fails

    with monkeypatch.context() as patch:
        patch.setattr(watch, "open_hints", fails if number == errno.EMFILE else Full)
        calls = Calls()
        found = watching(tmp_path, calls, heartbeat=0.2)
        assert found.mode == "polling" and "polling" in caplog.text
        wait_until(lambda: calls.number >= 3)
        assert caplog.text.count("polling") == 1
    wait_until(lambda: found.mode == "watching")
    found.close()


def test_network_file_systems_are_polled(tmp_path, monkeypatch):
    device = os.stat(tmp_path).st_dev
    line = f"1 1 {os.major(device)}:{os.minor(device)} / / rw - nfs4 server:/ rw\n"
    real = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda self, **o: line if "mountinfo" in str(self) else real(self, **o))
    found = watching(tmp_path, Calls())
    assert found.mode == "polling"
    found.close()


def test_a_callback_that_fails_does_not_end_the_watch_and_is_said_once(tmp_path, caplog):
    calls, errors = (
        Calls(),
        iter([RuntimeError("boom"), RuntimeError("boom"), None, RuntimeError("boom"), NotFound("x")]),
    )

    def fails():
        calls()
        if error := next(errors, None):
            raise error

    found = watching(tmp_path, fails)
    for n in range(5):
        before = calls.number
        (tmp_path / f"{n}").touch()
        wait_until(lambda before=before: calls.number > before)
    found.close()
    said = "what a change should have started failed, and watching goes on: "
    assert [record.message for record in caplog.records] == [
        f"{said}{why}" for why in (*["RuntimeError: boom"] * 2, "x")
    ]
    assert "Traceback" not in caplog.text


def test_what_the_system_refuses_for_a_while_does_not_end_a_watch(tmp_path):
    refuses = threading.Event()

    def look():
        if refuses.is_set():
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return ""

    found = watching(tmp_path, Calls(), problem=look, version=lambda: len(look()), heartbeat=0.1)
    refuses.set()
    wait_until(lambda: "Permission denied" in found.problem)
    refuses.clear()
    wait_until(lambda: found.problem == "")
    found.close()


def test_a_watch_gives_its_descriptors_back(tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        watching(tmp_path, Calls()).close()
    wait_until(lambda: len(os.listdir("/proc/self/fd")) <= before)


def test_a_version_that_differs_is_a_change(tmp_path):
    calls, version = Calls(), [1]
    found = watching(tmp_path / "not there", calls, version=lambda: version[0])
    time.sleep(0.4)
    assert calls.number == 0
    version[0] = 2
    assert calls.event.wait(30)
    found.close()


def test_a_version_that_differs_before_the_watchs_thread_has_begun_is_a_change(tmp_path, monkeypatch):
    calls, version, go_on = Calls(), [1], threading.Event()

    class Late(threading.Thread):
        def run(self):
            go_on.wait(30)
            super().run()

    with monkeypatch.context() as patch:
        patch.setattr(watch.threading, "Thread", Late)
        found = watching(tmp_path / "not there", calls, version=lambda: version[0])
    version[0] = 2
    go_on.set()
    assert calls.event.wait(30)
    found.close()


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_a_directory_that_goes_and_comes_back_is_said(tmp_path, storage):
    data = tmp_path / "data"
    with flightlog.open(data, storage=storage) as store:
        store.run("w").finish()
        assert store.runs.totals().runs == 1
        found = store.feed.watch(lambda: None)
        data.rename(tmp_path / "away")
        wait_until(lambda: found.problem == "the data directory is gone")
        (tmp_path / "away").rename(data)
        wait_until(lambda: found.problem == "")
        assert store.runs.totals().runs == 1
        found.close()


@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_reading_after_a_notice_makes_no_more_notices(tmp_path, storage):
    with flightlog.open(tmp_path, storage=storage) as store:
        calls = Calls()

        def reads():
            calls()
            store.feed.changes(0)

        found = store.feed.watch(reads)
        with store.run("w") as run:
            for n in range(20):
                run.log(f"{n}")
        wait_until(lambda: store.runs.get(run.id).status == "completed" and not list((tmp_path / "spool").glob("*")))

        def quiet():  # what came last is noticed, and read
            calls.event.clear()
            return not calls.event.wait(0.5)

        wait_until(quiet)
        before, begun = calls.number, time.monotonic()
        time.sleep(1.5)
        assert calls.number - before <= (time.monotonic() - begun) / watch.HEARTBEAT + 1
        found.close()


def test_a_stopped_watcher_that_goes_on_knows_everything(tmp_path):
    """A browser that was suspended while 3,000 runs were recorded."""
    code = f"""
import sys, flightlog, time
store = flightlog.open({str(tmp_path)!r}, storage="file")
watch = store.feed.watch(lambda: print(store.runs.totals().runs, flush=True))
print("ready", flush=True)
sys.stdin.read()
"""
    flightlog.open(tmp_path, storage="file").close()
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout.readline() == "ready\n"
        os.kill(other.pid, signal.SIGSTOP)
        with flightlog.open(tmp_path) as store:
            for _ in range(3000):
                store.run("w").finish()
        os.kill(other.pid, signal.SIGCONT)
        begun = time.monotonic()
        while int(other.stdout.readline()) < 3000:
            assert time.monotonic() - begun < 60
        other.stdin.close()
