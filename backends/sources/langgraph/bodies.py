"""The events of a source's runs, made anew from the original whenever somebody looks."""

import sys
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from sqlalchemy import select

from ....core import events
from ....core.errors import NotFound
from ....core.events import Json
from ....core.progress import go_on
from ...sql.bodies import Excerpt, Place, between, picked_by_run
from . import values
from .facts import Fact
from .index import LangGraphIndex
from .render import Renderer
from .tables import fact_of, facts, threads

T = TypeVar("T")

_PART = 500  # events in one query

_TYPES = {
    "run": "run.started",
    "declared": "graph.declared",
    "start": "step.started",
    "end": "step.finished",
    "checkpoint": "checkpoint",
    "message": "message",
    "cost": "cost",
    "priced": "cost.priced",
    "ask": "approval.requested",
    "answer": "approval.decided",
    "error": "log",
    "paused": "run.paused",
    "resumed": "run.resumed",
    "finished": "run.finished",
}


class LangGraphBodies:
    """See `sql.bodies.Bodies`. Thread-safe. A line is a function of its address and of what lies there."""

    def __init__(self, index: LangGraphIndex) -> None:
        self._index = index

    def line(self, run: str, seq: int) -> bytes:
        """One event's line; NotFound, Corrupt."""
        found = self._facts(run, Excerpt(after=seq - 1, before=seq + 1, limit=1))
        if not found:
            raise NotFound(f"run {run} has no event {seq}", where=self._index.original.path)
        return self._lines(run, found)[0][1]

    def lines(self, run: str, excerpt: Excerpt = Excerpt()) -> list[tuple[int, bytes]]:
        """See the interface; makes the events of the addresses that fit."""
        found = self._facts(run, excerpt)
        return self._lines(run, sorted(found, key=lambda one: one[0]))

    def picked(self, places: Sequence[Place]) -> dict[Place, bytes]:
        """Single events, a run after the other."""
        return picked_by_run(places, self._picked)

    def _picked(self, run: str, seqs: list[int]) -> list[tuple[int, bytes]]:
        """`(seq, line)` of single events."""
        found: list[tuple[int, Fact]] = []
        with self._index.database.read() as connection:
            for begin in range(0, len(seqs), _PART):
                part = facts.c.seq.in_(seqs[begin : begin + _PART])
                rows = connection.execute(select(facts).where(facts.c.run == run, part).order_by(facts.c.seq))
                found += [(row.seq, fact_of(row)) for row in rows]
        return self._lines(run, found)

    def values(self, run: str, digests: Collection[str]) -> dict[str, bytes]:
        """Whole values by digest, looked for in the newest states first; NotFound."""
        found: dict[str, bytes] = {}
        for _seq, fact in self._facts(run, Excerpt(newest=True, limit=sys.maxsize, types=frozenset({"checkpoint"}))):
            if found.keys() >= set(digests):
                break
            go_on()
            for value in self.state(run, fact).values():
                encoded = values.encode(value)
                if (digest := values.digest(encoded)) in digests:
                    found[digest] = encoded
        if missing := set(digests) - found.keys():
            raise NotFound(f"a value is no longer in the database: {min(missing)}", where=self._index.original.path)
        return found

    def state(self, run: str, fact: Fact) -> dict[str, Json]:
        """The state at a checkpoint's address. NotFound, Corrupt."""
        return self.render(run, lambda renderer: renderer.values(fact.ns, fact.checkpoint))

    def checkpoint(self, run: str, seq: int) -> Fact:
        """The address of a checkpoint's event; NotFound."""
        for _seq, fact in self._facts(run, Excerpt(after=seq - 1, before=seq + 1, limit=1)):
            return fact
        raise NotFound(f"run {run} has no event {seq}")

    def thread(self, run: str) -> str:
        """The id of a run's thread in the original; NotFound."""
        with self._index.database.read() as connection:
            thread = connection.execute(select(threads.c.thread).where(threads.c.run == run)).scalar_one_or_none()
        if thread is None:
            raise NotFound(f"there is no run {run[:60]!r}")
        return str(thread)

    def render(self, run: str, work: Callable[[Renderer], T]) -> T:
        """What `work` makes of a run's original."""
        thread = self.thread(run)
        return self._index.original.read(lambda source: work(self._index.renderer(source, run, thread)))

    def _lines(self, run: str, found: list[tuple[int, Fact]]) -> list[tuple[int, bytes]]:
        if not found:
            return []
        return self.render(
            run, lambda renderer: [(seq, events.encode(renderer.event(fact, seq))) for seq, fact in found]
        )

    def _facts(self, run: str, excerpt: Excerpt) -> list[tuple[int, Fact]]:
        wanted = between(select(facts).where(facts.c.run == run), facts.c.seq, excerpt)
        if excerpt.types is not None:
            wanted = wanted.where(facts.c.kind.in_([kind for kind, name in _TYPES.items() if name in excerpt.types]))
        with self._index.database.read() as connection:
            return [(row.seq, fact_of(row)) for row in connection.execute(wanted)]
