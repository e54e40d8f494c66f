"""`MetricsRepository` over several parts."""

from collections.abc import Callable, Iterable
from functools import reduce
from operator import add
from typing import Any, TypeVar

import msgspec

from ...core.metrics import NEWEST, Ended, Pattern, Reported
from ...core.numbers.durations import merged_spreads, of_rank, percentile
from ...core.query.query import EVERYTHING, Query, parse
from ...core.repositories import MetricsRepository
from ...core.workflows import Outcome
from .parts import Parts

T = TypeVar("T")


class JoinedMetrics(MetricsRepository):
    """Outcomes of all parts; patterns are the store's own.

    Sums add up. Percentiles of a whole do not follow from those of its parts, so where several parts have runs of a
    kind, these are ranked together; mostly a workflow has its runs in one.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def summary(self, workflow: str, version: int | None = None, within: Query = EVERYTHING) -> Outcome:
        found = self._parts.ask(lambda reading: reading.metrics.summary(workflow, version, within))
        return self._together(found, version, within)

    def outcomes(self, workflow: str, within: Query = EVERYTHING) -> list[Outcome]:
        found = self._parts.ask(lambda reading: reading.metrics.outcomes(workflow, within))
        by_version = _grouped(found, lambda one: (one.version is not None, one.version or 0))
        return [
            self._together(of, of[0].version, within if of[0].version is not None else within & _of_no_version())
            for of in by_version
        ]

    def trends(
        self, workflow: str, version: int | None = None, within: Query = EVERYTHING, *, days: int = 30
    ) -> list[Outcome]:
        found = self._parts.ask(lambda reading: reading.metrics.trends(workflow, version, within, days=days))
        by_day = _grouped(found, lambda one: one.day)[-max(days, 1) :]
        return [self._together(of, version, within & _ended_on(of[0].day)) for of in by_day]

    def _together(self, outcomes: list[Outcome], version: int | None, within: Query) -> Outcome:
        """Outcomes of the same kind as one, with the percentiles of all runs `within` the query."""
        having = [one for one in outcomes if one.timed]
        whole = reduce(add, outcomes)
        if len(having) < 2:
            (one,) = having or outcomes[:1]
            return msgspec.structs.replace(whole, p50_s=one.p50_s, p95_s=one.p95_s)
        spread = self.spread(whole.workflow, version, within)

        def duration(span: int, rank: int) -> float | None:
            return of_rank(self.durations(whole.workflow, version, within, span=span), rank)

        p50, p95 = (percentile(spread, share, duration) for share in (0.5, 0.95))
        return msgspec.structs.replace(whole, p50_s=p50, p95_s=p95)

    def spread(self, workflow: str, version: int | None = None, within: Query = EVERYTHING) -> dict[int, int]:
        return merged_spreads(self._parts.ask(lambda reading: reading.metrics.spread(workflow, version, within)))

    def durations(
        self, workflow: str, version: int | None = None, within: Query = EVERYTHING, *, span: int
    ) -> list[float]:
        found = self._parts.ask(lambda reading: reading.metrics.durations(workflow, version, within, span=span))
        return sorted(took for part in found for took in part)

    def newest(
        self, workflow: str, version: int | None, within: Query = EVERYTHING, *, limit: int = NEWEST
    ) -> list[Ended]:
        found = self._parts.ask(lambda reading: reading.metrics.newest(workflow, version, within, limit=limit))
        all_of_them = [run for part in found for run in part]
        return sorted(all_of_them, key=lambda run: (run.started or "", run.run), reverse=True)[:limit]

    def reported(self, workflow: str, within: Query = EVERYTHING) -> list[Reported]:
        found = self._parts.ask(lambda reading: reading.metrics.reported(workflow, within))
        return [
            reduce(add, same)
            for same in _grouped(found, lambda one: (one.version is not None, one.version or 0, one.name))
        ]

    def record_pattern(self, pattern: Pattern) -> None:
        self._parts.own.metrics.record_pattern(pattern)

    def patterns(self, workflow: str) -> list[Pattern]:
        return self._parts.own.metrics.patterns(workflow)


def _grouped(answers: Iterable[Iterable[T]], key: Callable[[T], Any]) -> list[list[T]]:
    """What is of one key together, in the order of the keys."""
    found: dict[Any, list[T]] = {}
    for answer in answers:
        for one in answer:
            found.setdefault(key(one), []).append(one)
    return [found[each] for each in sorted(found)]


def _of_no_version() -> Query:
    return parse("-version>=0")


def _ended_on(day: str) -> Query:
    return parse(f"finished>={day}T00:00:00Z finished<={day}T23:59:59.999999Z") if day else EVERYTHING
