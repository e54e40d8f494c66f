"""Whatever an agent passes to whichever call: it may be refused, but what is recorded can always be read."""

import math

from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.reader import read_lines
from flightlog.backends.journal.recording import JournalRecording
from flightlog.core.errors import NotFound, StorageError
from flightlog.core.events import TYPES, decode
from flightlog.core.store import Store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


class Odd:
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


garbage = st.one_of(
    st.sampled_from([None, True, -1, 0, 3, 2**70, 1.5, math.nan, math.inf, "", "x", "\ud800", "\x1b[2J", b"\xff"]),
    st.sampled_from(
        [[], {}, {"a": 1}, {None: math.nan}, ["a", 1], ("x",), {3}, [object()], "completed", "failed", "INFO"]
    ),
    st.builds(Odd),
    st.builds(object),
    st.builds(ValueError, st.text(max_size=5)),
)
CALLS = {
    "log": (1, ["level", "kind", "request_id", "a", "b"]),
    "error": (1, ["kind", "error"]),
    "cost": (2, ["input_tokens", "output_tokens", "reasoning_tokens", "dollars", "nanousd", "agent"]),
    "metric": (2, []),
    "checkpoint": (2, ["parent"]),
    "snapshot": (2, []),
    "message": (4, []),
    "artifact": (2, ["media_type", "sha256"]),
    "item": (2, ["attempt", "error", "input", "output"]),
    "step": (1, ["agent", "kind", "attempt", "depends_on", "input", "meta"]),
    "graph": (1, []),
    "meta": (0, ["a", "b"]),
}
calls = st.sampled_from(sorted(CALLS)).flatmap(
    lambda name: st.tuples(
        st.just(name),
        st.lists(garbage, min_size=CALLS[name][0], max_size=CALLS[name][0]),
        st.dictionaries(st.sampled_from(CALLS[name][1]), garbage) if CALLS[name][1] else st.just({}),
    )
)
beginnings = st.dictionaries(
    st.sampled_from(
        [
            "version",
            "name",
            "objective",
            "session",
            "project",
            "parent",
            "attempt",
            "tags",
            "meta",
            "plan_id",
            "from_checkpoint",
            "id",
        ]
    ),
    garbage,
)


def _nothing():
    raise NotFound("there is no checkpoint")


@given(beginnings, st.lists(calls, max_size=12), garbage)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_is_recorded_can_be_read(facts, made, reason):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        layout = Layout(Path(folder))
        recording = JournalRecording(layout)
        store = Store(name="x", recording=recording, workflows=None, reading=_nothing, close=lambda: None)
        try:
            run = store.run("w", **facts)
        except (StorageError, ValueError, TypeError):
            assert not list(Path(folder).rglob("*.jsonl"))
            return
        for name, given_, named in made:
            try:
                getattr(run, name)(*given_, **named)
            except UnicodeError:
                raise
            except (ValueError, TypeError, AttributeError):
                pass  # Refused, as a mistake in the program.
        run.fail(reason)
        events = [decode(line) for _, line in read_lines(layout.journal(run.id))]
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert events[-1].status == "failed"


def test_every_kind_of_event_that_a_call_makes_was_tried():
    made = {"log", "cost", "metric", "checkpoint", "snapshot", "message", "artifact", "item"}
    others = {"step.started", "step.finished", "graph.declared", "run.meta", "run.started", "run.finished"}
    # These take nothing from the agent but texts, or are the recorder's own.
    waiting = {"approval.requested", "approval.decided", "cost.priced", "run.paused", "run.resumed"}
    assert made | others | waiting == set(TYPES)
