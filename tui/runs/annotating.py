"""Pins, tags and notes for one run or for all that are marked. To be called in a thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ...core.annotations import Annotation
from ...core.errors import FlightlogError, Stopped
from ...core.pages import Sort
from ...core.progress import counted
from ...core.query.query import Query
from ...core.runs import Run

if TYPE_CHECKING:
    from ...core.store import Store


AT_ONCE = 1000
"""So many runs are asked for with one question, before which the store is brought up to date."""


class Targets(NamedTuple):
    """The runs that something is done to: some ids, or what a query shows without some ids."""

    ids: frozenset[str]
    query: Query | None = None
    """Where given: all its runs, without `ids`."""

    def count(self, store: Store) -> int:
        """How many there are, as far as a count tells."""
        return len(self.ids) if self.query is None else max(store.runs.count(self.query) - len(self.ids), 0)

    def each(self, store: Store) -> Iterator[str]:
        """The ids, a page at a time."""
        return iter(sorted(self.ids)) if self.query is None else (run.id for run in self._found(store, self.query))

    def runs(self, store: Store) -> Iterator[Run]:
        """The runs themselves, a page at a time; those that are gone are left out."""
        if self.query is not None:
            yield from self._found(store, self.query)
            return
        ids = sorted(self.ids)
        for begin in range(0, len(ids), AT_ONCE):
            yield from store.runs.some(ids[begin : begin + AT_ONCE])

    def _found(self, store: Store, query: Query) -> Iterator[Run]:
        after: str | None = None
        while True:
            page = store.runs.query(query, Sort(), limit=AT_ONCE, after=after)
            yield from (run for run in page.items if run.id not in self.ids)
            after = page.next
            if after is None:
                return


class Outcome(NamedTuple):
    """What came of it."""

    done: int
    gone: int
    """Runs that were not there any more."""
    error: FlightlogError | None = None
    """What stopped it half-way."""
    runs: tuple[str, ...] = ()
    """Those that it was done to."""
    stopped: bool = False
    """Whether somebody stopped it half-way."""


def annotate(store: Store, targets: Targets, made: Callable[[str], Annotation]) -> Outcome:
    """Adds an annotation to each run; runs that are gone are counted, any other error ends it, and so may a person."""
    gone, done = 0, list[str]()
    try:
        for run, adding in counted(_begun(store, targets, made), targets.count(store)):
            if next(adding):
                done.append(run)
            else:
                gone += 1
    except Stopped:
        return Outcome(len(done), gone, runs=tuple(done), stopped=True)
    except FlightlogError as error:
        return Outcome(len(done), gone, error, tuple(done))
    return Outcome(len(done), gone, runs=tuple(done))


def _begun(store: Store, targets: Targets, made: Callable[[str], Annotation]) -> Iterator[tuple[str, Iterator[bool]]]:
    """Each run, with what adds to it and then to those after it; many are looked for with one question."""
    coming = targets.each(store)
    while some := list(islice(coming, AT_ONCE)):
        adding = store.runs.annotate_each([made(run) for run in some])
        yield from ((run, adding) for run in some)
