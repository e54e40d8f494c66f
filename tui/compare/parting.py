"""Where texts part that begin alike: told from their beginning they would look the same."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

NEAR = 12
"""Characters that texts may begin alike with, and still be told from their beginning in the narrowest column."""

WORD = 8
"""Characters up to which a word is told whole in which texts part: the rest is to be in sight in that column too."""

FAR = 100_000
"""Characters among which texts are looked for a difference."""


def parting(values: Sequence[Any], base: int, n: int) -> int:
    """From where the text in place `n` is told: where it parts from the baseline's, and that from the nearest other.

    0 where they part in sight of their beginning, are the same, or are no texts.
    """
    others = (value for place, value in enumerate(values) if place != base) if n == base else (values[base],)
    return max((_parts(values[n], other) for other in others), default=0)


def _parts(one: Any, other: Any) -> int:
    """Where the word begins in `one` in which two texts part."""
    if not isinstance(one, str) or not isinstance(other, str) or one == other:
        return 0
    first, last = one[:FAR], other[:FAR]
    alike = bisect_left(range(min(len(first), len(last))), True, key=lambda n: first[: n + 1] != last[: n + 1])
    word = max(first.rfind(sign, max(alike - WORD, 0), alike) for sign in " \n") + 1
    return 0 if alike < NEAR else word or alike
