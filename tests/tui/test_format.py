"""Numbers and times as a person reads them."""

from datetime import UTC, datetime

import pytest
from flightlog.core.costs import Money
from flightlog.core.progress import Standing
from flightlog.tui import format as f
from flightlog.tui.glyphs import ASCII, UNICODE
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "?"), (0, "0"), (812, "812"), (999, "999"), (1000, "1.0k"), (12_060, "12.1k"), (999_949, "1.0M")],
)
def test_counts_keep_three_digits(value, shown):
    assert f.count(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "?"), (0, "0 B"), (88_000, "88.0 kB"), (1_200_000_000, "1.2 GB"), (999, "999 B")]
)
def test_sizes_are_in_units_of_a_thousand(value, shown):
    assert f.size(value) == shown


@given(st.integers(min_value=0, max_value=10**17))
def test_no_number_is_wider_than_its_column(value):
    assert len(f.count(value)) <= 6
    assert len(f.size(value)) <= 8
    assert len(f.dollars(value)) <= 8


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "?"),
        (0, "0:00"),
        (0.34, "340ms"),
        (0.9996, "999ms"),
        (12.9, "0:12"),
        (72, "1:12"),
        (3761, "1:02:41"),
        (273_600, "3d 4h"),
        (400 * 86_400, "400d"),
    ],
)
def test_durations(seconds, shown):
    assert f.duration(seconds) == shown


def test_a_clock_that_went_backwards_is_no_negative_time():
    assert f.duration(-5) == "0:00"
    assert f.age(-5) == "0.0s"


@pytest.mark.parametrize(("seconds", "shown"), [(0.12, "0.1s"), (5.2, "5s"), (720, "12 min"), (10_800, "3 h")])
def test_ages_have_one_unit(seconds, shown):
    assert f.age(seconds) == shown


@pytest.mark.parametrize(
    ("nanousd", "shown"),
    [
        (0, "$0.00"),
        (41_000_000, "$0.041"),
        (18_420_000_000, "$18.42"),
        (310_000, "$0.0003"),
        (3, "<$0.0001"),
        (12_345_000_000_000, "$12.3k"),
    ],
)
def test_money_shows_what_counts(nanousd, shown):
    assert f.dollars(nanousd) == shown


def test_a_cost_tells_where_it_comes_from():
    recorded = Money(recorded_nanousd=41_000_000, recorded=1)
    computed = Money(computed_nanousd=41_000_000, computed=2)
    unknown = Money(unknown=1)
    assert f.cost(recorded) == "$0.041"
    assert f.cost(computed) == "~$0.041"
    assert f.cost(recorded + unknown) == "≥$0.041"
    assert f.cost(unknown) == "?"
    assert f.cost(Money()) == "–"
    little = Money(computed_nanousd=3, computed=1)
    assert (f.cost(little), f.cost(little + unknown)) == ("<$0.0001", "≥$0.00")
    assert f.cost(Money(), ASCII).isascii()
    assert f.cost(recorded + unknown, ASCII).isascii()


def test_a_clock_shows_the_part_of_a_time_that_matters():
    now = datetime(2026, 11, 20, 12, tzinfo=UTC).astimezone()
    today = now.replace(hour=10, minute=2, second=11).isoformat()
    assert f.clock(today, now) == "10:02:11"
    assert f.clock(now.replace(month=3, day=4).isoformat(), now) == "04 Mar " + now.strftime("%H:%M")
    assert f.clock(now.replace(year=2025).isoformat(), now) == "2025-11-20"
    assert f.clock("no time", now) == f.clock(None, now) == "?"


def test_an_id_is_shown_by_the_letters_that_differ():
    assert f.short_id("01j8k3f2m4n5p6q7r8s9t0v1w2") == "01j…v1w2"
    assert f.short_id("short") == "short"


def test_a_bar_shows_more_than_nothing():
    assert f.bar(0, 4) == "    "
    assert f.bar(0.001, 4) == UNICODE.bar + "   "
    assert f.bar(5, 4) == UNICODE.bar * 4


def test_the_plain_signs_are_plain():
    assert all(sign.isascii() for sign in ASCII)
    scales = ASCII._replace(spark="", spinner=""), UNICODE._replace(spark="", spinner="")  # of as many as there are
    assert [len(sign) for sign in scales[0]] == [len(sign) for sign in scales[1]]


def test_what_one_waits_for():
    assert f.standing(Standing(0, 12_000, 1.0)) == "0 of 12,000 journals read"
    assert f.standing(Standing(3_000, 12_000, 3.0)) == "3,000 of 12,000 journals read, 0:09 left"
    assert f.standing(Standing(12_000, 12_000, 3.0)) == "12,000 of 12,000 journals read"
    assert f.standing(Standing(250_000_000, 1_000_000_000, 2.0, "bytes")) == "250 MB of 1.0 GB read, 0:06 left"
