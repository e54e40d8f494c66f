"""Poor terminals, none at all, signals and hasty people: a sentence or a picture, and the terminal as it was."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import flightlog
import pytest
from click.testing import CliRunner
from flightlog.tui.cli.main import main
from pty_terminal import FLIGHTLOG, terminal

SLOW = """
import sys, time
from flightlog.tui.cli import browse
from flightlog.tui.cli.main import main

def never(*args, **options):
    time.sleep(60)

browse.open_store = never
main(["browse", sys.argv[1]])
"""


def heavy(*cases):
    return [pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.heavy) for case in cases]


@pytest.fixture
def data(tmp_path):
    with flightlog.open(tmp_path / "data", storage="file") as store, store.run("triage", name="inbox") as run:
        run.log("hello")
    return tmp_path / "data"


@pytest.mark.parametrize("kind", ["dumb", *heavy("")])
def test_a_terminal_that_cannot_draw_gets_a_sentence(data, kind):
    with terminal(data, TERM=kind) as t:
        assert t.ended() == 2
        assert t.written.startswith("flightlog: ") and t.written.count("\n") == 1 and "\x1b" not in t.written
        assert f"TERM={kind}" in t.written
        assert t.is_sane()


@pytest.mark.parametrize("piped", ["stdin", "stdout"])
def test_without_a_terminal_there_is_a_sentence(data, piped):
    with terminal(data, program=(sys.executable, "-c", "import time; time.sleep(60)")) as t:
        own = {"stdin": t.slave, "stdout": t.slave, piped: subprocess.PIPE}
        done = subprocess.run([*FLIGHTLOG, str(data)], stderr=subprocess.PIPE, timeout=60, **own)
    assert done.returncode == 2
    assert done.stderr.startswith(b"flightlog: ") and done.stderr.count(b"\n") == 1


def test_verbs_work_in_a_terminal_that_cannot_draw(data):
    with terminal("ls", "--data", data, TERM="dumb") as t:
        assert t.ended() == 0
        assert "inbox" in t.written and "\x1b" not in t.written


ENDLESS = """
import sys, time
from flightlog.backends.sql.log_repository import SqlLogs
from flightlog.tui.cli.main import main

def without_end(self, *given, **named):
    yield from found(self, *given, **named)
    while True:
        time.sleep(0.01)

found, SqlLogs.search = SqlLogs.search, without_end
main(sys.argv[1:])
"""


def test_a_search_says_how_far_it_is_and_can_be_broken_off(data):
    with terminal("search", "hello", "--data", data, TERM="dumb") as t:
        assert t.ended() == 0
        assert t.written.rstrip().endswith("hello") and "\x1b" not in t.written
    with terminal("search", "hello", "--data", data, program=(sys.executable, "-c", ENDLESS), TERM="dumb") as t:
        t.until("hello")
        t.until(" of 1")
        assert "searching runs" in t.written and "\x1b" not in t.written
        t.press("\x03")
        assert t.ended() == 130
        assert t.written.rstrip().endswith("flightlog: stopped; nothing was changed")
        assert "Traceback" not in t.written and "Aborted" not in t.written
    piped = CliRunner().invoke(main, ["search", "hello", "--data", str(data)])
    assert (piped.exit_code, piped.stderr) == (0, "")


@pytest.mark.parametrize(("columns", "rows"), [(20, 5), *heavy((1, 1), (3, 40), (200, 2))])
def test_a_tiny_terminal_has_a_picture_and_grows(data, columns, rows):
    with terminal(data, columns=columns, rows=rows) as t:
        t.until("\x1b[?1049h")
        t.read(quiet=0.5)
        t.press("j\rlso")
        t.press("\x1b[27u")
        assert t.process.poll() is None, t.written[-2000:]
        t.resize(100, 30)
        os.killpg(t.process.pid, signal.SIGWINCH)
        t.until("inbox")
        t.resize(columns, rows)
        os.killpg(t.process.pid, signal.SIGWINCH)
        t.read(quiet=0.3)
        t.press("q")
        assert t.ended() == 0, t.written[-2000:]
        assert t.is_sane()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, *heavy(signal.SIGHUP)])
def test_a_signal_leaves_the_terminal_sane(data, number):
    with terminal(data) as t:
        t.until("inbox")
        os.kill(t.process.pid, number)
        code = t.ended()
        assert "Traceback" not in t.written
        assert t.is_sane(), t.written[-300:]
        assert code == (0 if number == signal.SIGINT else 128 + number)


@pytest.mark.parametrize("after", [0.0, 0.4, *heavy(0.1, 0.2, 0.3, 0.5, 0.6, 0.8)])
def test_a_hasty_q_quits(data, after):
    with terminal(data) as t:
        t.read(quiet=after, limit=after)
        t.press("q")
        assert t.ended() == 0, t.written[-2000:]
        assert "Traceback" not in t.written and t.is_sane()


@pytest.mark.parametrize("keys", ["\x03q", *heavy("q", "\x11", "jj\r?qq", "/abc\x11")])
def test_quitting_does_not_wait_for_a_store_that_is_being_opened(data, keys):
    with terminal(data, program=(sys.executable, "-c", SLOW)) as t:
        t.until("\x1b[?1049h")
        t.read(quiet=0.5, limit=0.5)
        began = time.monotonic()
        for key in keys:
            t.press(key)
        assert t.ended(seconds=30) == 0, t.written[-2000:]
        assert time.monotonic() - began < 30
        assert "Traceback" not in t.written and t.is_sane()


def test_tabs_asked_for_before_they_are_there(data):
    with terminal(data) as t:
        t.until("inbox")
        os.write(t.master, b"\r" + b"oslctmipa" * 5)
        t.read(quiet=0.5)
        assert t.process.poll() is None, t.written[-2000:]
        os.write(t.master, b"\x1b[27u\r\x1b[27u\r\x1b[27u\ro")
        t.read(quiet=0.5)
        t.press("q")
        assert t.ended() == 0, t.written[-2000:]


def test_a_closed_terminal_ends_the_browser(data):
    t = terminal(data)
    with t as running:
        running.until("inbox")
        master, running.master = running.master, os.open(os.devnull, os.O_RDONLY)
        slave, running.slave = running.slave, os.open(os.devnull, os.O_RDONLY)
        os.close(slave)
        os.close(master)
        running.process.wait(30)


def test_a_closed_terminal_that_is_not_its_own_ends_the_browser_too(data):
    """Nobody tells the program by a signal: it drew on and on, for ever, with a processor of its own."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    with subprocess.Popen(
        [*FLIGHTLOG, str(data)], stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    ) as browser:
        os.close(slave)
        painted, end = b"", time.monotonic() + 30
        while b"inbox" not in painted:
            assert select.select([master], [], [], end - time.monotonic())[0]
            painted += os.read(master, 1 << 16)
        os.close(master)
        with flightlog.open(data) as store:
            for number in range(100):  # there is much to be drawn, and nobody takes it
                store.run("triage", name=f"news {number}").finish()
        try:
            assert browser.wait(30) == 128 + signal.SIGHUP
        finally:
            browser.kill()


