"""Two versions over their runs: every run is in one histogram once, both on one scale; few runs are not judged."""

import pytest
from flightlog.core.comparing.spreads import spreads
from flightlog.core.metrics import Ended
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5).map(float), max_size=20)


def ended(values, name="m", **facts) -> list[Ended]:
    given = {"started": None, "took_s": None, "nanousd": None, **facts}
    return [Ended(run=str(n), metrics={name: value}, **given) for n, value in enumerate(values)]


@given(NUMBERS, NUMBERS, st.integers(1, 40))
def test_every_value_is_in_one_part_of_a_scale_that_both_share(before, after, bins):
    found = [one for one in spreads(ended(before), ended(after)) if one.name == "m"]
    if not before and not after:
        assert not found
        return
    (spread,) = found
    histogram = spread.histogram(bins)
    assert (sum(histogram.before), sum(histogram.after)) == (len(before), len(after))
    assert len(histogram.before) == len(histogram.after) == bins
    assert histogram.low == min(before + after) and histogram.high == max(before + after)
    if histogram.low < histogram.high:
        both = [a + b for a, b in zip(histogram.before, histogram.after, strict=True)]
        assert both[0] and both[-1]


@pytest.mark.parametrize(
    "values", [[5e-324, 1.7e308], [-1.7e308, 1.7e308], [5e-324, 1e-323], [1e-320, 0.0], [1.0, 1.0 + 2**-52]]
)
def test_the_greatest_and_the_smallest_numbers_have_their_places(values):
    (spread,) = (one for one in spreads(ended(values), ended(values[:1])) if one.name == "m")
    histogram = spread.histogram(10)
    assert sum(histogram.before) == 2 and histogram.before[0] and histogram.before[-1]


def test_one_very_long_run_does_not_hide_all_others():
    (spread,) = (one for one in spreads(ended([1.0, 2.0, 4.0, 1000.0]), ended([1.5])) if one.name == "m")
    histogram = spread.histogram(10)
    assert histogram.ratios and sum(map(bool, histogram.before)) == 4
    assert spread.percentile(spread.before, 0.5) == 2.0 and spread.percentile((), 0.5) is None


def test_what_is_not_known_is_left_out_and_few_runs_are_not_judged():
    priced = ended([1.0] * 6, took_s=2.0, nanousd=5, calls=1, tokens=10, steps=3)
    unpriced = ended([2.0] * 4, took_s=4.0, calls=1, tokens=20, steps=3)
    found = {one.name: one for one in spreads(priced, unpriced)}
    assert set(found) == {"duration", "cost", "tokens", "steps", "m"}
    assert found["cost"].after == () and found["tokens"].after == (20.0,) * 4
    assert found["duration"].change.too_few and found["duration"].change.low is None
    enough = {one.name: one for one in spreads(priced, ended([2.0] * 5, took_s=4.0, steps=4))}
    assert enough["duration"].change.low == enough["duration"].change.difference == 2.0
    assert enough["tokens"].after == ()
