"""The same steps on every engine and in plain dictionaries: after each few of them all must give the same answers.

What is drawn are whole histories: runs begun, recorded into, left, taken up and ended, states with branches,
questions and answers, notes of others, versions saved and deleted, stores closed and opened again.
"""

import contextlib
import os
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import hypothesis.strategies as st
import msgspec
import pytest
from drawn import EVENTS, FAULT, GROUP, KEY, META, NAME, SMALL, SORTS, STEP, TEXT, VALUE, WORKFLOW, YAML
from flightlog.backends.ingest import catch_up
from flightlog.core import annotations as a
from flightlog.core import clock, ids
from flightlog.core import events as e
from flightlog.core.errors import Conflict, NotFound, StorageError
from flightlog.core.log_words import wanted
from flightlog.core.metrics import Pattern
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING
from flightlog.core.store import Store
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from looking import look_at, look_at_lists, look_at_sums, look_at_versions
from places import PERSISTENT, Place
from told import FINISHED, Told, told
from told_sums import (
    newest_first,
    same,
)

KINDS = ("files", "mix", "sqlite", "postgres")
MANY = int(os.environ.get("FLIGHTLOG_HISTORIES", "0"))
"""So many histories, each another one, through every way of keeping a store, instead of the five of every day."""
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
    """Drives all engines; `told` works out of `self.events` and `self.notes` what they must answer."""

    runs = Bundle("runs")

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

    # --- runs

    @initialize(target=runs)
    def first(self) -> str:
        return self.begun(workflow="w")

    @rule(
        target=runs,
        workflow=WORKFLOW,
        facts=st.fixed_dictionaries(
            {"version": st.none() | st.integers(1, 3), "session": GROUP, "project": GROUP, "attempt": st.integers(1, 3)}
            | {"name": TEXT, "objective": TEXT, "tags": st.lists(TEXT, max_size=2), "meta": META, "plan_id": TEXT}
        ),
        parent=st.none() | runs,
    )
    def begin(self, workflow: str, facts: dict[str, Any], parent: str | None) -> str:
        return self.begun(workflow=workflow, parent=parent, **facts)

    def begun(self, **facts: Any) -> str:
        run = ids.new_ulid()

        def make() -> e.RunStarted:
            return e.RunStarted(run=run, **msgspec.json.decode(msgspec.json.encode(facts)))

        for engine in self.engines:
            engine.writers[run] = engine.store.recording.begin(make())
        self.note_event(run, make())
        self.events[run][0].writer = self.engines[0].store.runs.get(run).writer
        return run

    @rule(run=runs)
    def refused(self, run: str) -> None:
        self.everywhere(lambda engine: engine.store.recording.begin(e.RunStarted(run=run, workflow="w")), Conflict)
        self.everywhere(lambda engine: engine.store.recording.resume("01" * 13), NotFound)

    @rule(run=runs, how=st.sampled_from([*FINISHED, "paused", "left"]), error=FAULT, reason=TEXT)
    def end(self, run: str, how: Any, error: Any, reason: str) -> None:
        if how in FINISHED:
            self.record(run, lambda: e.RunFinished(status=how, error=error))
            return
        if how == "paused":
            self.record(run, lambda: e.RunPaused(reason=reason))
        if self.is_held(run):
            self.changed.add(run)
        for engine in self.engines:
            engine.writers[run].close()

    @rule(run=runs)
    def resume(self, run: str) -> None:
        refused = Conflict if self.is_held(run) or self.is_finished(run) else None

        def take_up(engine: Engine) -> list[bytes]:
            writer = engine.writers[run] = engine.store.recording.resume(run)
            assert writer.last_seq == len(self.events[run]) + 1
            return [e.encode(event) for event in writer.history(frozenset(e.TYPES))]

        histories = self.everywhere(take_up, refused)
        if not refused:
            self.note_event(run, e.RunResumed(writer=self.engines[0].store.runs.get(run).writer))
            assert all(history == histories[0] for history in histories)
            assert len(histories[0]) == len(self.events[run])

    @rule(ns=st.sampled_from([1000, 7_000_000, 3 * SECOND, 90_000 * SECOND]))
    def time_goes_on(self, ns: int) -> None:
        self.now += ns

    @rule(which=st.sets(st.integers(0, len(KINDS) - 1), min_size=1))
    def open_anew(self, which: set[int]) -> None:
        for number in which:
            engine = self.engines[number]
            engine.store.close()
            engine.stores.append(engine.place.open())

    # --- what a run records

    def a_held_run(self, which: int) -> str:
        held = [run for run in self.events if self.is_held(run)]
        return held[which % len(held)]

    def holds_one(self) -> bool:
        return any(self.is_held(run) for run in self.events)

    @precondition(holds_one)
    @rule(which=SMALL, events=st.lists(st.deferred(lambda: EVENTS), min_size=1, max_size=6))
    def record_some(self, which: int, events: list[e.Event]) -> None:
        run = self.a_held_run(which)
        for event in events:
            known = {step.id for step in self.told(run)["steps"]}
            if isinstance(event, e.CostRecorded) and event.step not in known:
                event.step = None  # a recorder calls nothing in a step that has not begun
            line = msgspec.json.encode(event)
            self.record(run, lambda line=line: msgspec.json.decode(line, type=e.AnyEvent))

    @precondition(holds_one)
    @rule(which=SMALL, call=SMALL, nanousd=SMALL)
    def price(self, which: int, call: int, nanousd: int) -> None:
        run = self.a_held_run(which)
        calls = [event.seq for event in self.events[run] if isinstance(event, e.CostRecorded)] or [99]
        self.record(run, lambda: e.CostPriced(cost=calls[call % len(calls)], nanousd=nanousd, prices="2026-11-01"))

    @precondition(holds_one)
    @rule(
        which=SMALL,
        state=st.dictionaries(KEY, VALUE, max_size=3),
        opaque=st.dictionaries(st.sampled_from(["pickle", "n"]), st.just(b"\x80\x04."), max_size=1),
        back=st.integers(0, 3),
        step=STEP,
    )
    def checkpoint(self, which: int, state: dict[str, bytes], opaque: dict[str, bytes], back: int, step: Any) -> None:
        run = self.a_held_run(which)
        before = [event.checkpoint for event in self.events[run] if isinstance(event, e.CheckpointSaved)]
        parent = ([None, "01nowhere", *before])[-back - 1 :][0]
        id = ids.new_ulid()
        plain = {key: value for key, value in state.items() if key not in opaque}

        def save(engine: Engine) -> e.CheckpointSaved:
            put = engine.writers[run].put_value
            saved = e.CheckpointSaved(
                checkpoint=id,
                parent=parent,
                step=step,
                values={key: put(value, key=key) for key, value in plain.items()},
                sizes={key: len(value) for key, value in plain.items()},
                opaque={key: e.Opaque(digest=put(v, opaque=True), size=len(v), note="p") for key, v in opaque.items()},
            )
            engine.writers[run].append(saved)
            return saved

        saved = self.everywhere(save)
        assert all(one.values == saved[0].values for one in saved)
        self.note_event(run, saved[0])
        self.states[id] = plain | opaque

    # --- what others add

    @rule(
        run=runs,
        note=st.one_of(
            st.builds(a.Pinned, run=st.just(""), pinned=st.booleans()),
            st.builds(a.Tagged, run=st.just(""), tag=TEXT, tagged=st.booleans()),
            st.builds(a.Noted, run=st.just(""), text=TEXT, by=TEXT),
            st.builds(a.Scored, run=st.just(""), name=NAME, value=st.sampled_from([0.0, -1.5, 1e300])),
        ),
    )
    def annotate(self, run: str, note: a.Annotation) -> None:
        note = msgspec.structs.replace(note, run=run)
        self.everywhere(lambda engine: engine.store.runs.annotate(note))
        self.notes[run].append(msgspec.structs.replace(note, t=clock.now()))
        self.changed.add(run)

    @rule(run=runs, which=SMALL, decision=st.sampled_from(["approved", "rejected"]), by=TEXT)
    def answer(self, run: str, which: int, decision: Any, by: str) -> None:
        asked = self.told(run)["approvals"]
        if not asked:
            self.everywhere(lambda engine: engine.store.runs.decide(run, "a1", decision), NotFound)
            return
        one = asked[which % len(asked)]
        refused = Conflict if one.status != "pending" or one.answered else None
        self.everywhere(lambda engine: engine.store.runs.decide(run, one.id, decision, by=by), refused)
        if not refused:
            self.notes[run].append(a.Answered(run=run, t=clock.now(), approval=one.id, decision=decision, by=by))
            self.changed.add(run)
        given = [note for note in self.notes[run] if isinstance(note, a.Answered) and note.approval == one.id]
        first = (given[0].decision, given[0].by, given[0].note) if given else None
        assert self.everywhere(lambda engine: engine.store.recording.answer(run, one.id)) == [first] * len(self.engines)

    # --- versions and patterns

    @rule(
        workflow=WORKFLOW, text=st.sampled_from(YAML), parents=st.none() | st.sets(SMALL, max_size=2), new=st.booleans()
    )
    def save_version(self, workflow: str, text: str, parents: set[int] | None, new: bool) -> None:
        known = self.versions[workflow]
        there = {number: version for number, version in known.items() if not version["deleted"]}
        same = [number for number, version in there.items() if version["definition"] == text] if new else []
        missing = not same and parents is not None and not parents <= there.keys()
        wanted = None if parents is None else sorted(parents)
        saved = self.everywhere(
            lambda engine: engine.store.workflows.store(workflow, text, parents=wanted, note="é", only_new=new),
            NotFound if missing else None,
        )
        if saved and not same:
            before = tuple(wanted) if wanted is not None else tuple(sorted(there)[-1:])
            number = max(known, default=0) + 1
            known[number] = {"definition": text, "parents": before, "deleted": False, "created": clock.now()}
            same = [number]
        assert [version.number for version in saved] == [max(same)] * len(saved) if saved else missing

    @rule(workflow=WORKFLOW, number=SMALL, force=st.booleans())
    def delete_version(self, workflow: str, number: int, force: bool) -> None:
        known = self.versions[workflow]
        there = [one for one, version in known.items() if not version["deleted"]]
        of_it = [
            run for run, (begun, *_) in self.events.items() if (begun.workflow, begun.version) == (workflow, number)
        ]
        needed = of_it or any(number in known[one]["parents"] for one in there)
        refused = NotFound if number not in there else Conflict if needed and not force else None
        self.everywhere(lambda engine: engine.store.workflows.delete(workflow, number, force=force, by="ana"), refused)
        if not refused:
            known[number].update(deleted=True, definition="")

    @rule(workflow=WORKFLOW, name=st.sampled_from(["slow", "é\0"]), count=st.integers(1, 3), run=runs, what=TEXT)
    def observe(self, workflow: str, name: str, count: int, run: str, what: str) -> None:
        seen = Pattern(workflow=workflow, name=name, description=what, count=count, evidence=(run,))
        self.everywhere(lambda engine: engine.store.metrics.record_pattern(seen))
        now, known = clock.now(), self.patterns[workflow].get(name)
        self.patterns[workflow][name] = Pattern(
            workflow=workflow,
            name=name,
            description=what or (known.description if known else ""),
            count=count + (known.count if known else 0),
            first_seen=known.first_seen if known else now,
            last_seen=now,
            evidence=tuple(dict.fromkeys((*(known.evidence if known else ()), run))),
        )

    # --- looking

    @precondition(lambda self: self.changed)
    @rule(sort=st.sampled_from(SORTS), size=st.integers(1, 4))
    def look_at_what_changed(self, sort: Sort, size: int) -> None:
        self.look(set(self.changed), sort, size)

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


