"""Work that goes on in a thread of its own, for which who is in a hurry (`core.hurry`) does not wait to its end."""

import threading
from collections.abc import Callable

from ...core.progress import go_on

_LOOK_S = 0.1
"""So often who waits looks whether he is still wanted."""
_REST_S = 0.001
"""Between two portions, for who waits for the lock that each of them takes."""


class ReadingOn:
    """Does a work portion by portion. Thread-safe."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._some, self._stop = threading.Event(), threading.Event()
        self._error: Exception | None = None
        self.portions = 0
        """How many were done, ever: another number where there is something new to see."""

    @property
    def is_on(self) -> bool:
        """Whether it is at work."""
        return self._thread is not None and self._thread.is_alive()

    def begin(self, portion: Callable[[], bool]) -> None:
        """Begins, unless it is at work; `portion` does some of it, and says whether there is more."""
        with self._starting:
            if not self.is_on and not self._stop.is_set():
                self._some, self._error = threading.Event(), None
                self._thread = threading.Thread(
                    target=self._run, args=(portion,), daemon=True, name="flightlog-read-on"
                )
                self._thread.start()

    def show(self) -> None:
        """There is something to see, in the middle of a portion."""
        self._some.set()

    def wait(self) -> None:
        """Returns when there is something to see, or nothing is done any more; raises what kept it from that."""
        while not self._some.wait(_LOOK_S) and not self._stop.is_set():
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

    def _run(self, portion: Callable[[], bool]) -> None:
        try:
            while portion() and not self._stop.is_set():
                self.portions += 1
                self._some.set()
                self._stop.wait(_REST_S)
        except Exception as error:  # noqa: BLE001 - raised to who waits
            self._error = error
        finally:
            self.portions += 1
            self._some.set()
