"""A terminal of our own: a program runs in it as under a person's hands, and every byte it writes is kept."""

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
from collections.abc import Iterator
from contextlib import contextmanager

from screen_emulator import Emulator

FLIGHTLOG = (sys.executable, "-c", "from flightlog.tui.cli.main import main; main(prog_name='flightlog')")


class Terminal:
    """A program in a terminal. `written` is all that reached it so far, `screen` what stands there of it."""

    def __init__(self, words: tuple[str, ...], *, columns: int, rows: int, environment: dict[str, str]) -> None:
        self.master, self.slave = pty.openpty()
        self.written = ""
        self.resize(columns, rows)
        self.before = termios.tcgetattr(self.slave)
        self._raw = bytearray()
        # The size is the terminal's own: a test runner's COLUMNS and LINES must not stand for it.
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        environment = inherited | {"TERM": "xterm-256color", "COLORTERM": "truecolor"} | environment
        self.process = subprocess.Popen(
            words,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - one system call
        )

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen, self._shown = Emulator(columns, rows), len(self.written)

    @property
    def screen(self) -> Emulator:
        """What it shows. After a change of its size, what has been written since."""
        shown, self._shown = self._shown, len(self.written)
        self._screen.feed(self.written[shown:])
        return self._screen

    def read(self, *, quiet: float = 0.08, limit: float = 5.0) -> str:
        """What is written until nothing more comes for `quiet` seconds (or the program ended)."""
        end, fresh = time.monotonic() + limit, bytearray()
        while time.monotonic() < end and select.select([self.master], [], [], quiet)[0]:
            try:
                fresh += os.read(self.master, 1 << 16)
            except OSError:
                break
        self._raw += fresh
        self.written = self._raw.decode("utf-8", "surrogateescape")
        return fresh.decode("utf-8", "surrogateescape")

    def until(self, text: str, *, seconds: float = 40.0) -> None:
        """Waits for a text, written or shown; AssertionError when it does not come."""
        end = time.monotonic() + seconds
        while text not in self.written and not any(text in line for line in self.screen.lines()):
            assert time.monotonic() < end, f"{text!r} did not come; the end is {self.written[-1500:]!r}"
            self.read(quiet=0.05, limit=0.3)

    def press(self, keys: str, *, quiet: float = 0.08) -> str:
        os.write(self.master, keys.encode())
        return self.read(quiet=quiet)

    def ended(self, *, seconds: float = 30.0) -> int:
        """Its exit code, when it has ended by itself; AssertionError when it does not."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, f"did not end; the end is {self.written[-1500:]!r}"
            self.read(quiet=0.02, limit=0.1)
        self.read()
        return self.process.returncode

    def is_sane(self) -> bool:
        """Whether the terminal is as it was given: its modes, the screen, the cursor, the mouse."""
        return termios.tcgetattr(self.slave) == self.before and self.switched_back()

    def switched_back(self) -> bool:
        text = self.written
        for mode in ("1049", "1000", "1003", "1006", "2004"):
            if text.rfind(f"\x1b[?{mode}h") > text.rfind(f"\x1b[?{mode}l"):
                return False
        return text.rfind("\x1b[?25h") >= text.rfind("\x1b[?25l")

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@contextmanager
def terminal(
    *words: object, program: tuple[str, ...] = FLIGHTLOG, columns: int = 120, rows: int = 36, **environment: str
) -> Iterator[Terminal]:
    """`flightlog WORDS` (or another program) in a terminal."""
    running = Terminal((*program, *map(str, words)), columns=columns, rows=rows, environment=environment)
    try:
        yield running
    finally:
        running.close()
