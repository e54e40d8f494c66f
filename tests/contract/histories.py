"""Whole histories as they are drawn: runs begun, recorded into, left, taken up and ended, states with branches,
questions and answers, notes of others, versions saved and deleted, stores closed and opened again.
"""

from typing import Any

import hypothesis.strategies as st
import msgspec
from drawn import EVENTS, FAULT, GROUP, KEY, META, NAME, SMALL, SORTS, STEP, TEXT, VALUE, WORKFLOW, YAML
from engines import KINDS, SECOND, Engine, Engines
from flightlog.core import annotations as a
from flightlog.core import clock, ids
from flightlog.core import events as e
from flightlog.core.errors import Conflict, NotFound
from flightlog.core.metrics import Pattern
from flightlog.core.pages import Sort
from hypothesis.stateful import Bundle, initialize, precondition, rule
from told import FINISHED


class Histories(Engines):
    """The steps that a history is made of."""

    runs = Bundle("runs")

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
