"""What a search had to read of logs, because the index of words did not have it yet, is taken into the index: of many
old runs nobody has ever searched, reading them is nearly all that it costs, and the next search has it for nothing.
"""

import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ...core.errors import Full, Locked, ReadOnly
from ...core.log_words import SEARCHED
from ...core.logs import LogEntry
from . import log_words
from .database import Database

_PATIENCE_S = 0.5
"""Who writes meanwhile does something that is waited for; a search can read once more."""


class _Stretch(NamedTuple):
    """What was read of one run: all its entries from one event to another."""

    run: str
    messages: list[tuple[int, str]]
    after: int
    upto: int


class WordsRead:
    """Collects what searches read, and writes it some thousand entries at a time. Thread-safe.

    Of a run that is not read to its end what is less than that is forgotten, and so are the last few of all.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._waiting: list[_Stretch] = []
        self._size = 0

    def keeping(self, place: log_words.Place, read: Iterator[LogEntry], stop: Callable[[], bool]) -> Iterator[LogEntry]:
        """The same entries: those of a run behind the event up to which the index has it."""
        after, messages = place.seq, list[tuple[int, str]]()
        for entry in read:
            messages.append((entry.seq, entry.message[:SEARCHED]))
            if len(messages) == log_words.AT_ONCE:
                self._keep(_Stretch(place.run, messages, after, entry.seq))
                after, messages = entry.seq, []
            yield entry
        if not stop():
            upto = max(place.newest, messages[-1][0] if messages else after)
            self._keep(_Stretch(place.run, messages, after, upto))

    def _keep(self, stretch: _Stretch) -> None:
        if self._database.read_only:
            return
        with self._lock:
            self._waiting.append(stretch)
            self._size += len(stretch.messages) + 1
            if self._size < log_words.AT_ONCE:
                return
            portion, self._waiting, self._size = self._waiting, [], 0
        try:
            with self._database.write(_PATIENCE_S) as connection:
                # Of a run that was purged meanwhile no word comes back.
                there = {place.run for place in log_words.places(connection, [one.run for one in portion])}
                for one in portion:
                    if one.run in there:
                        log_words.take(connection, *one)
        except (Locked, ReadOnly, Full):
            return  # it is read once more by whoever searches next
