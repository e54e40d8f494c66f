"""`MetricsRepository` over several parts."""

from functools import reduce

from ...core.metrics import Pattern
from ...core.query.query import EVERYTHING, Query
from ...core.repositories import MetricsRepository
from ...core.workflows import Outcome
from .parts import Parts


class JoinedMetrics(MetricsRepository):
    """Outcomes of all parts; patterns are the store's own."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def summary(self, workflow: str, version: int | None = None, within: Query = EVERYTHING) -> Outcome:
        return reduce(_both, self._parts.ask(lambda reading: reading.metrics.summary(workflow, version, within)))

    def outcomes(self, workflow: str, within: Query = EVERYTHING) -> list[Outcome]:
        found: dict[int | None, Outcome] = {}
        for answer in self._parts.ask(lambda reading: reading.metrics.outcomes(workflow, within)):
            for outcome in answer:
                known = found.get(outcome.version)
                found[outcome.version] = _both(known, outcome) if known else outcome
        return [found[version] for version in sorted(found, key=lambda number: (number is not None, number or 0))]

    def record_pattern(self, pattern: Pattern) -> None:
        self._parts.own.metrics.record_pattern(pattern)

    def patterns(self, workflow: str) -> list[Pattern]:
        return self._parts.own.metrics.patterns(workflow)


def _both(one: Outcome, other: Outcome) -> Outcome:
    """Two outcomes as one. Percentiles of a whole do not follow from those of its parts: then they are unknown."""
    if not one.runs or not other.runs:
        return one if one.runs else other
    return Outcome(
        workflow=one.workflow,
        version=one.version,
        runs=one.runs + other.runs,
        completed=one.completed + other.completed,
        failed=one.failed + other.failed,
        cancelled=one.cancelled + other.cancelled,
        tokens=one.tokens + other.tokens,
        money=one.money + other.money,
    )
