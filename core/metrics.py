"""Numbers over runs: what runs reported, what tells two versions apart, and observed patterns."""

import math
from collections.abc import Callable, Sequence

import msgspec

from .errors import StorageError
from .given import given_time
from .numbers.intervals import NEWCOMBE, WELCH, Interval, Sample, newcombe, welch
from .workflows import FEW, Outcome

NEWEST = 1000
"""Runs of each version, the newest ones, from which the intervals of means are made."""


class Reported(msgspec.Struct, kw_only=True, frozen=True):
    """What the finished runs of a version reported (or were given) under one name."""

    workflow: str
    version: int | None
    name: str
    values: int
    mean: float
    min: float
    max: float
    last: float
    last_t: str
    """When the newest one was reported."""

    def __add__(self, other: "Reported") -> "Reported":
        """The values of both."""
        values = self.values + other.values
        newer = max(self, other, key=lambda one: one.last_t)
        return msgspec.structs.replace(
            self,
            values=values,
            mean=self.mean * (self.values / values) + other.mean * (other.values / values),
            min=min(self.min, other.min),
            max=max(self.max, other.max),
            last=newer.last,
            last_t=newer.last_t,
        )


class Ended(msgspec.Struct, kw_only=True, frozen=True):
    """The numbers of one finished run that a comparison is made from."""

    run: str
    started: str | None
    took_s: float | None
    nanousd: int | None
    """None if a call has no price; a run without calls cost nothing."""
    calls: int = 0
    tokens: int = 0
    """Input and output."""
    steps: int = 0
    metrics: dict[str, float] = {}
    """The last value of each name."""


class Change(msgspec.Struct, kw_only=True, frozen=True):
    """A number of a version against another's, with the 95 % interval of the difference."""

    before: float | None = None
    after: float | None = None
    low: float | None = None
    high: float | None = None
    method: str = ""
    runs_before: int = 0
    runs_after: int = 0

    @property
    def difference(self) -> float | None:
        """After less before; None if either is unknown."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def too_few(self) -> bool:
        """Whether one of both sides has too few runs to be judged by; there is no interval then."""
        return min(self.runs_before, self.runs_after) < FEW

    @property
    def clear(self) -> bool:
        """Whether the interval leaves no difference out: what is seen is hardly chance."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high

    def turned(self) -> "Change":
        """Of a share: the change of the rest, failures for successes."""

        def rest(share: float | None) -> float | None:
            return None if share is None else 1 - share

        low, high = (None if limit is None else -limit for limit in (self.high, self.low))
        return msgspec.structs.replace(self, before=rest(self.before), after=rest(self.after), low=low, high=high)


class Comparison(msgspec.Struct, kw_only=True, frozen=True):
    """A version against another, of which it mostly is a child."""

    workflow: str
    version: int | None
    against: int | None
    outcome: Outcome
    other: Outcome
    success: Change
    """Success rates of all ended runs."""
    duration: Change
    """Mean seconds of the newest finished runs whose duration is known."""
    cost: Change
    """Mean nano-dollars of the newest finished runs all of whose calls have a price."""
    metrics: dict[str, Change] = {}
    """Mean of what the newest finished runs reported last, by name; of one that only one side reports too."""


def compared(outcome: Outcome, newest: Sequence[Ended], other: Outcome, others: Sequence[Ended]) -> Comparison:
    """The outcome of a version, and its newest runs, against another's (`other`, `others`), which may have none."""
    names = sorted({name for run in (*newest, *others) for name in run.metrics})
    return Comparison(
        workflow=outcome.workflow,
        version=outcome.version,
        against=other.version,
        outcome=outcome,
        other=other,
        success=success_change(other, outcome),
        duration=means_change(others, newest, lambda run: run.took_s),
        cost=cost_change(others, newest),
        metrics={name: means_change(others, newest, _metric(name)) for name in names},
    )


