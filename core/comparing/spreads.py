"""Two versions over all their runs: how their numbers lie, on one scale, and how they changed."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..metrics import NEWEST, Change, Ended, means_change
from ..numbers.durations import nearest_rank
from ..repositories import MetricsRepository
from ..workflows import Outcome
from .measures import Better, Unit, better

METRICS = 8
"""Reported numbers that are compared, the first by name."""

WIDELY = 20.0
"""Times the smallest from which on the scale is one of ratios, so that one long run does not hide all others."""


class Histogram(NamedTuple):
    """How many values lie in each part of a scale from low to high; the same scale for both sides."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    low: float
    high: float
    ratios: bool
    """Whether each part ends at so many times where it begins, and not so much further."""


class Spread(NamedTuple):
    """One number of the newest finished runs of both versions, ascending; and the change of its mean."""

    name: str
    unit: Unit
    better: Better
    before: tuple[float, ...]
    after: tuple[float, ...]
    change: Change

    def histogram(self, bins: int) -> Histogram | None:
        """Both sides in so many parts; None without values."""
        values = [value for value in (*self.before, *self.after) if math.isfinite(value)]
        if not values:
            return None
        low, high = min(values), max(values)
        ratios = low > 0 and high / WIDELY > low
        one, other = (_counted(side, low, high, bins, ratios) for side in (self.before, self.after))
        return Histogram(one, other, low, high, ratios)

    @staticmethod
    def percentile(side: Sequence[float], share: float) -> float | None:
        """By nearest rank; None without values."""
        return nearest_rank(side, share)


class TwoVersions(NamedTuple):
    """A version against another over their runs."""

    before: Outcome
    after: Outcome
    spreads: tuple[Spread, ...]


def two_versions(metrics: MetricsRepository, workflow: str, before: int, after: int) -> TwoVersions:
    """Reads the sums of both and the newest `NEWEST` finished runs of each. To be called in a thread."""
    one, other = (metrics.newest(workflow, version, limit=NEWEST) for version in (before, after))
    old, new = (metrics.summary(workflow, version) for version in (before, after))
    return TwoVersions(old, new, tuple(spreads(one, other)))


def spreads(before: Sequence[Ended], after: Sequence[Ended]) -> list[Spread]:
    """Duration, cost, tokens and steps, then what was reported; those that no run has are left out."""
    names = sorted({name for run in (*before, *after) for name in run.metrics})[:METRICS]
    numbers: list[tuple[str, Unit, Better, Callable[[Ended], float | None]]] = [
        ("duration", "seconds", "less", lambda run: run.took_s),
        ("cost", "nanousd", "less", lambda run: run.nanousd if run.calls else None),
        ("tokens", "count", "less", lambda run: run.tokens if run.calls else None),
        ("steps", "count", "", lambda run: run.steps),
        *((name, "number", better(name), _reported(name)) for name in names),
    ]
    found = [
        Spread(name, unit, way, _values(before, number), _values(after, number), means_change(before, after, number))
        for name, unit, way, number in numbers
    ]
    return [one for one in found if one.before or one.after]


def _reported(name: str) -> Callable[[Ended], float | None]:
    return lambda run: run.metrics.get(name)


def _values(runs: Sequence[Ended], number: Callable[[Ended], float | None]) -> tuple[float, ...]:
    return tuple(sorted(float(value) for run in runs if (value := number(run)) is not None))


def _counted(values: Sequence[float], low: float, high: float, bins: int, ratios: bool) -> tuple[int, ...]:
    counts = [0] * bins
    for value in values:
        if math.isfinite(value):
            counts[_part(value, low, high, bins, ratios)] += 1
    return tuple(counts)


def _part(value: float, low: float, high: float, bins: int, ratios: bool) -> int:
    if high <= low:
        return bins // 2
    if ratios:
        share = (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    else:
        # In parts of the greatest, for the distance of two very great numbers has no room.
        most = max(abs(low), abs(high))
        share = (value / most - low / most) / (high / most - low / most)
    return max(0, min(int(share * bins), bins - 1))
