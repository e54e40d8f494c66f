"""Programs in a pseudo-terminal: how soon what they paint comes out, how much, and what memory they take."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

FLIGHTLOG = [sys.executable, "-c", "from flightlog.tui.cli.main import main; main()"]

CURSOR = "▌".encode()

TRIVIAL = """
from textual.app import App
from textual.widgets import Static

class Trivial(App):
    def compose(self):
        yield Static("painted")

Trivial().run()
"""


class Terminal:
    """A program that runs in a terminal of its own, until the block is left."""

    def __init__(self, command: Sequence[str], columns: int = 120, rows: int = 36, **environment: str) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environment = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | environment
        self.began = time.perf_counter()
        self._program = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
        )
        os.close(theirs)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self._program.kill()
        self._program.wait()
        os.close(self._ours)

    def until(self, text: bytes, timeout: float = 30) -> float:
        """Seconds from the launch (or the last keys) to the moment at which the text was painted."""
        painted, end = b"", time.perf_counter() + timeout
        while text not in painted:
            ready, _, _ = select.select([self._ours], [], [], max(end - time.perf_counter(), 0))
            assert ready, f"{text!r} was not painted within {timeout} s"
            painted = painted[-200:] + os.read(self._ours, 1 << 16)
        return time.perf_counter() - self.began

    def cursor_at(self, line: int, keys: bytes, timeout: float = 30) -> float:
        """Types; seconds until the list's cursor was drawn on a line of the terminal (1: the first)."""
        self.press(keys)
        painted, end = b"", time.perf_counter() + timeout
        drawn = re.compile(rb"\x1b\[%d;\d+H(?:[^\x1b\n]|\x1b\[[0-9;]*m)*%b" % (line, CURSOR))
        while not drawn.search(painted):
            ready, _, _ = select.select([self._ours], [], [], max(end - time.perf_counter(), 0))
            assert ready, f"the cursor did not come to line {line} within {timeout} s"
            painted = painted[-4000:] + os.read(self._ours, 1 << 16)
        return time.perf_counter() - self.began

    def swallow(self, seconds: float) -> int:
        """Reads for so long what is painted; how many bytes that were."""
        end, size = time.perf_counter() + seconds, 0
        while select.select([self._ours], [], [], max(end - time.perf_counter(), 0))[0]:
            size += len(os.read(self._ours, 1 << 16))
        return size

    def rest(self, quiet: float = 0.4) -> None:
        """Reads until nothing was painted for a while."""
        while select.select([self._ours], [], [], quiet)[0]:
            os.read(self._ours, 1 << 16)

    def press(self, keys: bytes) -> None:
        """Types, and begins to count the time."""
        self.began = time.perf_counter()
        os.write(self._ours, keys)

    def resident(self) -> int:
        """Bytes of memory that the program holds."""
        statm = Path(f"/proc/{self._program.pid}/statm").read_text().split()
        return int(statm[1]) * os.sysconf("SC_PAGE_SIZE")
