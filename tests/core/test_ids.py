"""Identifiers: made in order, rejected and never cleaned."""

import os
import threading

import pytest
from flightlog.core import ids
from flightlog.core.clock import pretending
from flightlog.core.errors import StorageError
from hypothesis import given
from hypothesis import strategies as st

LAST_MS = 253_402_300_799_999


def test_ids_of_one_process_ascend_within_a_millisecond_and_when_the_clock_goes_back():
    made = [ids.new_ulid() for _ in range(2000)]
    with pretending(lambda: 1_000_000_000_000_000_000):
        made += [ids.new_ulid() for _ in range(100)]
    made += [ids.new_ulid() for _ in range(100)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert all(map(ids.is_ulid, made))


def test_threads_never_get_the_same_id():
    made: list[str] = []
    workers = [threading.Thread(target=lambda: made.extend(ids.new_ulid() for _ in range(500))) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(set(made)) == 4000


def test_a_forked_child_makes_ids_of_its_own():
    read, write = os.pipe()
    ids.new_ulid()
    child = os.fork()
    if child == 0:
        os.write(write, ids.new_ulid().encode())
        os._exit(0)
    mine = ids.new_ulid()
    os.waitpid(child, 0)
    theirs = os.read(read, 26).decode()
    os.close(read)
    os.close(write)
    assert ids.is_ulid(theirs)
    # Who went on counting from the parent's number would share its first letters.
    assert theirs[10:20] != mine[10:20]


@given(st.integers(0, LAST_MS), st.integers(0, LAST_MS))
def test_an_id_tells_its_time_and_sorts_by_it(a, b):
    first, second = ids.new_ulid(a), ids.new_ulid(b)
    assert ids.time_of(first) == a / 1000
    assert ids.check_run_id(first) == first
    assert len(ids.day_of(first)) == 10
    if a != b:
        assert (first < second) == (a < b)


def test_the_day_is_the_utc_day_of_the_id():
    assert ids.day_of(ids.new_ulid(0)) == "1970-01-01"
    assert ids.day_of(ids.new_ulid(86_399_999)) == "1970-01-01"
    assert ids.day_of(ids.new_ulid(86_400_000)) == "1970-01-02"
    assert ids.day_of(ids.new_ulid(LAST_MS)) == "9999-12-31"


@pytest.mark.parametrize("ms", [-1, LAST_MS + 1, 2**48])
def test_no_id_is_made_of_a_time_that_no_date_can_name(ms):
    with pytest.raises(ValueError, match="no ULID"):
        ids.new_ulid(ms)


BAD = [
    "",
    ".",
    "..",
    "../x",
    "/etc",
    "a/../../b",
    "a\0b",
    "a\nb",
    "a ",
    " a",
    "~",
    "-rf",
    "$(touch x)",
    "%2e%2e",
    "é",
    "a:b",
]


@pytest.mark.parametrize(
    "text", [*BAD, "a\\b", "x" * 129, "_a", ".hidden", "a.", "a\u202eb", "a\n", "٣", None, 7, b"a"]
)
def test_what_is_no_id_is_rejected(text):
    with pytest.raises(StorageError, match="cannot be a workflow id"):
        ids.check_id(text, "workflow")


@pytest.mark.parametrize("text", ["a", "A1", "0", "a.b_c-d", "x" * 128, "CON", "v1.2"])
def test_what_is_an_id_comes_back(text):
    assert ids.check_id(text, "workflow") == text


@pytest.mark.parametrize(
    "text",
    [
        *BAD,
        "01jd2k0000000000000000000",  # 25 letters
        "01jd2k0000000000000000000ab",
        "01JD2K0000000000000000000A",  # upper case
        "01jd2k00000000000000000i0a",  # i, l, o, u are no letters of it
        "81jd2k0000000000000000000a",  # over 128 bits
        "7zzzzzzzzzzzzzzzzzzzzzzzzz",  # the year 10889
        "76ez91zq000000000000000000",  # the year 10000
        "01jd2k0000000000000000000a\n",
        None,
        7,
    ],
)
def test_what_is_no_run_id_is_rejected(text):
    with pytest.raises(StorageError, match="is not a run id"):
        ids.check_run_id(text)


def test_every_run_id_has_a_day():
    assert ids.day_of(ids.check_run_id("76ez91zpzzzzzzzzzzzzzzzzzz")) == "9999-12-31"
