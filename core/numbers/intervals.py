"""What numbers of two versions say about their difference: estimates with 95 % intervals, and their methods' names."""

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

Z = 1.959963984540054
"""Quantile of the normal distribution that leaves 2.5 % above it."""

NEWCOMBE = "Newcombe's hybrid score interval"
WELCH = "Welch's t interval"


class Interval(NamedTuple):
    """From low to high, both possible."""

    low: float
    high: float


class Sample(NamedTuple):
    """A number of some runs: how many, its mean, and its variance (over n - 1)."""

    n: int
    mean: float
    variance: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Sample":
        """The sample of some finite values; the variance of fewer than two is 0, of very great ones infinite."""
        found = list(values)
        if not found:
            return cls(0, 0.0, 0.0)
        # What agents report may be so great that squares have no room: then it is taken in parts of the greatest.
        greatest = max(map(abs, found))
        scale = 1.0 if greatest < 1e100 else math.ldexp(1.0, math.frexp(greatest)[1] - 1)
        mean = math.fsum(value / scale for value in found) / len(found)
        squares = math.fsum((value / scale - mean) ** 2 for value in found)
        variance = squares / (len(found) - 1) if len(found) > 1 else 0.0
        return cls(len(found), mean * scale, variance * scale * scale)


def wilson(successes: int, n: int) -> Interval:
    """The score interval of a proportion of n > 0.

    Its limits are the proportions t for which |successes/n - t| = z sqrt(t (1 - t) / n); the closed form is
    equation (4) of E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    J. Amer. Statist. Assoc. 22 (1927), 209-212.
    """
    p, z2 = successes / n, Z * Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # At the ends the limits are 0 and 1 but for rounding.
    return Interval(0.0 if successes == 0 else middle - half, 1.0 if successes == n else middle + half)


def newcombe(successes: int, n: int, other_successes: int, other_n: int) -> Interval:
    """Interval of the difference of two proportions, the other one's less this one's; n, other_n > 0.

    Method 10 of R. G. Newcombe, Interval estimation for the difference between independent proportions,
    Statistics in Medicine 17 (1998), 873-890: the distances to the Wilson limits of both, squared and added.
    """
    p, other = successes / n, other_successes / other_n
    (low, high), (other_low, other_high) = wilson(successes, n), wilson(other_successes, other_n)
    difference = other - p
    return Interval(
        max(difference - math.hypot(other - other_low, high - p), -1.0),
        min(difference + math.hypot(other_high - other, p - low), 1.0),
    )


def welch(one: Sample, other: Sample) -> Interval:
    """Interval of the difference of two means, the other one's less this one's; at least two values on each side.

    B. L. Welch, The generalization of "Student's" problem when several different population variances are
    involved, Biometrika 34 (1947), 28-35, with the degrees of freedom of F. E. Satterthwaite, An approximate
    distribution of estimates of variance components, Biometrics Bulletin 2 (1946), 110-114.
    """
    difference = other.mean - one.mean
    a, b = one.variance / one.n, other.variance / other.n
    if not math.isfinite(difference) or not math.isfinite(a + b):
        return Interval(-math.inf, math.inf)
    if a + b == 0:
        return Interval(difference, difference)
    # As shares of their sum, for the squares of great numbers have no room.
    share, rest = a / (a + b), b / (a + b)
    freedom = 1 / (share**2 / (one.n - 1) + rest**2 / (other.n - 1))
    half = t_quantile(freedom) * math.sqrt(a + b)
    return Interval(difference - half, difference + half)


def t_quantile(freedom: float) -> float:
    """The number beyond which (up or down) Student's t with these degrees of freedom (1 or more) lies in 5 % of cases.

    Found by halving, from P(|t| > x) = I(f/2, 1/2) at f/(f + x^2), where I is the regularised incomplete beta
    function: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions (1964), 26.7.1 and 26.5.27.
    """

    def beyond(x: float) -> float:
        return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + x * x))

    return _falls_to(beyond, 0.05, Z, 13.0)  # between that of the normal distribution and of one degree of freedom


def _falls_to(function: Callable[[float], float], value: float, low: float, high: float) -> float:
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > value else (low, middle)
    return (low + high) / 2


def incomplete_beta(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function I(a, b) at x, 0 <= x <= 1.

    The continued fraction 26.5.8 of Abramowitz and Stegun, evaluated from the front as in W. J. Lentz, Generating
    Bessel functions in Mie scattering calculations using continued fractions, Applied Optics 15 (1976), 668-671;
    where that converges slowly, the same of 1 - x (26.5.2).
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(b, a, 1 - x)
    beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    return math.exp(a * math.log(x) + b * math.log1p(-x) - beta) / a * _fraction(a, b, x)


def _fraction(a: float, b: float, x: float) -> float:
    """1 / (1 + d1 / (1 + d2 / …)), with the d of 26.5.8."""
    c, d, below = 1.0, 0.0, 1.0
    for n in range(1, 2000):
        m, odd = divmod(n, 2)
        part = (-(a + m) * (a + b + m) if odd else m * (b - m)) * x / ((a + n - 1) * (a + n))
        d = 1 / ((1 + part * d) or 1e-300)
        c = (1 + part / c) or 1e-300
        below *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return 1 / below
