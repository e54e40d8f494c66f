"""The same steps on every engine and in plain dictionaries: after each few of them all must give the same answers.

What is drawn are whole histories: runs begun, recorded into, left, taken up and ended, states with branches,
questions and answers, notes of others, versions saved and deleted, stores closed and opened again.
"""

import contextlib
import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import hypothesis.strategies as st
import msgspec
import pytest
from flightlog.backends.ingest import catch_up
from flightlog.core import annotations as a
from flightlog.core import clock, ids
from flightlog.core import events as e
from flightlog.core.costs import CostGroup, Money, Tokens
from flightlog.core.errors import Conflict, NotFound, StorageError
from flightlog.core.log_words import wanted
from flightlog.core.metrics import Pattern
from flightlog.core.pages import Sort
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.runs import Group, Run
from flightlog.core.store import Store
from flightlog.core.workflows import Outcome, Workflow, digest_of
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from places import PERSISTENT, Place
from told import FINISHED, Told, seconds, sort_value, told

KINDS = ("files", "mix", "sqlite", "postgres")
MANY = int(os.environ.get("FLIGHTLOG_HISTORIES", "0"))
"""So many histories, each another one, through every way of keeping a store, instead of the five of every day."""
SECOND = 10**9
BEGINNING = 1_790_000_000 * SECOND

TEXT = st.sampled_from(["", "plan", "Plan", "sort the\ninbox", "ß é", "a_%b*", "nul\0 \x01", "東京 🦊", "\x1b[31m'\""])
NAME = st.sampled_from(["fetch", "Fetch", "plan", "é\0"])
WORKFLOW = st.sampled_from(["w", "v", "w.1"])
GROUP = st.none() | st.sampled_from(["ana", "ben"])
STEP = st.none() | st.sampled_from(["s1", "s2", "s3", "ß"])
STEP_ID = st.sampled_from(["s1", "s2", "s3", "ß"])
SMALL = st.integers(0, 4)
JSON = st.sampled_from([None, 0, -1, 2**62, 1.5, "", "nul\0", [1, [None]], {"k": {"ä": True}}, "x" * 3000])
META = st.dictionaries(st.sampled_from(["k", "ä", "nul\0"]), JSON, max_size=2)
FAULT = st.none() | st.builds(e.Fault, type=st.sampled_from(["", "Gone"]), message=TEXT)
KEY = st.sampled_from(["messages", "plan", "ä", "n"])
VALUE = st.sampled_from(
    [b"1", b"null", b'"x"', b'["a"]', b'["a","b"]', b'["a","b","c"]', b'{"k":[1]}', b'"%b"' % (b"y" * 5000)]
)
MODEL = st.sampled_from(["", "small", "big"])
YAML = ("a: 1\n", "a: 2\n", "steps: [x, y]  # ä\n")
SORTS = [
    Sort(field=field, descending=down)
    for field in ("started", "finished", "last_event", "took", "tokens", "cost", "name", "status", "events", "errors")
    for down in (True, False)
]


class Engine(NamedTuple):
    """One way of keeping the store, and what is held open of it."""

    place: Place
    stores: list[Store]
    writers: dict[str, Any]
    cursor: list[int]

    @property
    def store(self) -> Store:
        return self.stores[-1]