def _metric(name: str) -> Callable[[Ended], float | None]:
    return lambda run: run.metrics.get(name)


def success_change(before: Outcome, after: Outcome) -> Change:
    """The change of the success rate, of all ended runs of both."""
    few = before.too_few or after.too_few
    interval = None if few else newcombe(before.completed, before.ended, after.completed, after.ended)
    return _change(before.success, after.success, interval, NEWCOMBE, before.ended, after.ended)


def cost_change(before: Sequence[Ended], after: Sequence[Ended]) -> Change:
    """The change of what a run costs, of versions that call models; without a call on one side nothing is compared."""
    if not any(run.calls for run in before) or not any(run.calls for run in after):
        return Change(method=WELCH)
    return means_change(before, after, lambda run: run.nanousd)


def priced(runs: Sequence[Ended]) -> int:
    """How many runs speak for what a version costs: none if it calls no model."""
    return sum(run.nanousd is not None for run in runs) if any(run.calls for run in runs) else 0


def means_change(before: Sequence[Ended], after: Sequence[Ended], number: Callable[[Ended], float | None]) -> Change:
    """The change of the mean of a number of the runs that have it."""
    one, other = (Sample.of(v for run in side if (v := number(run)) is not None) for side in (before, after))
    interval = None if min(one.n, other.n) < FEW else welch(one, other)
    before_mean, after_mean = (sample.mean if sample.n else None for sample in (one, other))
    return _change(before_mean, after_mean, interval, WELCH, one.n, other.n)


def _change(
    before: float | None, after: float | None, interval: Interval | None, method: str, runs_before: int, runs_after: int
) -> Change:
    low, high = interval if interval and math.isfinite(interval.high - interval.low) else (None, None)
    return Change(
        before=before,
        after=after,
        low=low,
        high=high,
        method=method,
        runs_before=runs_before,
        runs_after=runs_after,
    )


class Pattern(msgspec.Struct, kw_only=True, frozen=True):
    """What was observed, how often, when first and last, and the runs that show it."""

    workflow: str
    name: str
    description: str = ""
    count: int = 1
    first_seen: str = ""
    last_seen: str = ""
    evidence: tuple[str, ...] = ()
    """Run ids."""


def observed(pattern: Pattern, t: str) -> Pattern:
    """The pattern as it is kept: seen at `t` unless it says when; halves of surrogate pairs, which no file can hold,
    are written out. StorageError for what nobody could read again.
    """
    _check(pattern)
    first = pattern.first_seen and given_time(pattern.first_seen, "first_seen")
    last = pattern.last_seen and given_time(pattern.last_seen, "last_seen")
    return Pattern(
        workflow=_written_out(pattern.workflow),
        name=_written_out(pattern.name),
        description=_written_out(pattern.description),
        count=pattern.count,
        first_seen=first or last or t,
        last_seen=last or first or t,
        evidence=tuple(map(_written_out, pattern.evidence)),
    )


def _check(pattern: Pattern) -> None:
    advice = "`count` is a whole number, `evidence` a tuple of run ids, all else text"
    try:
        count = msgspec.convert(msgspec.to_builtins(pattern), Pattern).count
    except (msgspec.ValidationError, TypeError) as error:
        raise StorageError(f"this is no pattern: {error}", advice=advice) from error
    if not 0 <= count < 2**63:  # no engine counts further
        raise StorageError(f"this is no pattern: it cannot have been seen {count} times", advice=advice)


def _written_out(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def merged(old: Pattern, new: Pattern) -> Pattern:
    """Two observations of one workflow and name as one: counts added, evidence joined, the newer words."""
    return Pattern(
        workflow=new.workflow,
        name=new.name,
        description=new.description or old.description,
        count=old.count + new.count,
        first_seen=min(old.first_seen, new.first_seen),
        last_seen=max(old.last_seen, new.last_seen),
        evidence=tuple(dict.fromkeys((*old.evidence, *new.evidence))),
    )
