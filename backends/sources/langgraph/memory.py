"""What an index remembers of threads between two refreshes, so that only what is new is read."""

from .graph import Thread
from .standing import Standing
from .tables import Cursor

_KEPT = 256  # threads whose rows stay in memory


class Known:
    """What is known of one thread between refreshes."""

    def __init__(self, run: str, thread: Thread) -> None:
        self.run, self.thread = run, thread
        self.told: set[tuple[str, str]] = set()
        self.seq, self.deep, self.cost, self.now = 0, False, 0, Standing("")


class Memory:
    """The threads that were told last, with their rows up to `cursor`. For one thread at a time."""

    def __init__(self) -> None:
        self.cursor: Cursor | None = None
        self._known: dict[str, Known] = {}

    def take(self, thread: str) -> Known | None:
        """What is known of a thread, and forgets it: if its reading fails, it is loaded anew."""
        return self._known.pop(thread, None)

    def get(self, thread: str) -> Known | None:
        """What is known of a thread."""
        return self._known.get(thread)

    def keep(self, known: Known) -> None:
        """Remembers a thread that was told."""
        self._known[known.thread.id] = known

    def clear(self) -> None:
        """Forgets all threads: another process may have told of them, or the database is another."""
        self._known.clear()

    def trim(self) -> None:
        """Forgets those that were told first, where they are too many."""
        while len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]
