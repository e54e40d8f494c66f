"""Money: integers, and a provenance for every sum."""

from decimal import Decimal

import msgspec
import pytest
from flightlog.core.costs import NANO, CostGroup, Money, Tokens, from_dollars
from hypothesis import given
from hypothesis import strategies as st

count = st.integers(0, 5)
amount = st.integers(0, 10**15)
money = st.builds(
    Money, recorded_nanousd=amount, computed_nanousd=amount, recorded=count, computed=count, unknown=count
)


@given(money, money, money)
def test_sums_do_not_depend_on_order(a, b, c):
    assert a + b == b + a
    assert (a + b) + c == a + (b + c)
    assert a + Money() == a


@given(money, money)
def test_nothing_is_lost_in_a_sum(a, b):
    both = a + b
    assert both.known_nanousd == a.known_nanousd + b.known_nanousd
    assert both.unknown == a.unknown + b.unknown
    if a.nanousd is not None and b.nanousd is not None:
        assert both.nanousd == a.nanousd + b.nanousd


@given(money, money)
def test_what_came_on_top_is_what_was_added(a, b):
    assert (a + b) - a == b


def test_tokens_of_each_kind_are_added_to_their_own():
    few, many = Tokens(1, 2, 3, 4, 5), Tokens(10, 20, 30, 40, 50)
    assert msgspec.structs.astuple(few + many) == (11, 22, 33, 44, 55)


def test_how_many_runs_a_sum_is_of_is_known_only_where_it_is_of_both():
    one, other = (CostGroup(key="a", calls=2, tokens=Tokens(3), money=Money(unknown=1), runs=n) for n in (4, None))
    assert one + one == CostGroup(key="a", calls=4, tokens=Tokens(6), money=Money(unknown=2), runs=8)
    assert (one + other).runs is (other + one).runs is None


@given(money, money)
def test_an_unknown_price_is_never_forgotten(a, b):
    assert ((a + b).provenance == "unknown") == ("unknown" in (a.provenance, b.provenance))


@pytest.mark.parametrize(
    ("calls", "provenance", "nanousd"),
    [
        ({}, "none", None),
        ({"unknown": 2}, "unknown", None),
        ({"recorded": 1}, "recorded", 7),
        ({"computed": 1}, "computed", 7),
        ({"recorded": 1, "computed": 1}, "mixed", 7),
        ({"recorded": 1, "unknown": 1}, "unknown", 7),
    ],
)
def test_provenance(calls, provenance, nanousd):
    found = Money(recorded_nanousd=7, **calls)
    assert (found.provenance, found.nanousd) == (provenance, nanousd)


def test_cached_and_reasoning_tokens_are_counted_once():
    assert Tokens(input=10, output=5, cache_read=8, cache_write=2, reasoning=4).total == 15


@pytest.mark.parametrize(
    ("dollars", "nanousd"),
    [
        ("0.0031", 3_100_000),
        (0.1, 100_000_000),
        (3, 3 * NANO),
        ("1e-9", 1),
        ("0.0000000005", 0),
        ("0.0000000015", 2),
        ("0.00000000250000001", 3),
        (Decimal("0.041"), 41_000_000),
        ("0.0000000025" + "0" * 40 + "1", 3),
        ("9223372036.854775807", 2**63 - 1),
        ("1e-400000000", 0),
        (0, 0),
        ("-0", 0),
    ],
)
def test_dollars_are_taken_as_they_are_written(dollars, nanousd):
    assert from_dollars(dollars) == nanousd


@pytest.mark.parametrize(
    "dollars",
    [
        "",
        "x",
        "nan",
        "inf",
        "-1",
        -0.01,
        float("nan"),
        float("inf"),
        None,
        True,
        "1e400000000",
        "9223372036.854775808",
        1e300,
        b"1",
    ],
)
def test_what_is_no_amount(dollars):
    with pytest.raises(ValueError, match="no amount of dollars"):
        from_dollars(dollars)


@given(st.integers(0, 2**63 - 1))
def test_whole_nano_dollars_come_back(nanousd):
    assert from_dollars(f"{nanousd // NANO}.{nanousd % NANO:09d}") == nanousd
