"""A run made of given events."""

from flightlog.core import events as e
from flightlog.core.ids import new_ulid


def record(store, *recorded, run=None, finish="completed", **facts):
    """A run with these events; returns its id."""
    facts.setdefault("workflow", "w")
    writer = store.recording.begin(e.RunStarted(run=run or new_ulid(), **facts))
    for event in recorded:
        writer.append(event)
    if finish:
        writer.append(e.RunFinished(status=finish))
    writer.close()
    return writer.run
