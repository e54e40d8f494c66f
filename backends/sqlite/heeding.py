"""One long statement of SQLite's, which is broken off by who has it done."""

import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError

from ...core.errors import Stopped
from ...core.progress import Progress, told

_STEPS = 20_000
"""So many steps of its machine, a few milliseconds, SQLite takes between two looks."""


@contextmanager
def heeding(connection: Any, *others: Progress) -> Iterator[None]:
    """What this connection is asked in this block is broken off when this thread is asked to stop, or one of `others`
    is, or by ^C: then Stopped, and whatever the statement changed is undone.

    Where nobody is told how far this thread is, ^C is what it ever is.
    """
    progress = told()
    if progress is None and not others:
        yield
        return
    asked = progress or Progress()
    connection.set_progress_handler(lambda: asked.stopped or any(one.stopped for one in others), _STEPS)
    try:
        with _asked_by_hand(asked):
            yield
    except (sqlite3.OperationalError, DBAPIError) as error:
        if progress is None and asked.stopped:
            raise KeyboardInterrupt from error
        if asked.stopped or any(one.stopped for one in others):
            raise Stopped("it was stopped") from error
        raise
    finally:
        connection.set_progress_handler(None, 0)


@contextmanager
def _asked_by_hand(progress: Progress) -> Iterator[None]:
    """^C asks, where it would raise: what is raised between two steps of SQLite's is lost."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)
    if not callable(before):
        yield  # nobody listens, or it ends the program
        return
    signal.signal(signal.SIGINT, lambda number, frame: progress.stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
