"""Whatever an agent passes to whichever call: it may be refused, but what is recorded can always be read."""

from flightlog.backends.journal.layout import Layout
from flightlog.backends.journal.reader import read_lines
from flightlog.backends.journal.recording import JournalRecording
from flightlog.core.errors import NotFound, StorageError
from flightlog.core.events import TYPES, decode
from flightlog.core.store import Store
from garbage import beginnings, calls, garbage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


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
