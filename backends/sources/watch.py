"""Watching a source: its files for what is new, and its runs for what is still to be read closely."""

import logging
import threading
from collections.abc import Callable
from typing import Literal

from ...core.errors import FlightlogError
from .foreign_index import ForeignFiles, ForeignIndex

_MOST = 16 << 20  # bytes of values that a run may take to be read before anybody looks at it
_PAUSE_S = 0.05
_IDLE_S = 2.0

_log = logging.getLogger("flightlog")


class SourceWatch:
    """Notices changes and, meanwhile, reads the values of runs, newest first, so that their numbers become whole."""

    def __init__(self, index: ForeignIndex, files: ForeignFiles, on_change: Callable[[], None]) -> None:
        self._index, self._on_change = index, on_change
        self._files = files.watch(on_change)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read_closely, name="flightlog-source", daemon=True)
        self._thread.start()

    @property
    def mode(self) -> Literal["watching", "polling"]:
        """`polling` where file notices are not to be had."""
        return self._files.mode

    @property
    def problem(self) -> str:
        """What keeps the watch from seeing the data now; empty if nothing."""
        return self._files.problem

    def close(self) -> None:
        """Stops it and waits for its threads (at most a second). May be called twice."""
        self._stop.set()
        self._files.close()
        if threading.current_thread() is not self._thread:
            self._thread.join(1)

    def _read_closely(self) -> None:
        pause = _PAUSE_S
        while not self._stop.wait(pause):
            try:
                run = self._index.shallow(_MOST)
                if run is not None:
                    self._index.details(run)
                    self._on_change()
            except FlightlogError as error:
                _log.warning("the values of a run are not read now: %s", error)
                run = None
            pause = _IDLE_S if run is None else _PAUSE_S
