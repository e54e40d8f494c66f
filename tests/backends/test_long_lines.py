"""Entries too long to be part of a page: cut with their true size told, whole when asked for, and never lost."""

import flightlog
import pytest
from flightlog.backends.journal import readable
from flightlog.backends.journal.long_lines import LARGEST, shortened, size_told, whole_line
from flightlog.backends.journal.reader import LongLine, read_lines
from flightlog.core.events import Logged, decode, encode
from flightlog.core.logs import CutEntry, LogFilter
from flightlog.tui.logs.window import LogReading
from hypothesis import given
from hypothesis import strategies as st

NASTY = st.text(st.sampled_from('ab"\\\n\x00é你😀{},:') | st.characters(codec="utf-8"), max_size=80)


def logged(message: str, level: str = "INFO", **more) -> Logged:
    return Logged(seq=7, t="2026-11-20T10:00:00.000000Z", level=level, message=message, **more)


@given(NASTY, st.sampled_from(["", "api_call"]), st.none() | NASTY.filter(bool), NASTY, st.integers(70, 400))
def test_a_shortened_line_tells_what_the_whole_one_does(message, kind, step, request, size):
    event = Logged(
        seq=7,
        t="2026-11-20T10:00:00.000000Z",
        level="ERROR",
        message=message * 9,
        kind=kind,
        step=step,
        request_id=request,
    )
    line = encode(event)
    head, end = line[:size], line[max(len(line) - 300, 0) :]
    short = shortened(head, end, len(line))
    if short is None:
        assert size < 90  # the head ends before the message begins
        return
    told = decode(short)
    assert (told.seq, told.t, told.level) == (event.seq, event.t, event.level)
    assert event.message.startswith(told.message)
    assert size_told(short) == len(line)
    assert size_told(line) is None
    assert told.step in (None, event.step)


@given(NASTY, st.integers(0, 60))
def test_the_step_of_a_long_message_is_known_from_the_end(message, extra):
    event = Logged(
        seq=7,
        t="2026-11-20T10:00:00.000000Z",
        level="INFO",
        message="x" * 300 + message + "y" * extra,
        step="s12",
        kind="k",
    )
    line = encode(event)
    told = decode(shortened(line[:200], line[-(120 + extra) :], len(line)))
    assert told.step in ("s12", None)
    if "\\" not in line[-(120 + extra) :].decode("utf-8", "ignore") and '"' not in message:
        assert (told.step, told.kind) == ("s12", "k")


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_what_is_no_entry_is_not_made_one(head, end):
    assert shortened(head, end, 10**6) is None


def test_only_what_begins_and_ends_as_an_event_is_held_whole(tmp_path):
    event = encode(logged("x" * 5000))
    path = tmp_path / "lines"
    lines = [event, b"j" * 6000, event[:-30] + b"z" * 30, b"j" + event[1:]]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    found = list(read_lines(path, longest=100))
    assert all(isinstance(line, LongLine) for _, line in found)
    assert [whole_line(path, offset, line) for offset, line in found] == [event, None, None, None]
    assert whole_line(path, 0, LongLine(event, LARGEST + 1)) is None


@pytest.fixture(params=["file", "sqlite"])
def wordy(request, tmp_path):
    """A store with a run of three entries, of which the second has a megabyte."""
    with flightlog.open(tmp_path / "data", storage=request.param) as store:
        with store.run("wordy") as run, run.step("plan") as step:
            step.log("before")
            step.log("é" * 500_000 + "END", level="ERROR", request_id="req-1", n=1)
            step.log("after")
        yield store, run.id


def test_a_page_has_the_beginning_of_a_long_entry_and_its_true_size(wordy):
    store, run = wordy
    before, long, after = store.logs.query(run, longest=1 << 17)
    assert (before.message, after.message) == ("before", "after")
    assert isinstance(long, CutEntry)
    assert not isinstance(before, CutEntry)
    assert long.message.startswith("é" * 10_000)
    assert len(long.message) < 70_000
    assert 1_000_000 < long.size < 1_001_000
    assert (long.level, long.step, long.request_id) == ("ERROR", before.step, "req-1")
    assert [one.seq for one in store.logs.query(run, LogFilter(level="ERROR"), longest=1 << 17)] == [long.seq]
    assert [one.seq for one in store.logs.query(run, LogFilter(step=long.step), longest=1 << 17, after=0)] == [
        before.seq,
        long.seq,
        after.seq,
    ]


def test_what_is_not_asked_to_be_short_is_whole(wordy):
    store, run = wordy
    assert [len(one.message) for one in store.logs.query(run)] == [6, 500_003, 5]
    assert store.logs.counts(run)["ERROR"] == 1
    seq = store.logs.query(run, LogFilter(level="ERROR"))[0].seq
    assert store.runs.event(run, seq).message.endswith("END")


def test_an_unpaged_log_costs_what_is_shown_whatever_its_length(tmp_path, monkeypatch):
    read = []
    pread = readable.os.pread
    costs = []
    with flightlog.open(tmp_path / "data", storage="file") as store:
        for entries in (2_000, 20_000):
            with store.run("long") as run:
                for n in range(entries):
                    run.log(f"entry number {n} of many " + "x" * 100)
            reading = LogReading(store.logs, run.id, LogFilter())
            reading.end()  # what was recorded last is taken into the index
            with monkeypatch.context() as patch:
                patch.setattr(readable.os, "pread", lambda *given: read.append(pread(*given)) or read[-1])
                for look in (reading.end, lambda of=reading: of.end("oldest")):
                    read.clear()
                    assert len(look().entries) == 200
                    costs.append(sum(map(len, read)))
    tail, head, long_tail, long_head = costs
    assert long_tail <= tail + 1000
    assert long_tail < 2 << 17
    assert long_head <= head + 1000 + (2 << 20)


@pytest.mark.heavy
@pytest.mark.parametrize("storage", ["file", "sqlite"])
def test_an_entry_of_a_hundred_megabytes_is_recorded_paged_over_and_read_whole(storage, tmp_path):
    size = 100_000_000
    with flightlog.open(tmp_path / "data", storage=storage) as store:
        with store.run("huge") as run:
            run.log("before")
            run.log("x" * size + "END", n=1)
            run.log("after")
        page = LogReading(store.logs, run.id, LogFilter()).end().entries
        assert [entry.message[:6] for entry in page] == ["before", "xxxxxx", "after"]
        assert page[1].size > size
        assert sum(len(entry.message) for entry in page) < 100_000
        assert store.runs.event(run.id, page[1].seq).message.endswith("END")
        assert not [found.what for found in store.upkeep.check() if "not read" in found.what]
