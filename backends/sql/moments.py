"""Moments: several questions that are answered together, after one look at what is new."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .database import Database


class Moments:
    """Brings a database up to date before a read; within a moment only once, at its beginning. Thread-safe."""

    def __init__(self, database: Database, refresh: Callable[[], None]) -> None:
        self._database, self._refresh = database, refresh
        self._within = threading.local()

    def __call__(self) -> None:
        """To be called before every read."""
        if not getattr(self._within, "moment", False):
            self._refresh()

    @contextmanager
    def begin(self) -> Iterator[None]:
        """In this block, what this thread reads is of one moment: as everything was, or newer, when it began."""
        if getattr(self._within, "moment", False):
            yield
            return
        self._refresh()
        with self._database.read():
            self._within.moment = True
            try:
                yield
            finally:
                self._within.moment = False
