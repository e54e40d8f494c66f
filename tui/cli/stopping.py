"""^C asks, and what works stops where nothing is half-done: between two runs, or in the middle of a big one."""

import os
import select
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

from ...core.progress import Progress

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SAID = b"\nflightlog: stopping after this run; ^C once more breaks it off\n"


class Stopping:
    """While it lasts, ^C and SIGTERM only ask; another ^C breaks off at once.

    `asked` says whether they did, and what tells of its `progress` is asked there. In a thread that gets no signals
    nothing is different.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self.asked = self.by_hand = False
        self._progress = progress
        self._before: dict[signal.Signals, Callable[[int, FrameType | None], Any] | int | None] = {}
        # A handler runs in the middle of anything: it takes no lock and fills no buffer.
        self._woken, self._wakes = os.pipe()

    def wait(self, seconds: float) -> bool:
        """Sleeps for so long, or until it is asked to stop: whether it was."""
        if not self.asked:
            select.select([self._woken], [], [], max(seconds, 0))
        return self.asked

    def __enter__(self) -> "Stopping":
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._ask) for number in _SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._woken)
        os.close(self._wakes)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.asked, self.by_hand = True, number == signal.SIGINT
        if self._progress is not None:
            self._progress.stop()
        os.write(self._wakes, b".")
        with suppress(OSError):  # the terminal may be gone
            os.write(2, _SAID)
