"""What some runs come to together: how long they took, what they cost, how many tokens and bytes: sums and spreads."""

from array import array
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .durations import nearest_rank


class Spread(NamedTuple):
    """Of the runs of which a number is known: how many these are, the sum, the least, the median and the most."""

    known: int
    total: float
    least: float | None
    median: float | None
    most: float | None


class Figures:
    """Collects numbers of runs, 32 bytes of each. Belongs to one thread."""

    def __init__(self, numbers: Iterable[Sequence[float | None]] = ()) -> None:
        """Of each run: seconds, nano-dollars, how many calls have a computed price, how many none, tokens, bytes.

        None is unknown.
        """
        self.runs = 0
        self.computed = 0
        """Runs of which a price was computed from a table."""
        self.unpriced = 0
        """Runs with calls that have no known price: what is known of their cost is a lower bound."""
        self._took, self._nanousd = array("d"), array("q")
        self._tokens, self._size = array("q"), array("q")
        for took, nanousd, computed, unpriced, tokens, size in numbers:
            self.runs += 1
            self.computed += bool(computed)
            self.unpriced += bool(unpriced)
            if took is not None:
                self._took.append(took)
            for known, value in ((self._nanousd, nanousd), (self._tokens, tokens), (self._size, size)):
                if value is not None:
                    known.append(int(value))

    def __add__(self, other: "Figures") -> "Figures":
        both = Figures()
        both.runs = self.runs + other.runs
        both.computed, both.unpriced = self.computed + other.computed, self.unpriced + other.unpriced
        both._took, both._nanousd = self._took + other._took, self._nanousd + other._nanousd
        both._tokens, both._size = self._tokens + other._tokens, self._size + other._size
        return both

    @property
    def took(self) -> Spread:
        """Seconds; of a run that goes on it is not known."""
        return _spread(self._took)

    @property
    def nanousd(self) -> Spread:
        """Nano-dollars; a run without any priced call is not among them, nor counted as nothing."""
        return _spread(self._nanousd)

    @property
    def tokens(self) -> Spread:
        """Input and output."""
        return _spread(self._tokens)

    @property
    def size_bytes(self) -> Spread:
        """What they take."""
        return _spread(self._size)


def _spread(values: Sequence[float]) -> Spread:
    if not values:
        return Spread(0, 0, None, None, None)
    ascending = sorted(values)
    # Of the sorted ones, so that the sum is the same in whatever order a storage gives them.
    return Spread(len(values), sum(ascending), ascending[0], nearest_rank(ascending, 0.5), ascending[-1])
