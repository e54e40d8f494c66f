"""Holding up what a thread does, so that a test can look at it half-way."""

import threading


class Held:
    """Calls what it stands for, and holds the so many-th call up until it may go on."""

    def __init__(self, real, *at: int) -> None:
        self.real, self.at = real, list(at)
        self.calls = 0
        self.by: list[threading.Thread] = []
        """Who called, call by call."""
        self.came, self.may = threading.Event(), threading.Event()
        self.thread = threading.main_thread()

    def __call__(self, *args):
        self.calls += 1
        self.by.append(threading.current_thread())
        if self.at and self.calls == self.at[0]:
            self.thread = threading.current_thread()
            self.came.set()
            assert self.may.wait(30)
        return self.real(*args)

    @property
    def calls_of_thread(self) -> int:
        """Calls of the thread that is held, or was held last."""
        return self.by.count(self.thread)

    def go_on(self) -> None:
        """Lets go of the one that is held, and holds the next one that is to be held."""
        self.at.pop(0)
        self.came.clear()
        self.may.set()

    def hold(self, later: int) -> None:
        """Holds the so many-th call from now on up, too."""
        self.may.clear()
        self.at.append(self.calls + later)