class Engines(RuleBasedStateMachine):
    """Drives all engines; `told` works out of `self.events` and `self.notes` what they must answer."""

    runs = Bundle("runs")

    def __init__(self, places: Callable[[], list[Place]]) -> None:
        super().__init__()
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
                self.look_at(engine, run, all_told[run])
            self.look_at_lists(engine, expected, sort, size)
            said = [entry for run in newest_first(expected) for entry in all_told[run.id]["logs"]]
            found = engine.store.logs.search("the inbox", EVERYTHING)
            same(
                engine.place.kind, list(found), [entry for entry in said if wanted("the inbox").accepts(entry.message)]
            )
            self.look_at_sums(engine, all_told)
            self.look_at_versions(engine)
        first = self.engines[0].store.runs
        for run in runs:
            lines = first.events(run)
            assert [
                msgspec.structs.replace(e.decode(line), format=1) if n == 1 else e.decode(line) for n, line in lines
            ]
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

    def look_at(self, engine: Engine, run: str, known: Told) -> None:
        kind = engine.place.kind
        runs, logs, checkpoints = engine.store.runs, engine.store.logs, engine.store.checkpoints
        same(kind, bare(runs.get(run)), known["run"])
        same(kind, runs.steps(run), known["steps"])
        same(kind, paged(lambda after: runs.items(run, limit=2, after=after)), known["items"])
        same(kind, paged(lambda after: runs.messages(run, limit=2, after=after)), known["messages"])
        same(kind, runs.approvals(run), known["approvals"])
        same(kind, runs.artifacts(run), known["artifacts"])
        same(kind, runs.snapshots(run), known["snapshots"])
        same(kind, runs.metrics(run).items, known["metrics"])
        same(kind, runs.notes(run).items, known["notes"])
        same(kind, runs.cost_records(run), known["costs"])
        same(kind, logs.query(run, limit=1000), known["logs"])
        planned = [entry for entry in known["logs"] if wanted("pla*").accepts(entry.message)]
        same(kind, list(logs.scan(run, "pla*")), planned)
        assert {level: count for level, count in logs.counts(run).items() if count} == known["levels"]
        assert [msgspec.structs.asdict(one) for one in checkpoints.list(run)] == known["checkpoints"]
        for one in known["checkpoints"]:
            id, state = one["id"], self.states[one["id"]]
            stored = checkpoints.stored(id)
            assert stored.values | stored.opaque == state
            assert {key.key: key.digest for key in checkpoints.keys(id)} == known["states"][id]
            line = lineage_of(known["checkpoints"], id)
            for key in state:
                digests = [known["states"][up].get(key) for up in line]
                since = next((n for n, digest in enumerate([*digests[1:], None]) if digest != digests[0]), 0)
                assert checkpoints.blame(id, key).since == line[since]

    def look_at_lists(self, engine: Engine, expected: list[Run], sort: Sort, size: int) -> None:
        kind = engine.place.kind
        runs = engine.store.runs
        known = [run for run in expected if sort_value(run, sort) is not None]
        order = sorted(known, key=lambda run: (sort_value(run, sort), run.id), reverse=sort.descending)
        order += sorted((run for run in expected if run not in known), key=lambda run: run.id, reverse=sort.descending)
        assert [
            bare(run) for run in paged(lambda after: runs.query(EVERYTHING, sort, limit=size, after=after))
        ] == order
        back, page = [], runs.query(EVERYTHING, sort, limit=size, last=True)
        while True:
            back = page.items + back
            if page.previous is None:
                break
            page = runs.query(EVERYTHING, sort, limit=size, before=page.previous)
        same(kind, [bare(run) for run in back], order)
        assert runs.cursor_after(EVERYTHING, sort, len(order)) is None
        pending = [
            (one.requested, run.id, one.seq)
            for run in order
            for one in runs.approvals(run.id)
            if one.status == "pending"
        ]
        assert [(one.requested, one.run, one.seq) for one in runs.pending().items] == sorted(pending)
        for run in order[:2]:
            children = [one for one in expected if one.parent == run.id]
            assert [one.id for one in runs.children(run.id)] == [
                one.id for one in sorted(children, key=lambda one: (one.started, one.id))
            ]

    def look_at_sums(self, engine: Engine, all_told: dict[str, Told]) -> None:
        kind = engine.place.kind
        runs, found = engine.store.runs, [one["run"] for one in all_told.values()]
        calls = [(one, call) for one in all_told.values() for call in one["costs"]]
        totals = runs.totals()
        today = [call.nanousd for _, call in calls if call.t[:10] == clock.now()[:10]]
        statuses = [run.status for run in found]
        assert totals.runs == len(found)
        assert {s: n for s, n in totals.by_status.items() if n} == {s: statuses.count(s) for s in set(statuses)}
        assert totals.today.known_nanousd == sum(money or 0 for money in today)
        assert totals.damaged == sum(run.damaged for run in found)
        assert totals.size_bytes == sum(run.size_bytes for run in runs.query(EVERYTHING, limit=1000).items)
        for status in set(statuses):
            same(kind, runs.count(parse(f"status:{status}")), statuses.count(status))
        for by, key in COST_KEYS.items():
            same(kind, grouped(runs.costs(by, EVERYTHING)), cost_groups(calls, key))
            of_w = [(one, call) for one, call in calls if one["run"].workflow == "w"]
            same(kind, grouped(runs.costs(by, parse("workflow:w"))), cost_groups(of_w, key))
        for name, ask in (("session", runs.sessions), ("project", runs.projects)):
            expected = groups(found, name)
            same(kind, ask().items, expected)
            same(kind, ask(parse("-id:nothing")).items, expected)
        same(kind, runs.workflows(), workflows(found))
        same(kind, runs.workflows(parse("-id:nothing")), workflows(found))
        self.look_at_outcomes(engine, list(all_told.values()))
        for key, values in (
            ("tag", {tag for run in found for tag in run.tags}),
            ("model", {call.model for _, call in calls}),
            ("session", {run.session for run in found}),
            ("status", set(statuses)),
        ):
            same(kind, runs.values(key), sorted(value for value in values if value))

    def look_at_outcomes(self, engine: Engine, all_told: list[Told]) -> None:
        kind = engine.place.kind
        metrics, within = engine.store.metrics, parse("-id:nothing")
        for workflow in {one["run"].workflow for one in all_told}:
            of_it = [one for one in all_told if one["run"].workflow == workflow]
            finished = [one for one in of_it if one["run"].status in FINISHED]
            versions = sorted({one["run"].version for one in of_it}, key=lambda version: version or 0)
            by_version = [
                outcome(workflow, version, [one for one in of_it if one["run"].version == version])
                for version in versions
            ]
            days = sorted({one["run"].finished[:10] for one in finished})
            by_day = [
                outcome(workflow, None, [one for one in finished if one["run"].finished[:10] == day], day)
                for day in days
            ]
            for query in (EVERYTHING, within):
                same(kind, metrics.summary(workflow, None, query), outcome(workflow, None, of_it))
                same(kind, metrics.outcomes(workflow, query), by_version)
                same(kind, metrics.trends(workflow, None, query), by_day)

    def look_at_versions(self, engine: Engine) -> None:
        workflows = engine.store.workflows
        for workflow, patterns in self.patterns.items():
            often = sorted(patterns.values(), key=lambda pattern: (-pattern.count, pattern.name))
            same(engine.place.kind, engine.store.metrics.patterns(workflow), often)
        for workflow, known in self.versions.items():
            listed = workflows.list(workflow, deleted=True)
            assert [(v.number, v.parents, v.created, bool(v.deleted)) for v in listed] == [
                (number, known[number]["parents"], known[number]["created"], known[number]["deleted"])
                for number in sorted(known)
            ]
            for number, version in known.items():
                if not version["deleted"]:
                    found = workflows.get(workflow, number)
                    assert (found.definition, found.note, found.damaged) == (version["definition"], "é", "")
            for text in YAML:
                having = [number for number, version in known.items() if version["definition"] == text]
                found = workflows.find(workflow, digest_of(text))
                assert (found.number if found else None) == max(having, default=None)


