"""Times: one width, so that text sorts as time does."""

import threading
from datetime import UTC, datetime

import pytest
from flightlog.core import clock
from hypothesis import given
from hypothesis import strategies as st

FIRST, LAST = -62_135_596_800_000_000_000, 253_402_300_799_999_999_999
moments = st.integers(FIRST, LAST)


@given(moments, moments)
def test_text_sorts_as_time_does(a, b):
    first, second = clock.from_ns(a), clock.from_ns(b)
    assert len(first) == len(second) == 27
    if a // 1000 != b // 1000:
        assert (first < second) == (a < b)
    else:
        assert first == second


@given(st.datetimes(timezones=st.just(UTC)))
def test_the_text_is_iso_8601_to_the_microsecond(moment):
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    microseconds = (elapsed.days * 86_400 + elapsed.seconds) * 1_000_000 + elapsed.microseconds
    assert datetime.fromisoformat(clock.from_ns(microseconds * 1000)) == moment


@given(st.integers(0, 4_000_000_000_000_000))
def test_seconds_and_text_say_the_same(microseconds):
    text = clock.from_ns(microseconds * 1000)
    assert clock.from_seconds(clock.to_seconds(text)) == text


@given(st.one_of(st.integers(), st.floats(allow_nan=False)))
def test_a_moment_that_no_date_can_name_is_the_nearest(number):
    for text in (clock.from_ns(int(min(max(number, -1e300), 1e300))), clock.from_seconds(number)):
        assert len(text) == 27
        datetime.fromisoformat(text)


def test_the_ends_of_time():
    assert clock.from_ns(FIRST - 1) == clock.from_ns(FIRST) == "0001-01-01T00:00:00.000000Z"
    assert clock.from_seconds(float("inf")) == clock.from_ns(LAST) == "9999-12-31T23:59:59.999999Z"
    assert clock.from_ns(-1) == "1969-12-31T23:59:59.999999Z"
    with pytest.raises(ValueError, match="NaN"):
        clock.from_seconds(float("nan"))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:01Z", 1.0),
        ("1970-01-01T00:00:01", 1.0),
        ("1970-01-01T01:00:01+01:00", 1.0),
        ("1970-01-01T00:00:00.250000Z", 0.25),
    ],
)
def test_reading_a_time(text, seconds):
    assert clock.to_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "x", "2026-13-01", "12:30", "\ud800", "2026-11-20T10:00:00Zx"])
def test_what_is_no_time(text):
    with pytest.raises(ValueError, match=r"."):
        clock.to_seconds(text)
    assert clock.between(text, "2026-11-20T10:00:00Z") is None
    assert clock.between("2026-11-20T10:00:00Z", text) is None


def test_between_two_times():
    assert clock.between("2026-11-20T10:00:00.000000Z", "2026-11-20T10:01:12.500000Z") == 72.5
    assert clock.between("2026-09-21T15:13:20.000000Z", "2026-09-22T16:13:29.007001Z") == 90009.007001
    assert clock.between(None, "2026-11-20T10:00:00Z") is None


def test_threads_never_see_a_second_with_the_text_of_another():
    wrong: list[str] = []

    def ask(second: int) -> None:
        wanted = datetime.fromtimestamp(second, UTC).isoformat()[:19]
        for _ in range(3000):
            text = clock.from_ns(second * 1_000_000_000 + 5000)
            if text != f"{wanted}.000005Z":
                wrong.append(text)

    workers = [threading.Thread(target=ask, args=(1_700_000_000 + n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


def test_another_clock_tells_the_time_meanwhile():
    with clock.pretending(lambda: 1_000_000_000):
        assert clock.now() == "1970-01-01T00:00:01.000000Z"
        assert clock.now_s() == 1.0
    assert clock.now() > "2020"


def test_what_is_no_time_has_the_default():
    assert clock.seconds_at("1970-01-01T00:00:01Z") == 1.0
    for text in (None, "", "yesterday", "2026-11-20T99:00:00Z"):
        assert clock.seconds_at(text) is None
        assert clock.seconds_at(text, 7.0) == 7.0
