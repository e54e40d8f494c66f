"""Intervals, against what they are defined by and against figures that were printed elsewhere."""

import math

import hypothesis.strategies as st
import pytest
from flightlog.core.numbers.intervals import Sample, Z, incomplete_beta, newcombe, t_quantile, welch, wilson
from hypothesis import given

COUNTS = st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
VALUES = st.lists(st.floats(-1e9, 1e9).map(lambda value: round(value, 3)), min_size=2, max_size=50)


@given(COUNTS)
def test_wilson_limits_are_where_the_score_test_just_rejects(counts):
    successes, n = counts
    p = successes / n
    low, high = wilson(successes, n)
    assert 0 <= low <= p <= high <= 1
    for limit in (low, high):
        if 0 < limit < 1:
            assert abs(p - limit) == pytest.approx(Z * math.sqrt(limit * (1 - limit) / n), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [  # Newcombe 1998, table II, method 10 (there as the first less the second)
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 10), 0.6075, 1.0000),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_newcombe_gives_the_published_intervals(one, other, low, high):
    assert newcombe(*other, *one) == pytest.approx((low, high), abs=0.00006)


@given(COUNTS, COUNTS)
def test_newcombe_holds_the_difference_and_turns_with_it(one, other):
    low, high = newcombe(*one, *other)
    difference = other[0] / other[1] - one[0] / one[1]
    assert -1 <= low <= difference + 1e-12 and difference - 1e-12 <= high <= 1
    assert newcombe(*other, *one) == pytest.approx((-high, -low), abs=1e-12)


@pytest.mark.parametrize(
    ("freedom", "quantile"),  # any printed table of Student's t
    [(1, 12.7062), (2, 4.3027), (4, 2.7764), (9, 2.2622), (30, 2.0423), (120, 1.9799), (1e6, 1.95997)],
)
def test_the_quantile_of_t_is_that_of_the_tables(freedom, quantile):
    assert t_quantile(freedom) == pytest.approx(quantile, abs=0.00006)


@given(st.floats(1, 300))
def test_beyond_the_quantile_lie_five_in_a_hundred(freedom):
    """The density of t, added up by Simpson's rule."""
    end, parts = t_quantile(freedom), 2000
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    heights = [scale * (1 + (end * n / parts) ** 2 / freedom) ** (-(freedom + 1) / 2) for n in range(parts + 1)]
    within = (heights[0] + heights[-1] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2])) * end / parts / 3
    assert 2 * within == pytest.approx(0.95, abs=1e-6)


@given(st.floats(0.5, 200), st.floats(0.5, 200), st.floats(0, 1))
def test_the_incomplete_beta_function_and_its_mirror_are_one(a, b, x):
    assert 0 <= incomplete_beta(a, b, x) <= 1 + 1e-12
    assert incomplete_beta(a, b, x) + incomplete_beta(b, a, 1 - x) == pytest.approx(1, abs=1e-9)


def test_welch_on_an_example_whose_statistic_was_printed():
    low, high = welch(Sample.of([3, 4, 1, 2.1]), Sample.of([490.2, 340, 433.9]))
    difference = 421.366667 - 2.525
    assert (low + high) / 2 == pytest.approx(difference, abs=1e-5)
    # t is 9.559498 with 2.000852 degrees of freedom
    assert (high - low) / 2 == pytest.approx(t_quantile(2.000852) * difference / 9.559498, rel=1e-6)


@given(VALUES, VALUES)
def test_welch_holds_the_difference_and_turns_with_it(a, b):
    one, other = Sample.of(a), Sample.of(b)
    low, high = welch(one, other)
    assert low <= other.mean - one.mean <= high
    assert welch(other, one) == pytest.approx((-high, -low), rel=1e-9, abs=1e-6)


@given(VALUES)
def test_a_sample_has_mean_and_variance(values):
    sample = Sample.of(values)
    mean = math.fsum(values) / len(values)
    pairs = math.fsum((a - b) ** 2 for a in values for b in values) / (2 * len(values) * (len(values) - 1))
    assert (sample.n, sample.mean) == (len(values), pytest.approx(mean))
    assert sample.variance == pytest.approx(pairs, rel=1e-6, abs=1e-3)


def test_numbers_too_great_for_their_squares_are_taken_and_say_nothing():
    great, small = Sample.of([1.7e308, 1.6e308, 1.5e308]), Sample.of([1.0, 2.0])
    assert great.mean == pytest.approx(1.6e308) and great.variance == math.inf
    assert welch(small, great) == (-math.inf, math.inf)
    assert welch(great, Sample.of([-1.7e308, -1.7e308])) == (-math.inf, math.inf)


def test_values_that_are_all_the_same_leave_no_doubt():
    assert welch(Sample.of([1, 1, 1]), Sample.of([4, 4, 4])) == (3, 3)
    assert Sample.of([]).n == 0 and Sample.of([5]).variance == 0