def same(kind: str, found: Any, known: Any) -> None:
    """Fails with what differs alone: a whole run is too long to be read."""
    assert not (differences := list(differing("", found, known))), (kind, differences)


def differing(at: str, found: Any, known: Any) -> Iterator[str]:
    """What differs, each with its place, found first."""
    if isinstance(known, msgspec.Struct) and type(found) is type(known):
        for name in known.__struct_fields__:
            yield from differing(f"{at}.{name}", getattr(found, name), getattr(known, name))
    elif isinstance(known, list) and isinstance(found, list) and len(found) == len(known):
        for number, pair in enumerate(zip(found, known, strict=True)):
            yield from differing(f"{at}[{number}]", *pair)
    elif found != known:
        yield f"{at}: {found!r} != {known!r}"


def bare(run: Run) -> Run:
    """Without what is the engine's own: its bytes, and how it is known that a writer is gone."""
    evidence = "?" if run.status == "lost" and "left it unfinished" in run.evidence else run.evidence
    return msgspec.structs.replace(run, size_bytes=None, evidence=evidence)


def newest_first(runs: list[Run]) -> list[Run]:
    return sorted(runs, key=lambda run: (run.started, run.id), reverse=True)


def paged(ask: Callable[[str | None], Any]) -> list[Any]:
    """All items, page by page."""
    items, cursor = [], None
    while True:
        page = ask(cursor)
        items += page.items
        if (cursor := page.next) is None:
            return items


