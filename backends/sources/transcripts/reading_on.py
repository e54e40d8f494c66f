"""Work that goes on in a thread of its own, for which who is in a hurry (`core.hurry`) does not wait to its end."""

import threading
from collections.abc import Callable

from ....core.errors import FlightlogError
from ....core.progress import go_on

_LOOK_S = 0.1
"""So often who waits looks whether he is still wanted."""
_REST_S = 0.001
"""Between two portions, for who waits for the lock that each of them takes."""


class ReadingOn:
    """Does a work portion by portion. Thread-safe."""

    def __init__(self, portion: Callable[[], bool]) -> None:
        """`portion` does some of it, and says whether there is more."""
        self._portion = portion
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._some, self._stop = threading.Event(), threading.Event()
        self._error: FlightlogError | None = None
        self.portions = 0
        """How many were done, ever: another number where there is something new to see."""

    @property
    def is_on(self) -> bool:
        """Whether it is at work."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self) -> None:
        """Begins, unless it is at work."""
        with self._starting:
            if not self.is_on and not self._stop.is_set():
                self._some, self._error = threading.Event(), None
                self._thread = threading.Thread(target=self._run, daemon=True, name="flightlog-read-on")
                self._thread.start()

    def wait(self) -> None:
        """Returns when some of it was done; raises what kept it from that."""
        while not self._some.wait(_LOOK_S):
            go_on()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def close(self) -> None:
        """Waits for the portion at hand, and does no more. May be called twice."""
        self._stop.set()
        with self._starting:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        try:
            while self._portion() and not self._stop.is_set():
                self.portions += 1
                self._some.set()
                self._stop.wait(_REST_S)
        except FlightlogError as error:
            self._error = error
        finally:
            self.portions += 1
            self._some.set()