def test_keys_of_one_write_reach_the_screens_they_open(tmp_path):
    with flightlog.open(tmp_path, storage="file") as store, store.run("triage") as run:
        run.log("a line that only the log shows")
    with terminal(tmp_path) as shown:
        shown.until("triage")
        os.write(shown.master, b"tnightly\r")
        shown.until("tagged nightly")
        os.write(shown.master, b"\rl")
        shown.until("only the log shows")
        shown.press("q")
        assert shown.ended() == 0
    with flightlog.open(tmp_path, storage="file") as store:
        assert store.runs.get(run.id).tags == ("nightly",)


def test_no_bytes_of_a_terminal_end_the_browser_and_no_paste_presses_its_keys(data):
    with terminal(data) as t:
        t.until("inbox")
        t.until("watching")
        os.write(t.master, b"\xe9\xff\xc3(\x1b[M\xf0\xf0\xf0")  # Latin-1, and the mouse as very old terminals tell it
        os.write(t.master, b"\x1b[200~\x1bq\x1bDy\r\x1b\x11 and \xe9\x1b[201~/")
        t.until("esc clears")
        os.write(t.master, b"\x1b[200~inb\x1b[Aox\r\nhello\x1b[201~")
        t.until("inb[Aox hello")
        os.write(t.master, b"\x11")
        assert t.ended() == 0
        assert "Traceback" not in t.written
        assert t.is_sane()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_the_picture_is_one_whatever_the_terminal_writes_in(tmp_path, encoding):
    """ASCII is what is said of a terminal of which nobody knows more: it takes UTF-8, most likely."""
    with (
        flightlog.open(tmp_path / "data", storage="file") as store,
        store.run("triage", name="Ärger \u03c0", session="s"),
    ):
        pass
    program = (sys.executable, "-m", "flightlog")
    with terminal(tmp_path / "data", program=program, columns=80, PYTHONIOENCODING=encoding, PYTHONUTF8="0") as t:
        t.until("triage")
        t.until("watching")
        shown = [line.rstrip() for line in t.screen.lines()]
        assert not any("\\x" in line or "\\u" in line for line in shown)
        assert ("\u256d" in shown[1], shown[1].startswith("+-")) == (encoding == "ascii", encoding == "latin-1")
        assert len({len(line) for line in shown if line[:1] in "|+\u2502\u256d\u2570" and line}) == 1
        assert "rger" in "".join(shown)
        t.press("q")
        assert t.ended() == 0