def lineage_of(checkpoints: list[dict[str, Any]], id: str) -> list[str]:
    """A checkpoint and what it came from, as far as that is known."""
    parents = {one["id"]: one["parent"] for one in checkpoints}
    line = [id]
    while parents.get(line[-1]) in parents:
        line.append(parents[line[-1]])
    return line


COST_KEYS: dict[Any, Callable[[Told, Any], str]] = {
    "day": lambda one, call: call.t[:10],
    "workflow": lambda one, call: one["run"].workflow,
    "version": lambda one, call: "@".join(str(part) for part in (one["run"].workflow, one["run"].version) if part),
    "model": lambda one, call: call.model,
    "agent": lambda one, call: call.agent,
    "session": lambda one, call: one["run"].session or "",
    "step": lambda one, call: {s.id: s.name for s in one["steps"]}.get(call.step, call.step or ""),
    "run": lambda one, call: one["run"].id,
}


def cost_groups(calls: list[Any], key: Callable[[Told, Any], str]) -> list[CostGroup]:
    found: dict[str, CostGroup] = {}
    for one, call in calls:
        group = found.get(name := key(one, call)) or CostGroup(key=name, calls=0, tokens=Tokens(), money=Money())
        money = {"recorded": 0, "computed": 0, "unknown": 0} | {call.provenance: 1}
        if call.provenance != "unknown":
            money[f"{call.provenance}_nanousd"] = call.nanousd
        found[name] = CostGroup(
            key=name, calls=group.calls + 1, tokens=group.tokens + call.tokens, money=group.money + Money(**money)
        )
    return grouped(found.values())


def grouped(groups: Any) -> list[CostGroup]:
    """By key, and without the number of runs, which kept sums do not know."""
    return sorted((msgspec.structs.replace(group, runs=0) for group in groups), key=lambda group: group.key)


def groups(runs: list[Run], name: str) -> list[Group]:
    found = [
        Group(
            id=id,
            runs=len(of),
            running=sum(run.status in ("running", "waiting") for run in of),
            last_event=max(run.last_event for run in of),
            tokens=sum((run.tokens for run in of), Tokens()),
            money=sum((run.money for run in of), Money()),
        )
        for id in {getattr(run, name) for run in runs} - {None}
        for of in [[run for run in runs if getattr(run, name) == id]]
    ]
    return sorted(found, key=lambda group: (group.last_event, group.id), reverse=True)


def workflows(runs: list[Run]) -> list[Workflow]:
    found = []
    for id in sorted({run.workflow for run in runs}):
        of = [run for run in runs if run.workflow == id]
        names = ("running", "waiting", "lost", "completed", "failed", "cancelled")
        counts = {name: sum(run.status == name for run in of) for name in names}
        found.append(Workflow(id=id, runs=len(of), last_run=max(run.started for run in of), **counts))
    return found


