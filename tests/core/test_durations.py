"""Classes of duration: they follow each other without gaps, and lead to the exact rank."""

import hypothesis.strategies as st
from flightlog.core.numbers.durations import (
    limits,
    merged_spreads,
    microseconds,
    nearest_rank,
    of_rank,
    percentile,
    span_of,
)
from hypothesis import given

SECONDS = st.integers(0, 3_000_000_000_000_000).map(lambda us: us / 1_000_000) | st.floats(0, 4e9)
SHARE = st.sampled_from([0.0, 0.05, 0.5, 0.95, 1.0])


@given(SECONDS)
def test_a_duration_lies_within_its_class(seconds):
    low, high = limits(span_of(seconds))
    assert low <= seconds < high
    assert high - low <= max(seconds / 128, 1e-6) * 1.0001


@given(st.integers(0, 6000))
def test_each_class_begins_where_the_last_one_ends(span):
    assert limits(span)[1] == limits(span + 1)[0]
    middle = sum(limits(span)) / 2
    assert span_of(middle) == span


@given(SECONDS, SECONDS)
def test_classes_are_in_the_order_of_durations(one, other):
    if one <= other:
        assert span_of(one) <= span_of(other) and microseconds(one) <= microseconds(other)


@given(st.lists(SECONDS), SHARE)
def test_a_percentile_is_the_nearest_rank_and_looks_at_one_class(values, share):
    by_class = {}
    for value in sorted(values):
        by_class.setdefault(span_of(value), []).append(value)
    asked = []

    def duration(span, rank):
        asked.append(span)
        return of_rank(by_class[span], rank)

    spread = {span: len(found) for span, found in by_class.items()}
    assert percentile(spread, share, duration) == nearest_rank(sorted(values), share)
    assert len(asked) == (1 if values else 0)


def test_what_is_gone_meanwhile_gives_a_neighbour():
    assert percentile({3: 5}, 0.95, lambda span, rank: of_rank([1.0, 2.0], rank)) == 2.0
    assert percentile({3: 5}, 0.95, lambda span, rank: of_rank([], rank)) is None


def test_spreads_add_up():
    assert merged_spreads([{1: 2}, {1: 1, 5: 4}, {}]) == {1: 3, 5: 4}
