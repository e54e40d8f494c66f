"""How quickly a scripted agent lives, and the little else that it has of its own."""

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random


class Stopped(KeyboardInterrupt):
    """The fleet is gone, so its agents go too: an interrupt, so what they were at is recorded as cancelled."""


@dataclass
class Pace:
    """An agent's sense of time. `factor` 1 is real time, 0.05 is twenty times as quick."""

    rng: Random
    scratch: Path
    """Folder for the files that an agent makes."""
    factor: float = 1.0
    parent: int | None = None
    """Process to end with: an agent outlives its fleet by one pause at most."""

    def pause(self, low: float, high: float) -> None:
        """Waits between `low` and `high` seconds of the agent's life; raises Stopped."""
        left = self.rng.uniform(low, high) * self.factor
        while left > 0:
            if self.parent is not None and os.getppid() != self.parent:
                raise Stopped
            self.sleep(min(left, 0.25))
            left -= 0.25

    def patience(self, seconds: float) -> float:
        """How long it waits for a person, who would wait so many seconds in its life."""
        return seconds * self.factor

    def sleep(self, seconds: float) -> None:
        """Lets time go by."""
        time.sleep(seconds)

    def twin(self, seed: int) -> "Pace":
        """The same pace with dice of its own, for a thread."""
        return replace(self, rng=Random(seed))

    def together(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Does the tasks at the same time, each in a thread, and waits for all."""
        threads = [threading.Thread(target=task) for task in tasks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def die(self) -> None:
        """Is killed, as agents are: without a word to anyone."""
        os.kill(os.getpid(), signal.SIGKILL)