def outcome(workflow: str, version: int | None, told: list[Told], day: str = "") -> Outcome:
    finished = [one for one in told if one["run"].status in FINISHED]
    runs = [one["run"] for one in finished]
    steps = [step for one in finished for step in one["steps"]]
    took = sorted(s for run in runs if (s := seconds(run)) is not None)
    return Outcome(
        workflow=workflow,
        version=version,
        runs=len(runs),
        day=day,
        **{status: sum(run.status == status for run in runs) for status in FINISHED},
        lost=sum(one["run"].status == "lost" for one in told),
        timed=len(took),
        took_us=round(sum(took) * 1_000_000),
        p50_s=took[math.ceil(len(took) * 0.5) - 1] if took else None,
        p95_s=took[math.ceil(len(took) * 0.95) - 1] if took else None,
        steps=len(steps),
        retries=sum(step.attempt > 1 for step in steps),
        unpriced=sum(run.money.unknown > 0 for run in runs),
        tokens=sum((run.tokens for run in runs), Tokens()),
        money=sum((run.money for run in runs), Money()),
    )


EVENTS = st.one_of(
    st.builds(e.RunMeta, meta=META),
    st.builds(
        e.GraphDeclared,
        steps=st.lists(
            st.builds(e.DeclaredStep, id=STEP_ID, name=NAME, agent=TEXT, depends_on=st.lists(STEP_ID, max_size=2)),
            max_size=3,
            unique_by=lambda step: step.id,
        ),
    ),
    st.builds(
        e.StepStarted,
        step=STEP_ID,
        name=NAME,
        agent=TEXT,
        kind=TEXT,
        parent=STEP,
        attempt=st.integers(1, 3),
        input=JSON,
    ),
    st.builds(
        e.StepFinished,
        step=STEP_ID,
        status=st.sampled_from(["completed", "failed", "skipped"]),
        error=FAULT,
        output=JSON,
    ),
    st.builds(
        e.Logged, level=st.sampled_from(e.LEVELS), message=TEXT, kind=TEXT, step=STEP, request_id=TEXT, details=META
    ),
    st.builds(
        e.CostRecorded,
        **{"model": MODEL, "provider": TEXT, "step": STEP, "agent": TEXT, "nanousd": st.none() | SMALL},
        **{f"{name}_tokens": SMALL for name in ("input", "output", "cache_read", "cache_write", "reasoning")},
    ),
    st.builds(e.MessageSent, sender=TEXT, recipient=TEXT, role=TEXT, content=JSON, step=STEP),
    st.builds(e.ApprovalRequested, approval=st.sampled_from(["a1", "a2"]), question=TEXT, step=STEP, details=META),
    st.builds(
        e.ApprovalDecided,
        **{"approval": st.sampled_from(["a1", "a2"]), "by": TEXT, "note": TEXT},
        decision=st.sampled_from(["approved", "rejected", "expired"]),
    ),
    st.builds(e.ArtifactMade, name=TEXT, path=TEXT, size=st.none() | SMALL, media_type=TEXT, step=STEP),
    st.builds(
        e.ItemChanged,
        row_number=st.integers(-2, 4),
        status=st.sampled_from(["pending", "processing", "completed", "failed", "skipped"]),
        **{"attempt": st.integers(1, 3), "error": FAULT, "step": STEP, "input": JSON},
    ),
    st.builds(e.MetricReported, name=NAME, value=st.sampled_from([0.0, -1.5, 1e300]), step=STEP),
    st.builds(e.SnapshotTaken, name=st.sampled_from(["plan", "result", "input", "output"]), value=JSON),
)


def drive(places: Callable[[], list[Place]], examples: int, steps: int, **options: Any) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    options |= {"max_examples": examples, "stateful_step_count": steps, "suppress_health_check": quiet}
    run_state_machine_as_test(lambda: Engines(places), settings=settings(**options, deadline=None))


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
    drive(places, examples=4, steps=40)


@pytest.mark.heavy
@pytest.mark.timeout(0)
def test_all_engines_answer_as_dictionaries_do_through_long_histories(places):
    phases = [Phase.generate] if MANY else list(Phase)
    drive(places, examples=MANY or 5, steps=60, derandomize=not MANY, phases=phases)
