"""Searching logs: which entries may hold the words the index says, whether they do is read in the original."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from ...core.errors import Locked, NotFound, ReadOnly
from ...core.log_words import Wanted, phrase
from ...core.logs import LogEntry
from ...core.query.query import Query
from . import log_words
from .bodies import Bodies
from .database import Database
from .log_text import entries, entry_of
from .log_words import Place

_RARE = 256
"""So many of the newest entries that hold the words are asked for first: all that there are, if these are fewer."""

_FOLLOW_S = 2.0
_FIRST, _LARGEST = 128, 2000  # entries read at once

Stop = Callable[[], bool]


class Look(NamedTuple):
    """What the newest hits of a store tell of where to look."""

    runs: frozenset[str] | None
    """The only runs that have a hit; None if they are many."""
    above: int
    """Of runs with higher numbers `hits` has every hit."""
    hits: dict[int, list[int]]
    """Seqs by the number of the run."""


class LogSearch:
    """Finds log entries of one store by their words. Thread-safe.

    What the index does not have yet is read as it is, so that an index that is behind costs time and no hits.
    """

    def __init__(self, database: Database, bodies: Bodies) -> None:
        self._database, self._bodies = database, bodies

    def catch_up(self, stop: Stop = lambda: False) -> None:
        """Takes new entries into the index, for two seconds at most."""
        until = time.monotonic() + _FOLLOW_S
        with self._database.read() as connection:
            more = not self._database.read_only and log_words.needs_following(connection)
        while more and not stop() and time.monotonic() < until:
            try:
                with self._database.write() as connection:
                    more = log_words.follow(connection, self._bodies, stop)
            except (Locked, ReadOnly):
                return  # somebody else writes: what is behind is read as it is

    def look(self, wanted: Wanted) -> "Look | None":
        """The newest hits of all, in one question; None while the index does not have everything."""
        with self._database.read() as connection:
            if not wanted.phrases or log_words.is_behind(connection):
                return None
            found = log_words.hits(connection, wanted, 0, log_words.LAST, limit=_RARE, newest=True)
            only = None if len(found) == _RARE else log_words.runs_of(connection, {number for number, _ in found})
        return Look(only, found[-1][0] if only is None else 0, _by_number(reversed(found)))

    def found(
        self, runs: Sequence[str], wanted: Wanted, look: "Look | None" = None, stop: Stop = lambda: False
    ) -> Iterator[tuple[str, Iterator[LogEntry]]]:
        """Each of the runs, in this order, with its hits, in theirs."""
        with self._database.read() as connection:
            places = {place.run: place for place in log_words.places(connection, runs)}
            known = look is not None and all(place.number > look.above for place in places.values())
            near = look.hits if look and known else _near(connection, wanted, list(places.values()))
        for run in runs:
            place = places.get(run)
            yield run, iter(()) if place is None else self._hits(place, wanted, near, stop)

    def _hits(self, place: Place, wanted: Wanted, near: dict[int, list[int]] | None, stop: Stop) -> Iterator[LogEntry]:
        seq = 0
        if wanted.phrases and place.number:
            for seqs in self._indexed(place, wanted) if near is None else [near.get(place.number, [])]:
                if stop():
                    return
                for _, line in self._picked(place.run, seqs):
                    entry = entry_of(place.run, line)
                    if entry is not None and wanted.accepts(entry.message):
                        yield entry
            seq = place.seq
        if seq < place.newest:
            for entry in entries(self._bodies, place.run, after=seq, stop=stop):
                if wanted.accepts(entry.message):
                    yield entry

    def _indexed(self, place: Place, wanted: Wanted) -> Iterator[list[int]]:
        after, limit = 0, _FIRST
        while True:
            with self._database.read() as connection:
                found = log_words.hits(connection, wanted, place.number, place.number, after=after, limit=limit)
            yield [seq for _, seq in found]
            if len(found) < limit:
                return
            after, limit = found[-1][1], min(2 * limit, _LARGEST)

    def _picked(self, run: str, seqs: Sequence[int]) -> Sequence[tuple[int, bytes]]:
        try:
            return self._bodies.picked(run, seqs) if seqs else ()
        except NotFound:
            return ()  # the run went away meanwhile


def _near(connection: Connection, wanted: Wanted, places: Sequence[Place]) -> dict[int, list[int]] | None:
    """The hits of neighbouring runs by number, in one question; None if there are too many."""
    numbers = [place.number for place in places if place.number]
    if not numbers or not wanted.phrases:
        return {}
    limit = _FIRST + len(numbers)
    found = log_words.hits(connection, wanted, min(numbers), max(numbers), limit=limit)
    return None if len(found) == limit else _by_number(found)


def _by_number(found: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    seqs: dict[int, list[int]] = {}
    for number, seq in found:
        seqs.setdefault(number, []).append(seq)
    return seqs


def accepts(search: LogSearch, query: Query) -> Callable[[str], bool] | None:
    """Whether a run's log says what a query asks of log text; None if it asks nothing of it."""
    asked = [
        (is_wanted, [_Asked(search, phrase(value)) for value in values]) for is_wanted, values in query.log_terms()
    ]
    if not asked:
        return None
    return lambda run: all(any(each.is_in(run) for each in ways) is is_wanted for is_wanted, ways in asked)


class _Asked:
    """One thing that is asked of logs; where it can be is looked up once."""

    def __init__(self, search: LogSearch, wanted: Wanted) -> None:
        self._search, self._wanted = search, wanted
        self._look = search.look(wanted)

    def is_in(self, run: str) -> bool:
        if self._look is not None and self._look.runs is not None and run not in self._look.runs:
            return False
        ((_, hits),) = self._search.found([run], self._wanted, self._look)
        return next(hits, None) is not None
