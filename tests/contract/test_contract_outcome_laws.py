"""Summaries equal what the recorded events come to, wherever runs are kept, and however late and often these arrive."""

import hypothesis.strategies as st
from flightlog.backends.open import truth_of
from flightlog.core import events as e
from flightlog.core.ids import new_ulid
from flightlog.core.query.query import equals
from hypothesis import HealthCheck, given, settings
from outcome_account import account, check, histories, said, told


def renamed(history):
    """The same, as new runs of a workflow of their own, of which each ends once: nothing follows in a journal."""
    workflow, found = f"w-{new_ulid()}", {}
    for events in history.values():
        run = new_ulid()
        events[0].run, events[0].workflow = run, workflow
        end = next((event.seq for event in events if isinstance(event, e.RunFinished)), len(events))
        found[run] = events[:end]
    return found


def written(layout, run, events):
    """Lines at the end of a run's journal, as its writer, or who carries it, leaves them."""
    path = layout.journal(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as journal:
        journal.write(b"".join(e.encode(event) + b"\n" for event in events))


def recorded(store, run):
    """The events that a store has of a run."""
    return [e.decode(line) for _, line in store.runs.events(run)]


@given(histories(list("abcdef")), st.data())
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_summaries_equal_an_account_of_the_recorded_events(store, history, data):
    layout, history = truth_of(store).layout, renamed(history)
    at = dict.fromkeys(history, 0)
    accepted = {run: [] for run in history}
    # A journal that was shipped whole is gone: another one in its place would be another delivery.
    while going := [run for run, events in history.items() if at[run] < len(events)]:
        for run in data.draw(st.lists(st.sampled_from(going), min_size=1, unique=True)):
            events, begin = history[run], at[run]
            end = data.draw(st.integers(min(begin + 1, len(events)), len(events)))
            portion = events[begin:end]
            if data.draw(st.booleans()):  # some of them again
                portion = [*events[data.draw(st.integers(0, begin)) : begin], *portion]
            elif begin and len(portion) > 1 and data.draw(st.booleans()):  # one comes after the next: it is named
                portion = [*portion[:-2], portion[-1], portion[-2]]
            written(layout, run, portion)
            for event in portion:
                if event.seq > (accepted[run][-1].seq if accepted[run] else 0):
                    accepted[run].append(event)
            at[run] = end
        if data.draw(st.booleans()):
            look(store, {run: events for run, events in accepted.items() if events})
    look(store, accepted)


def look(store, accepted):
    """What the store says of the workflow, against its events."""
    check(store.metrics, list(accepted.values()))
    for session in ("s", "t"):
        of = [found for events in accepted.values() if events[0].session == session and (found := told(events))]
        workflow = next(iter(accepted.values()))[0].workflow
        assert said(store.scoped(session=session).metrics.summary(workflow)) == account(of)
        assert said(store.metrics.summary(workflow, within=equals("session", session))) == account(of)
    for run, events in accepted.items():
        assert [event.seq for event in recorded(store, run)] == [event.seq for event in events]
