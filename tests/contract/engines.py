"""All engines, told the same: each answer must be what plain dictionaries say, and each error the same error."""

import contextlib
from collections import defaultdict
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

import hypothesis.strategies as st
from flightlog.core import clock, ids
from flightlog.core import events as e
from flightlog.core.errors import Conflict, StorageError
from flightlog.core.log_words import wanted
from flightlog.core.metrics import Pattern
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING
from flightlog.core.store import Store
from hypothesis.stateful import RuleBasedStateMachine
from looking import look_at, look_at_lists, look_at_sums, look_at_versions
from places import Place
from told import Told, told
from told_sums import (
    newest_first,
    same,
)

KINDS = ("files", "mix", "sqlite", "postgres")
SECOND = 10**9
BEGINNING = 1_790_000_000 * SECOND


class Engine(NamedTuple):
    """One way of keeping the store, and what is held open of it."""

    place: Place
    stores: list[Store]
    writers: dict[str, Any]
    cursor: list[int]

    @property
    def store(self) -> Store:
        return self.stores[-1]


class EveryRule:
    """Of itself, hypothesis leaves out most rules of a history: a few histories would hold next to nothing."""

    def is_enabled(self, name: str) -> bool:
        return True


class Engines(RuleBasedStateMachine):
    """Tells all engines; `told` works out of `self.events` and `self.notes` what they must answer."""

    def __init__(self, places: Callable[[], list[Place]]) -> None:
        super().__init__()
        self._rules_strategy.enabled_rules_strategy = st.just(EveryRule())
        self.now, self.events, self.notes = BEGINNING, defaultdict(list), defaultdict(list)
        self.states: dict[str, dict[str, bytes]] = {}
        self.versions: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
        self.patterns: dict[str, dict[str, Pattern]] = defaultdict(dict)
        self.changed: set[str] = set()
        self.differed = False
        self.all = contextlib.ExitStack()
        self.all.enter_context(clock.pretending(lambda: self.now))
        self.all.enter_context(ids.drawn_from(Random(1).randbytes))
        self.engines = [Engine(place, [place.open()], {}, []) for place in places()]
        for engine in self.engines:
            self.all.callback(engine.place.close)

    def teardown(self) -> None:
        try:
            if not self.differed:
                self.look(set(self.events))
        finally:
            for engine in self.engines:
                for writer in engine.writers.values():
                    writer.close()
            self.all.close()

    # --- how all are told the same

    def everywhere(self, act: Callable[[Engine], Any], refused: type[Exception] | None = None) -> list[Any]:
        """What each engine answers: a value of each, or this very error from all."""
        found = []
        for engine in self.engines:
            error: StorageError | None = None
            try:
                found.append(act(engine))
            except StorageError as raised:
                error = raised
            assert refused is (type(error) if error else None), (engine.place.kind, error)
        return found

    def record(self, run: str, make: Callable[[], e.Event]) -> None:
        """Appends an event everywhere, if somebody writes the run; else it is refused."""
        held = self.is_held(run)
        self.everywhere(lambda engine: engine.writers[run].append(make()), None if held else Conflict)
        if held:
            self.note_event(run, make())

    def note_event(self, run: str, event: Any) -> None:
        event.seq, event.t = len(self.events[run]) + 1, clock.now()
        self.events[run].append(event)
        self.changed.add(run)

    def is_held(self, run: str) -> bool:
        return not self.engines[0].writers[run]._refusal

    def is_finished(self, run: str) -> bool:
        return isinstance(self.events[run][-1], e.RunFinished)

    def told(self, run: str) -> Told:
        events = self.events[run]
        return told(events, self.notes[run], held=self.is_held(run))

    # --- how they are compared

    def look(self, runs: set[str], sort: Sort = Sort(), size: int = 100) -> None:
        """Compares what every engine says of these runs, and of all of them together."""
        self.differed = True  # until it is known that they do not
        all_told = {run: self.told(run) for run in self.events}
        expected = [all_told[run]["run"] for run in self.events]
        for engine in self.engines:
            self.hear(engine)
            for run in sorted(runs):
                look_at(engine, run, all_told[run], self.states)
            look_at_lists(engine, expected, sort, size)
            said = [entry for run in newest_first(expected) for entry in all_told[run.id]["logs"]]
            found = engine.store.logs.search("the inbox", EVERYTHING)
            same(
                engine.place.kind, list(found), [entry for entry in said if wanted("the inbox").accepts(entry.message)]
            )
            look_at_sums(engine, all_told)
            look_at_versions(engine, self.versions, self.patterns)
        first = self.engines[0].store.runs
        for run in runs:
            lines = first.events(run)
            assert all(engine.store.runs.events(run) == lines for engine in self.engines)
            assert all(engine.store.runs.damage(run).items == first.damage(run).items for engine in self.engines)
            decoded = [e.decode(line) for _, line in lines]
            decoded[0].format = 0
            assert decoded == self.events[run]
        self.changed.clear()
        self.differed = False

    def hear(self, engine: Engine) -> None:
        """The feed names all that changed since it was asked last."""
        feed = engine.store.feed
        if not engine.cursor:
            engine.cursor.append(0)
        heard: set[str] = set()
        more = True
        engine.store.runs.totals()
        while more:
            news = feed.changes(engine.cursor[0], limit=3)
            engine.cursor[0], more = news.cursor, news.more
            heard |= set(news.changed)
        assert heard >= self.changed, engine.place.kind
