"""A run's events, one after the other, to its state: each by the rule of its kind, and long logs by the hundred."""

from collections.abc import Sequence
from operator import itemgetter

from ...core import events as e
from ...core.events import LogStretch
from ...core.runs import FINISHED
from .projector_rules import RULES, count_logs, wake
from .run_state import RunState

Events = Sequence[tuple[e.Event | LogStretch, int]]
"""Each with the bytes of its line, or of its lines."""

_AT_ONCE = 500
"""Events that are looked at together: whether they are a piece of a long log."""
_SILENT = frozenset({e.RunFinished, e.RunMeta, e.CostPriced, e.RunStarted})
_event, _length = itemgetter(0), itemgetter(1)


def apply(state: RunState, events: Events) -> int:
    """Applies those of a run's events, in their order, that come after the last one applied; the bytes of these."""
    if len(events) <= _AT_ONCE:
        return _apply_each(state, events)
    parts = (events[begin : begin + _AT_ONCE] for begin in range(0, len(events), _AT_ONCE))
    return sum(_apply_each(state, _together(part, state.row["last_seq"])) for part in parts)


def _together(events: Events, passed: int) -> Events:
    """As one, if they are log entries that all come after the last one applied; else as they are."""
    stretch = e.stretch_of(list(map(_event, events)))
    if stretch is None or stretch.first <= passed:
        return events
    return [(stretch, sum(map(_length, events)))]


def _apply_each(state: RunState, events: Events) -> int:
    row, size, number = state.row, 0, 0
    last, t = row["last_seq"], row["last_event"]
    for event, length in events:
        seq = event.seq
        if seq <= last:
            continue
        if row["recorded"] in FINISHED and type(event) not in _SILENT:
            wake(state)  # only a source's run goes on after its end
        if isinstance(event, LogStretch):
            number += _apply_stretch(state, event)
        else:
            RULES[type(event)](state, event)
            number += 1
        last, t = seq, event.t or t
        size += length
    row["last_seq"], row["last_event"] = last, t
    row["events"] += number
    return size


def _apply_stretch(state: RunState, stretch: LogStretch) -> int:
    for (level, step), number in stretch.counts.items():
        count_logs(state, level, step, number)
    return sum(stretch.counts.values())
