"""What two stores have in common and what not: the pure part of verifying that one is a copy of the other."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeVar

import msgspec

from .upkeep import Finding

K = TypeVar("K", int, str, tuple[str, int], tuple[str, str])
V = TypeVar("V")

Side = Literal["first", "second", "both"]
"""Which of two stores has a thing; `both`: each has it, in other words."""


class Counts(msgspec.Struct, kw_only=True):
    """How much was compared, and found on the first side."""

    runs: int = 0
    events: int = 0
    values: int = 0
    annotations: int = 0
    versions: int = 0
    patterns: int = 0


class Move(msgspec.Struct, kw_only=True, frozen=True):
    """What a move came to."""

    runs: int
    """Runs of which something new was carried."""
    events: int
    annotations: int
    versions: int
    patterns: int
    operations: int = 0
    """Of which the record tells: what was archived, removed, taken back …"""
    verified: Counts
    """What was compared on both sides afterwards."""
    findings: tuple[Finding, ...] = ()
    """What could not be carried, or is not the same on both sides."""
    switched: str = ""
    """The configuration that names the new place now; empty if none does."""
    archived: str = ""
    """Where the old data lie now: a folder, or several with `and` between; empty if they lie where they were."""
    since: str = ""
    """Of one that was asked for again: when all of it was moved. The rest is what that move came to."""
    going_on: tuple[str, ...] = ()
    """Ids of a source's runs that had not ended: what they do from then on is carried when it is done again."""


def apart(first: Iterable[tuple[K, V]], second: Iterable[tuple[K, V]]) -> Iterator[tuple[K, Side]]:
    """The keys at which two lists differ, each list in the order of its keys; nothing of them is kept."""
    ours, theirs = iter(first), iter(second)
    a, b = next(ours, None), next(theirs, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a[0] < b[0]):
            assert a is not None
            yield a[0], "first"
            a = next(ours, None)
        elif a is None or b[0] < a[0]:
            yield b[0], "second"
            b = next(theirs, None)
        else:
            if a[1] != b[1]:
                yield a[0], "both"
            a, b = next(ours, None), next(theirs, None)


def several(thing: str, numbers: Sequence[int]) -> str:
    """`event 7`, `events 3–5, 9`, `events 1–4, 8, 12 … (40 of them)`."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    if len(numbers) == 1:
        return f"{thing} {numbers[0]}"
    named = ", ".join(f"{low}" if low == high else f"{low}–{high}" for low, high in spans[:5])
    return f"{thing}s {named}" + (f" … ({len(numbers)} of them)" if len(spans) > 5 else "")
