"""Carries what one store holds into another: events by `(run, seq)`, the values they need, and what people added.

What is there already is passed over, so that a replay that was cut off or stopped is simply done again, and
a second one carries only what is new. The source is only read. Migration, backup and repair are this.
"""

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import closing, nullcontext
from typing import NamedTuple

from ...core.annotations import encode
from ...core.errors import Corrupt, NotFound
from ...core.progress import LOOKING, Progress, heard
from ...core.store import Store
from ..sql.metrics_repository import SqlMetrics
from .carrying import Carrier
from .truth import Head, Truth
from .versions import VersionCarrier

_AT_ONCE = 500
_TOGETHER = 16 << 20
"""Bytes that are carried into a spool before they are shipped: so much room is taken twice."""


class Carried(NamedTuple):
    """What a replay added to its target, and what it could not carry."""

    runs: int
    events: int
    annotations: int
    versions: int
    missing: list[str]
    """What the source itself cannot read, or the target cannot hold: `run: why`."""
    patterns: int = 0
    new: dict[str, int] = {}
    """Each run that was carried, and the number of its last event that was."""
    held: dict[str, int] = {}
    """The same of all runs that the source held, carried now or before."""


def replay(source: Store, one: Truth, target: Store, other: Truth, progress: Progress) -> Carried:
    """Carries everything of one store, whose truth is `one`, into another. Conflict if a run is being written there."""
    progress.begin(0, LOOKING)
    one.refresh()
    other.refresh()
    versions = VersionCarrier(source.workflows, target.workflows)
    number = versions.carry()
    held = one.heads()
    new, events, missing = _carry_runs(held, one, other, progress)
    other.refresh()
    annotations, patterns = _carry_annotations(one, other), _carry_patterns(source, target)
    return Carried(len(new), events, annotations, number, versions.problems + missing, patterns, new, _last(held))


def _last(heads: Mapping[str, Head]) -> dict[str, int]:
    return {run: head.seq for run, head in heads.items()}


def _carry_runs(
    held: Mapping[str, Head], one: Truth, other: Truth, progress: Progress
) -> tuple[dict[str, int], int, list[str]]:
    there = other.heads()
    news = {run: head for run, head in held.items() if run not in there or there[run].seq < head.seq}
    progress.begin(sum(head.size for head in news.values()) or len(news), "carrying")
    new: dict[str, int] = {}
    events = reached = waiting = 0
    # What is lost on its way by the death of the machine is carried again: one sync at the end does for all.
    with closing(Carrier(one.bodies, other.layout, durable=False)) as carrier:
        for run, head in heard(news.items()):
            try:
                events += carrier.carry(run)
                new[run] = head.seq
            except (Corrupt, NotFound) as error:
                carrier.missing.append(f"{run}: {error}")
            reached, waiting = reached + (head.size or 1), waiting + head.size
            progress.reach(reached)
            if other.layout.spooled and waiting > _TOGETHER:
                other.refresh()
                waiting = 0
    progress.end()
    if new and not other.layout.spooled:
        os.sync()
    return new, events, carrier.missing


def _carry_annotations(source: Truth, target: Truth) -> int:
    there = Counter(encode(annotation) for annotation in target.annotations())
    news = []
    for annotation in source.annotations():
        line = encode(annotation)
        if there[line]:
            there[line] -= 1
        else:
            news.append(annotation)
    for begin in heard(range(0, len(news), _AT_ONCE)):
        # In a database a transaction for each would cost more than all the rest of a move.
        with target.database.write() if target.layout.spooled else nullcontext():
            for annotation in news[begin : begin + _AT_ONCE]:
                target.annotate(annotation)
    return len(news)


def _carry_patterns(source: Store, target: Store) -> int:
    """Of a pattern that both have, the one that was seen later stays."""
    here, into = source.metrics, target.metrics
    if not isinstance(here, SqlMetrics) or not isinstance(into, SqlMetrics):
        return 0
    there = {(known.workflow, known.name): known for known in into.all_patterns()}
    news = []
    for pattern in here.all_patterns():
        known = there.get((pattern.workflow, pattern.name))
        if known is None or (known != pattern and known.last_seen <= pattern.last_seen):
            news.append(pattern)
    if news:
        into.put_patterns(news)
    return len(news)
