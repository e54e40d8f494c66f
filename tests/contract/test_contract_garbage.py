"""Whatever an agent passes to whichever call is refused in a sentence there, or comes back: it never becomes damage."""

from collections import Counter
from typing import Any

import msgspec
from flightlog.core.annotations import Annotation, Noted, Pinned, Scored, Tagged
from flightlog.core.errors import StorageError
from flightlog.core.events import MOST, decode
from flightlog.core.recording.coercion import state_of
from flightlog.core.recording.jsonable import encode
from flightlog.core.recording.recorder import RunRecorder
from flightlog.core.store import Store
from garbage import beginnings, calls, garbage
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

REFUSED: tuple[type[Exception], ...] = (StorageError, ValueError, TypeError, AttributeError)
"""With a sentence; the latter two are Python's own, of what is no map or no path."""


def is_refused(error: Exception) -> bool:
    """Whether it says why; text that could not be written down is no refusal."""
    return bool(str(error)) and not isinstance(error, UnicodeError)


def kept(value: Any) -> Any:
    """A value as it is read again."""
    return msgspec.json.decode(encode(value))


def kept_state(state: Any) -> Any:
    """A state as it is read again: its values are kept each by itself."""
    return {kept(key): kept(value) for key, value in state_of(state).items()}


def accepted(run: RunRecorder, made: list[Any]) -> list[tuple[str, list[Any], dict[str, Any], Any]]:
    """The calls that were not refused, with what each returned."""
    found = []
    for name, words, named in made:
        try:
            found.append((name, words, named, getattr(run, name)(*words, **named)))
        except REFUSED as error:
            if not is_refused(error):
                raise
    return found


def look(store: Store, run: str, done: list[tuple[str, list[Any], dict[str, Any], Any]]) -> None:
    """All of it is there."""
    runs, count = store.runs, Counter(name for name, *_ in done)
    assert runs.damage(run).items == []
    assert runs.get(run).damaged == 0
    events = [decode(line) for _, line in runs.events(run)]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    for event in events:
        assert runs.event(run, event.seq) == event
    assert len(runs.messages(run).items) == count["message"]
    assert [one.content for one in runs.messages(run).items] == [
        kept(w[2]) for name, w, *_ in done if name == "message"
    ]
    assert len(runs.cost_records(run)) == count["cost"]
    assert len(runs.artifacts(run)) == count["artifact"]
    told = store.logs.query(run, limit=1000)
    unfit = len([one for one in told if one.kind == "metric" and one.level == "WARNING"])
    assert len(runs.metrics(run).items) + unfit >= count["metric"]
    assert {int(words[0]) for name, words, *_ in done if name == "item"} == {
        one.row_number for one in runs.items(run).items
    }
    shown = {words[0]: kept(words[1]) for name, words, *_ in done if name == "snapshot"}
    assert runs.snapshots(run) == shown
    assert {given.id for name, _, _, given in done if name == "step"} <= {one.id for one in runs.steps(run)}
    states = {given: kept_state(words[0]) for name, words, _, given in done if name == "checkpoint"}
    assert {one.id: store.checkpoints.state(one.id) for one in store.checkpoints.list(run)} == states


def annotated(store: Store, run: str, value: Any) -> Counter[str]:
    """What others may add of it, by its kind."""
    made: Counter[str] = Counter()
    for kind, words in ((Tagged, {"tag": value}), (Noted, {"text": value}), (Pinned, {"pinned": value})):
        made[kind.__name__] += annotate(store, kind(run=run, **words))
    made["Scored"] += annotate(store, Scored(run=run, name=value, value=value))
    made["Scored"] += annotate(store, Scored(run=run, name="s", value=value))
    return made


def annotate(store: Store, annotation: Annotation) -> bool:
    try:
        store.runs.annotate(annotation)
    except REFUSED as error:
        if not is_refused(error):
            raise
        return False
    return True


@given(st.just({}) | beginnings, st.lists(calls, min_size=1, max_size=12), garbage)
@example({}, [("cost", ["m", "p"], {"input_tokens": MOST + 1, "nanousd": 2**63 - 1})], None)
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    deadline=None,
)
def test_what_is_passed_to_a_call_is_refused_there_or_comes_back(store, facts, made, value):
    try:
        run = store.run("w", **facts)
    except REFUSED as error:
        if not is_refused(error):
            raise
        return
    done = accepted(run, made)
    run.approve(value, timeout=0, about=value)
    run.fail(value)
    look(store, run.id, done)
    added = annotated(store, run.id, value)
    assert store.runs.damage().items == []
    notes = store.runs.notes(run.id).items
    assert len(notes) == added["Noted"]
    assert [one for one in store.upkeep.check() if one.severity == "error" or "damage" in one.kind] == []
