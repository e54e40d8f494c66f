"""Classes of duration: exact percentiles of any number of runs, by looking at one of them.

How many runs took about how long (a *spread*: runs by class) is kept and adds up over versions, days and stores.
It tells in which class the run of a rank lies, and which one of that class it is; only that one is then looked for.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

_BITS = 8
"""A class is what durations in microseconds have in common that agree in their first eight bits: at most 0.8 % wide."""


def microseconds(seconds: float) -> int:
    """A duration as a whole number, so that sums are exact whatever the order in which they are added up."""
    return round(seconds * 1_000_000)


def span_of(seconds: float) -> int:
    """The class of a duration (not negative); greater durations are of the same class or a greater one."""
    us = microseconds(seconds)
    more = max(us.bit_length() - _BITS, 0)
    return (more << (_BITS - 1)) + (us >> more)


def limits(span: int) -> tuple[float, float]:
    """Seconds from which, and up to which (itself not in it), a duration is of the class."""
    return _begin(span), _begin(span + 1)


def _begin(span: int) -> float:
    more = max((span >> (_BITS - 1)) - 1, 0)
    first = (span - (more << (_BITS - 1))) << more
    return (first - 0.5) / 1_000_000  # where rounding to microseconds begins to reach it


def merged_spreads(spreads: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Several spreads as one."""
    total: Counter[int] = Counter()
    for spread in spreads:
        total.update(spread)
    return dict(total)


def nearest_rank(ascending: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of all values is not above; None without values."""
    return ascending[max(math.ceil(share * len(ascending)), 1) - 1] if ascending else None


def percentile(spread: Mapping[int, int], share: float, duration: Callable[[int, int], float | None]) -> float | None:
    """`nearest_rank` of a spread's durations, where `duration(span, rank)` gives that one of a class in ascending order
    (1: the first; the last if there are fewer).

    A run that ends between both looks moves the answer to a neighbour at most.
    """
    rank = max(math.ceil(share * sum(spread.values())), 1)
    for span in sorted(spread):
        if rank <= spread[span]:
            return duration(span, rank)
        rank -= spread[span]
    return None


def of_rank(ascending: Sequence[float], rank: int) -> float | None:
    """The value of that rank, from 1; the last one if there are fewer, None if there is none."""
    return ascending[min(rank, len(ascending)) - 1] if ascending else None
