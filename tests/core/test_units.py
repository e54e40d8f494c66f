"""Amounts and moments as people type them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from flightlog.core import units
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("read", "text", "amount"),
    [
        (units.count_of, "12", 12),
        (units.count_of, "1.5k", 1500),
        (units.count_of, "1M", 1_000_000),
        (units.count_of, "1.5", 1.5),
        (units.count_of, "9" * 30, units.LARGEST),
        (units.bytes_of, "10MB", 10_000_000),
        (units.bytes_of, "10 kB", 10_000),
        (units.bytes_of, "10mb", 10_000_000),
        (units.bytes_of, "1MiB", 1 << 20),
        (units.bytes_of, "1.5G", 1_500_000_000),
        (units.bytes_of, "7", 7),
        (units.seconds_of, "1m30s", 90.0),
        (units.seconds_of, "500ms", 0.5),
        (units.seconds_of, "0.1s", 0.1),
        (units.seconds_of, "2d", 172_800.0),
        (units.seconds_of, "2 days", 172_800.0),
        (units.seconds_of, "1week2hours3min4secs", 612_184.0),
        (units.seconds_of, "45", 45.0),
        (units.nanousd_of, "$0.5", 500_000_000),
        (units.nanousd_of, "0.000000001", 1),
        (units.nanousd_of, "99999999999999", units.LARGEST),
        (units.number_of, "-0.5", -0.5),
        (units.number_of, "1e-3", 0.001),
        (units.number_of, "1k", 1000.0),
    ],
)
def test_amounts(read, text, amount):
    assert read(text) == amount


@given(st.text(max_size=12))
@pytest.mark.parametrize("read", [units.count_of, units.bytes_of, units.seconds_of, units.nanousd_of, units.number_of])
def test_what_is_no_amount_is_a_value_error_and_nothing_else(read, text):
    with suppress(ValueError):
        assert read(text) >= 0 or read is units.number_of


@pytest.mark.parametrize("text", ["", "abc", "1x", "1month", "1mo", "-1", "1..2", "٣", "1e5", "inf", "nan"])
@pytest.mark.parametrize("read", [units.count_of, units.bytes_of, units.seconds_of, units.nanousd_of])
def test_refused_amounts(read, text):
    with pytest.raises(ValueError, match="wanted"):
        read(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026", "2026-01-01T00:00:00.000000Z", "2027-01-01T00:00:00.000000Z"),
        ("2026-12", "2026-12-01T00:00:00.000000Z", "2027-01-01T00:00:00.000000Z"),
        ("2026-11-20", "2026-11-20T00:00:00.000000Z", "2026-11-21T00:00:00.000000Z"),
        ("2026-11-20T10", "2026-11-20T10:00:00.000000Z", "2026-11-20T11:00:00.000000Z"),
        ("2026-11-20T10:30", "2026-11-20T10:30:00.000000Z", "2026-11-20T10:31:00.000000Z"),
        ("2026-11-20T10:30:05", "2026-11-20T10:30:05.000000Z", "2026-11-20T10:30:06.000000Z"),
        ("2026-11-20T10:30:05.5", "2026-11-20T10:30:05.500000Z", "2026-11-20T10:30:05.500001Z"),
        ("2026-11-20T10:30+02:00", "2026-11-20T08:30:00.000000Z", "2026-11-20T08:31:00.000000Z"),
        ("yesterday", "2026-11-20T00:00:00.000000Z", "2026-11-21T00:00:00.000000Z"),
        ("today", "2026-11-21T00:00:00.000000Z", "2026-11-22T00:00:00.000000Z"),
        ("9999-12-31", "9999-12-31T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_what_a_date_spans(text, start, end):
    assert units.span_of(text, NOW, UTC) == (start, end)


def test_a_date_is_one_of_the_zone():
    east = timezone(timedelta(hours=5))
    assert units.span_of("2026-11-20", NOW, east).start == "2026-11-19T19:00:00.000000Z"
    assert units.span_of("2026-11-20Z", NOW, east).start == "2026-11-20T00:00:00.000000Z"


def test_a_date_without_zone_is_one_of_the_machine(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        # Summer and winter time are each taken where they hold, whatever holds now.
        assert units.span_of("2026-07-01", NOW).start == "2026-06-30T22:00:00.000000Z"
        assert units.span_of("2026-11-01", NOW).start == "2026-10-31T23:00:00.000000Z"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-02-30", "26-01-01", "2026-11-20T25", "tomorrow", "0000", "12:30"]
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        units.span_of(text, NOW, UTC)


@given(
    st.from_regex(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}(:[0-9]{2})?)?)?)?(Z|[+-][0-9]{2}:[0-9]{2})?", fullmatch=True)
)
def test_dates_at_the_edges_of_time_do_no_harm(text):
    try:
        start, end = units.span_of(text, NOW, timezone(timedelta(hours=-12)))
    except ValueError:
        return
    assert start < end
    assert len(start) == len(end) == 27


def test_ages_count_back_from_now():
    assert units.ago("2d", NOW) == "2026-11-19T12:00:00.000000Z"
    assert units.ago("9999999999w", NOW).startswith("0001-")
    assert units.is_age("1h30m")
    assert not units.is_age("2026")
    assert not units.is_age("")
