"""Searching logs: which entries may hold the words the index says, whether they do is read in the original."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from ...core.errors import Locked, ReadOnly
from ...core.log_words import Wanted
from ...core.logs import LogEntry
from ...core.query.query import Query
from ...core.unsearched import pass_over
from ..journal.log_entries import entry_of
from . import log_words
from .bodies import Bodies, Place
from .database import Database
from .log_stretches import stretch
from .log_text import entries
from .run_queries import Accepts
from .storable import json_text
from .words_kept import are_kept, can_keep
from .words_read import WordsRead

_RARE = 256
"""So many of the newest entries that hold the words are asked for first: all that there are, if these are fewer."""

_FOLLOW_S = 2.0
_FIRST, _LARGEST = 128, 2000  # entries read at once
_FIRST_RUNS, _MOST_RUNS = 10, 1000
_NEAR = 1000

Stop = Callable[[], bool]


class Look(NamedTuple):
    """The newest hits of a store."""

    whole: bool
    """Whether these are all."""
    above: int
    """Of runs with higher numbers `hits` has every hit."""
    hits: dict[int, list[int]]
    """Seqs by the number of the run."""


class Begun(NamedTuple):
    """A search of which the first lines were read."""

    portions: Iterator[list[Place | None]]
    """Where more hits are."""
    portion: list[Place | None]
    lines: dict[Place, bytes]


class _Near:
    """The hits of some runs by number, asked for in one question when they are first wanted."""

    def __init__(self, database: Database, wanted: Wanted, numbers: Sequence[int]) -> None:
        self._database, self._wanted, self._numbers = database, wanted, numbers

    @property
    def is_asked(self) -> bool:
        """Whether they are at hand."""
        return "hits" in vars(self)

    @cached_property
    def hits(self) -> dict[int, list[int]] | None:
        """None if there are too many."""
        if not self._numbers:
            return {}
        with self._database.read() as connection:
            found = log_words.hits(connection, self._wanted, min(self._numbers), max(self._numbers), limit=_NEAR)
        return None if len(found) == _NEAR else _by_number(found)


class LogSearch:
    """Finds log entries of one store by their words. Thread-safe.

    What the index does not have yet is read as it is, so that an index that is behind costs time and no hits; and
    time only once, for what was read is in the index from then on.
    """

    def __init__(self, database: Database, bodies: Bodies) -> None:
        self._database, self._bodies = database, bodies
        self._words_read = WordsRead(database)

    def catch_up(self, stop: Stop = lambda: False) -> bool:
        """Takes new entries into the index, for two seconds at most; whether it has then all that there were.

        A moment in which that is asked goes on from then: the words that were taken in are no part of what it saw.
        """
        until = time.monotonic() + _FOLLOW_S
        with self._database.read() as connection:
            kept = are_kept(connection)
            able = kept or can_keep(connection)
            more = not kept or log_words.needs_following(connection)
        if not able or (self._database.read_only and not kept):
            return False
        while more:
            if self._database.read_only:
                with self._database.read() as connection:
                    return not log_words.is_behind(connection)
            if stop() or time.monotonic() > until:
                return False
            try:
                with self._database.write() as connection:
                    log_words.make(connection)
                    more = log_words.follow(connection, self._bodies, stop)
            except (Locked, ReadOnly):
                return False  # somebody else writes: what is behind is read as it is
            self._database.renew()
        return True

    def look(self, wanted: Wanted) -> Look:
        """The newest hits of all, in one question."""
        with self._database.read() as connection:
            found = log_words.hits(connection, wanted, 0, log_words.LAST, limit=_RARE, newest=True)
        whole = len(found) < _RARE
        return Look(whole, 0 if whole else found[-1][0], _by_number(reversed(found)))

    # --- with an index that has everything: from the hits to the runs

    def begun(self, wanted: Wanted, query: Query, accepts: Accepts | None, stop: Stop) -> Begun:
        """The first places of entries that hold the words, of the matching runs, newest run first."""
        portions = self._portions(wanted, query, accepts, stop)
        portion = next(portions, [])
        return Begun(portions, portion, self._lines(portion))

    def hits(self, begun: Begun, wanted: Wanted, stop: Stop, searched: Callable[[], None]) -> Iterator[LogEntry]:
        """The entries of a search that has begun; some are read at a time."""
        portions, portion, lines = begun
        while portion:
            yield from self._entries(portion, lines, wanted, stop, searched)
            if stop():
                return
            lines = self._lines(portion := next(portions, []))

    def _portions(
        self, wanted: Wanted, query: Query, accepts: Accepts | None, stop: Stop
    ) -> Iterator[list[Place | None]]:
        """Where the words are, so many places at a time; None where a run ends."""
        look, size = self.look(wanted), _FIRST
        for runs in self._with_hits(wanted, query, look):
            kept = [place for place in runs if accepts is None or accepts(place[0])]
            near = _Near(self._database, wanted, [number for _, number in kept if 0 < number <= look.above])
            places: list[Place | None] = []
            for run, number in kept:
                if places and number <= look.above and not near.is_asked:
                    yield places  # before more is asked of the index
                    places = []
                for seqs in self._seqs(wanted, number, look, near):
                    places += [(run, seq) for seq in seqs]
                    if len(places) >= size:
                        yield places
                        places, size = [], min(2 * size, _LARGEST)
                places.append(None)
            if places:
                yield places
            if stop():
                return

    def _with_hits(self, wanted: Wanted, query: Query, look: Look) -> Iterator[list[tuple[str, int]]]:
        """Runs that match, newest first, with their numbers: after the first few only such as have hits."""
        if look.whole:
            if look.hits:
                numbers = sorted(look.hits)
                with self._database.read() as connection:
                    found = stretch(connection, query, None, len(numbers), "numbered", numbers=json_text(numbers))
                yield found.runs
            return
        # Where runs come one after the other, the newest ones hold the newest hits.
        size, after = max(_FIRST_RUNS, len(look.hits)), None
        while True:
            with self._database.read() as connection:
                if after is None:
                    found = stretch(connection, query, None, size)
                else:
                    found = stretch(connection, query, after, size, "holding", wanted=wanted)
            yield found.runs
            after, size = found.after, min(4 * size, _MOST_RUNS)
            if after is None:
                return

    def _seqs(self, wanted: Wanted, number: int, look: Look, near: "_Near") -> Iterator[list[int]]:
        known = look.hits if number > look.above else near.hits
        if known is None:
            yield from self._indexed(number, wanted)
        else:
            seqs = known.get(number, [])
            for begin in range(0, len(seqs), _FIRST):
                yield seqs[begin : begin + _FIRST]

    def _lines(self, portion: Sequence[Place | None]) -> dict[Place, bytes]:
        places = [place for place in portion if place is not None]
        try:
            return self._bodies.picked(places) if places else {}
        except ReadOnly:
            return self._readable(places)

    def _readable(self, places: Sequence[Place]) -> dict[Place, bytes]:
        """The same of the runs that may be read."""
        found: dict[Place, bytes] = {}
        for run, of_run in groupby(places, key=itemgetter(0)):
            try:
                found |= self._bodies.picked(list(of_run))
            except ReadOnly as error:
                pass_over(run, error)
        return found

    def _entries(
        self,
        portion: Sequence[Place | None],
        lines: Mapping[Place, bytes],
        wanted: Wanted,
        stop: Stop = lambda: False,
        searched: Callable[[], None] = lambda: None,
    ) -> Iterator[LogEntry]:
        accepts_all = wanted.is_exact
        for place in portion:
            if stop():
                return
            if place is None:
                searched()
            elif line := lines.get(place):
                entry = entry_of(place[0], line)
                if entry is not None and (accepts_all or wanted.accepts(entry.message)):
                    yield entry

    # --- run by run, also where the index is behind

    def found(
        self, runs: Sequence[str], wanted: Wanted, stop: Stop = lambda: False
    ) -> Iterator[tuple[str, Iterator[LogEntry]]]:
        """Each of the runs, in this order, with its hits, in theirs."""
        with self._database.read() as connection:
            places = {place.run: place for place in log_words.places(connection, runs)}
        for run in runs:
            place = places.get(run)
            yield run, iter(()) if place is None else self._hits(place, wanted, stop)

    def _hits(self, place: log_words.Place, wanted: Wanted, stop: Stop) -> Iterator[LogEntry]:
        seq = 0
        if wanted.phrases and place.number:
            for seqs in self._indexed(place.number, wanted):
                if stop():
                    return
                portion = [(place.run, at) for at in seqs]
                yield from self._entries(portion, self._lines(portion), wanted, stop)
            seq = place.seq
        if seq < place.newest:
            read = entries(self._bodies, place.run, after=seq, stop=stop)
            for entry in self._words_read.keeping(place, read, stop) if wanted.phrases else read:
                if wanted.accepts(entry.message):
                    yield entry
                    if stop():
                        return

    def _indexed(self, number: int, wanted: Wanted) -> Iterator[list[int]]:
        after, limit = 0, _FIRST
        while True:
            with self._database.read() as connection:
                found = log_words.hits(connection, wanted, number, number, after=after, limit=limit)
            yield [seq for _, seq in found]
            if len(found) < limit:
                return
            after, limit = found[-1][1], min(2 * limit, _LARGEST)


def _by_number(found: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    return {number: [seq for _, seq in of_run] for number, of_run in groupby(found, key=itemgetter(0))}
