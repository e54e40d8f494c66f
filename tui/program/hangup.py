"""A terminal that goes away without a word, as one does that is nobody's controlling terminal: it ends the browser."""

import os
import select
import signal
import time
from collections.abc import Callable
from threading import Thread

_PATIENCE_S = 5.0
"""So long the program may take to end of itself: what it writes to a terminal that is gone may wait for ever."""


def watch_terminal(fd: int, end: Callable[[], object]) -> None:
    """Calls `end`, in a thread, once the terminal is gone; ends the process if it is still there some seconds later.

    Costs nothing while it is there: the thread sleeps.
    """
    Thread(target=_wait, args=(fd, end), name="flightlog-terminal", daemon=True).start()


def _wait(fd: int, end: Callable[[], object]) -> None:
    poll = select.poll()
    poll.register(fd, 0)  # what is typed does not wake it; that nobody is there any more does
    if all(what == select.POLLNVAL for _, what in poll.poll()):
        return  # a system that tells this of no terminal
    end()
    time.sleep(_PATIENCE_S)
    os._exit(128 + signal.SIGHUP)
