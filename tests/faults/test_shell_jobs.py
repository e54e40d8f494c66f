"""The browser as a job of a shell: stopped, in front and behind, and ended while it is stopped."""

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import termios
from contextlib import contextmanager
from pathlib import Path

import flightlog
import pytest
from flightlog.tui.program.job import MOMENT, JobDriver
from pty_terminal import FLIGHTLOG, terminal

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="a shell with jobs is needed")

SHELL = ("bash", "--norc", "--noprofile", "-i")


@pytest.fixture
def data(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("triage", name="inbox") as run:
        run.log("hello")
    return tmp_path / "data"


@contextmanager
def browsing(data):
    """A shell, the browser in front of it, and the modes of the terminal while the shell asks for a line."""
    (data.parent / "inputrc").write_text("set enable-bracketed-paste off\n")  # of which the browser's own is told apart
    with terminal(program=SHELL, PS1="ask> ", INPUTRC=str(data.parent / "inputrc")) as t:
        t.until("ask> ")
        modes = termios.tcgetattr(t.slave)
        t.press(shlex.join((*FLIGHTLOG, str(data))) + "\r")
        t.until("inbox")
        yield t, modes


def stop(t):
    t.press("\x1a")
    t.until("Stopped")
    assert t.switched_back()


def quit(t):
    """And waits for the shell: what is typed ahead of that is the browser's, which throws it away."""
    before = len(t.written)
    t.press("q")
    for _ in range(100):
        if t.written.rstrip().endswith("ask>") and len(t.written) > before:
            break
        t.read(quiet=0.1, limit=0.3)


def pid_of(t):
    told = t.press("echo pid=$(jobs -p)=\r", quiet=0.3)
    return int(told.rpartition("pid=")[2].partition("=")[0])


def until_gone(t, pid):
    """A shell that waits for a job which has yet to be sent on is told that it is stopped, and waits no more."""
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return
        t.read(quiet=0.1, limit=0.3)
    raise AssertionError(f"process {pid} did not end: {Path(f'/proc/{pid}/status').read_text()}")


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.heavy)])
def test_who_is_told_to_end_while_it_is_stopped_ends_and_leaves_the_shell_its_terminal(data, number):
    with browsing(data) as (t, modes):
        stop(t)
        pid = pid_of(t)
        t.press(f"kill -{number.value} %1\r")
        until_gone(t, pid)
        t.press(f"wait {pid}; echo code=$?=\r")
        t.until(f"code={128 + number}=")
        t.press("echo still=$((6 * 7))=\r")
        t.until("still=42=")
        assert t.switched_back() and "Traceback" not in t.written
        assert termios.tcgetattr(t.slave) == modes


def test_what_was_shown_stands_there_again_in_front_and_behind_the_shell_it_waits(data):
    with browsing(data) as (t, _):
        stop(t)
        t.press("bg\r", quiet=0.5)
        t.press("jobs\r")
        t.until("Stopped", seconds=10)
        assert t.switched_back()
        t.resize(130, 40)
        t.press("fg\r")
        t.read(quiet=0.8)
        shown = t.screen.lines()
        assert any("inbox" in line for line in shown) and any("? keys" in line for line in shown), shown
        assert shown[-1].startswith("╰") and shown[-1].endswith("╯"), shown
        quit(t)
        t.press("echo over=$((6 * 7))=\r")
        t.until("over=42=")
        assert t.switched_back()


def test_who_was_stopped_without_being_asked_paints_all_anew_and_leaves_the_terminal_as_it_found_it(data):
    with browsing(data) as (t, modes):
        pid = int(subprocess.run(["pgrep", "-P", str(t.process.pid)], capture_output=True, text=True).stdout.split()[0])
        os.kill(pid, signal.SIGSTOP)
        t.until("Stopped")
        before = len(t.written)
        t.press("fg\r", quiet=0.8)
        assert "inbox" in t.written[before:]
        quit(t)
        t.press("echo over=$((6 * 7))=\r")
        t.until("over=42=")
        assert t.switched_back() and termios.tcgetattr(t.slave) == modes


def test_a_terminal_that_is_closed_ends_who_is_stopped(data):
    with browsing(data) as (t, _):
        stop(t)
        pid = pid_of(t)
        os.close(t.master)
        t.master = os.open(os.devnull, os.O_RDWR)
        os.killpg(t.process.pid, signal.SIGHUP)
        end = 200
        while end and os.path.exists(f"/proc/{pid}"):
            end -= 1
            signal.sigtimedwait([], 0.1)
        assert end


@pytest.mark.parametrize("is_told_to_end", [True, False])
async def test_who_is_sent_on_behind_a_shell_hears_first_whether_it_is_to_end(monkeypatch, is_told_to_end):
    """A shell's SIGCONT may be heard of before the SIGTERM that it sent ahead: each may reach another thread."""
    driver, sent = JobDriver.__new__(JobDriver), []
    driver._loop, driver._auto_restart, driver._writer_thread = asyncio.get_running_loop(), True, None
    monkeypatch.setattr(JobDriver, "_is_in_front", lambda self: False)
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append(number))
    monkeypatch.setattr(signal, "signal", lambda number, how: None)
    driver._sigcont_application()
    if is_told_to_end:
        driver.end()
    await asyncio.sleep(2 * MOMENT)
    assert sent == ([] if is_told_to_end else [signal.SIGSTOP])
