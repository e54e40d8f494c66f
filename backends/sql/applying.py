"""A run's events, one after the other, to its state: each by the rule of its kind, and long logs by the hundred."""

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter, itemgetter

from ...core import events as e
from ...core.runs import FINISHED
from .projector_rules import RULES, count_logs, wake
from .run_state import RunState

Events = Sequence[tuple[e.Event, int]]
"""Each with the bytes of its line."""

_STRETCH = 500
"""Events that are looked at together: whether they are a piece of a long log."""
_SILENT = frozenset({e.RunFinished, e.RunMeta, e.CostPriced, e.RunStarted})
_event, _length, _seq, _level_and_step = itemgetter(0), itemgetter(1), attrgetter("seq"), attrgetter("level", "step")


def apply(state: RunState, events: Events) -> int:
    """Applies those of a run's events, in their order, that come after the last one applied; the bytes of these."""
    if len(events) <= _STRETCH:
        return _apply_each(state, events)
    size = 0
    for begin in range(0, len(events), _STRETCH):
        some = events[begin : begin + _STRETCH]
        size += _apply_each(state, some) if _is_mixed(state, some) else _apply_log(state, some)
    return size


def _is_mixed(state: RunState, events: Events) -> bool:
    """Whether they are anything but log entries that come next, each with the number after the one before."""
    entries, first = list(map(_event, events)), events[0][0].seq
    if state.row["recorded"] in FINISHED or set(map(type, entries)) != {e.Logged}:
        return True
    return first <= state.row["last_seq"] or list(map(_seq, entries)) != list(range(first, first + len(entries)))


def _apply_log(state: RunState, events: Events) -> int:
    """What `_apply_each` does, for a stretch of log entries: as many alike are counted at once."""
    row, entries = state.row, list(map(_event, events))
    for (level, step), number in Counter(map(_level_and_step, entries)).items():
        count_logs(state, level, step, number)
    row["last_seq"] = entries[-1].seq
    row["last_event"] = next((entry.t for entry in reversed(entries) if entry.t), row["last_event"])
    row["events"] += len(entries)
    return sum(map(_length, events))


def _apply_each(state: RunState, events: Events) -> int:
    row, size, number = state.row, 0, 0
    last, t = row["last_seq"], row["last_event"]
    for event, length in events:
        seq = event.seq
        if seq <= last:
            continue
        kind = type(event)
        if row["recorded"] in FINISHED and kind not in _SILENT:
            wake(state)  # only a source's run goes on after its end
        RULES[kind](state, event)
        last, t = seq, event.t or t
        number += 1
        size += length
    row["last_seq"], row["last_event"] = last, t
    row["events"] += number
    return size
