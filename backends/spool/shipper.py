"""The thread by which an agent's process ships what it records. Loads no database engine itself."""

import logging
import threading
import time
from collections.abc import Callable

from ...core.errors import FlightlogError, Locked

log = logging.getLogger("flightlog.shipping")

_PAUSE_S = 0.05
_IDLE_S = 0.25
_OTHERS_S = 1.0
"""So long others may ship what this process records before it does so itself, and waits in their queue."""
_BACK_OFF_S = 5.0
_CLOSING_S = 5.0


class Shipper:
    """The thread of an agent's process that ships what this process records.

    A database that is locked or full, or not there, hinders no agent: its events lie in the spool, and
    shipping is tried again. Started by the first run.
    """

    def __init__(self, ship: Callable[[list[str], bool], tuple[set[str], bool]]) -> None:
        """`ship` returns which of the runs are left in the spool, and whether any had news.

        The second thing that it is told is whether to do so only if nobody else is at it; then Locked.
        """
        self._call = ship
        self._runs: set[str] = set()
        self._others_since: float | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._then: Callable[[], None] = lambda: None
        self._thread: threading.Thread | None = None
        self.problem = ""
        """Why shipping fails at the moment; empty if it does not."""

    def add(self, run: str) -> None:
        """From now on this run is shipped as it grows."""
        with self._lock:
            self._runs.add(run)
            if self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._work, name="flightlog-shipping", daemon=True)
                self._thread.start()

    def runs(self) -> list[str]:
        """Those of which something may be left in the spool."""
        with self._lock:
            return sorted(self._runs)

    def close(self, then: Callable[[], None]) -> None:
        """Ships what is left, as far as that is possible in time, and calls `then`.

        What takes longer goes on in its thread, which calls `then` at its end; what is still in the
        spool when the process ends is shipped by whoever opens the store next.
        """
        with self._lock:
            self._stopping, self._then = True, then
            thread = self._thread
        self._wake.set()
        if thread is None:
            then()
        elif thread is not threading.current_thread():
            thread.join(_CLOSING_S)
            if thread.is_alive():
                log.info("%d runs are still in the spool; the next to open the store ships them", len(self._runs))

    def _work(self) -> None:
        pause = _PAUSE_S
        while True:
            stopping = self._stopping
            moved = self._ship(soon=not stopping and not self._has_waited())
            if stopping:
                self._then()
                return
            pause = _PAUSE_S if moved else min(pause * 1.5, _BACK_OFF_S if self.problem else _IDLE_S)
            self._wake.wait(pause)

    def _has_waited(self) -> bool:
        return self._others_since is not None and time.monotonic() - self._others_since > _OTHERS_S

    def _ship(self, *, soon: bool) -> bool:
        runs = self.runs()
        try:
            left, moved = self._call(runs, soon)
        except FlightlogError as error:
            if soon and isinstance(error, Locked):
                self._others_since = self._others_since or time.monotonic()
            else:
                self._say(str(error))
            return False
        except Exception as error:
            # Said once below; where it comes from is for who looks for it, and stands on no agent's terminal.
            log.debug("shipping failed in a way that was not foreseen", exc_info=True)
            self._say(f"{type(error).__name__}: {error}")
            return False
        self._others_since = None
        self._say("")
        with self._lock:
            self._runs.difference_update(set(runs) - left)
        return moved

    def _say(self, problem: str) -> None:
        if problem and problem != self.problem:
            log.error("recorded events wait in the spool: %s", problem)
        elif self.problem and not problem:
            log.info("events are shipped again")
        self.problem = problem