def drive(places: Callable[[], list[Place]], examples: int, steps: int, **options: Any) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    options |= {"max_examples": examples, "stateful_step_count": steps, "suppress_health_check": quiet}
    lived: deque[Engines] = deque(maxlen=50)

    def begun() -> Engines:
        lived.append(Engines(places))
        return lived[-1]

    run_state_machine_as_test(begun, settings=settings(**options, deadline=None))
    # Were most rules left out again, all would agree on nothing.
    assert max(len(events) for one in lived for events in one.events.values()) > 10
    assert any(version["deleted"] for one in lived for known in one.versions.values() for version in known.values())


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_postgres_url: Any) -> Callable[[], list[Place]]:
    """Makes an empty place of each kind, as often as it is called."""
    monkeypatch.setattr(catch_up, "_LIVENESS_S", 0.0)  # a lost run is told at once, not within a second
    made, kinds = iter(range(10**6)), PERSISTENT if MANY else KINDS

    def make() -> list[Place]:
        number = next(made)
        return [Place(kind, tmp_path / f"{number}-{kind}", new_postgres_url) for kind in kinds]

    return make


@pytest.mark.timeout(600)  # a failure is made as short as it can be
def test_all_engines_answer_as_dictionaries_do(places):
    drive(places, examples=5, steps=50)


@pytest.mark.heavy
@pytest.mark.timeout(0)
def test_all_engines_answer_as_dictionaries_do_through_long_histories(places):
    phases = [Phase.generate] if MANY else list(Phase)
    drive(places, examples=MANY or 12, steps=60, derandomize=not MANY, phases=phases)
