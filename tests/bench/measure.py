"""How benchmarks measure and tell: medians of two things done in turn in one process, one printed line a goal."""

import gc
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROUNDS = 7


def seconds(work: Callable[[], Any]) -> float:
    """What one call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turn(*works: Callable[[], Any], rounds: int = ROUNDS, calls: int = 1) -> list[float]:
    """The median seconds of each, done alternately (`calls` at a time), so that a busy machine slows all alike."""
    taken: list[list[float]] = [[] for _ in works]
    for work in works:
        work()
    for _ in range(rounds):
        for work, times in zip(works, taken, strict=True):
            times.append(seconds(lambda work=work: [work() for _ in range(calls)]) / calls)
    return [median(times) for times in taken]


def p(times: list[float], percent: int) -> float:
    """A percentile."""
    return quantiles(times, n=100, method="inclusive")[percent - 1]


def told(value: float) -> str:
    """Seconds as a person reads them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e6:.3g} us"


def say(goal: int, what: str, found: float, limit: float, of: str, unit: str = "x") -> None:
    """Prints one line: the goal's number, what it is about, what was measured, the goal, met or not."""
    verdict = "met" if found <= limit else "MISSED"
    sys.stdout.write(
        f"\ngoal {goal:>2}  {what:<58}{found:>9.3g}{unit:<3} of at most {limit:g}{unit}  {verdict:<7}{of}\n"
    )


def resident() -> int:
    """Bytes of memory that this process holds."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
