"""Log entries from the recorded bytes: in order, from the end, at the cost of what is shown."""

import hypothesis.strategies as st
from flightlog.core.events import LEVELS, Logged, StepStarted
from flightlog.core.logs import LogFilter
from flightlog.core.query.query import EVERYTHING, parse
from hypothesis import HealthCheck, given, settings

ENTRY = st.builds(
    Logged,
    level=st.sampled_from(LEVELS),
    message=st.sampled_from(["Retry", "straße", "done"]),
    kind=st.sampled_from(["", "api_call"]),
    step=st.sampled_from([None, "s"]),
    request_id=st.sampled_from(["", "r1"]),
)
FILTER = st.builds(
    LogFilter,
    level=st.sampled_from(LEVELS),
    kind=st.sampled_from(["", "api_call"]),
    step=st.sampled_from([None, "s"]),
    request_id=st.sampled_from(["", "r1"]),
    text=st.sampled_from(["", "retry", "STRASSE"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    entries=st.lists(ENTRY, max_size=30),
    filter=FILTER,
    limit=st.integers(1, 9),
    place=st.integers(0, 35),
)
def test_what_is_shown_is_what_the_filter_accepts(small, entries, filter, limit, place):
    run = small.begin()
    small.record(run, *entries)
    everything = small.logs.query(run, limit=1000)
    assert [entry.message for entry in everything] == [entry.message for entry in entries]
    accepted = [entry for entry in everything if filter.accepts(entry)]
    assert small.logs.query(run, filter, limit=limit) == accepted[-limit:]
    before = [entry for entry in accepted if entry.seq < place]
    assert small.logs.query(run, filter, limit=limit, before=place) == before[-limit:]
    after = [entry for entry in accepted if entry.seq > place]
    assert small.logs.query(run, filter, limit=limit, after=place) == after[:limit]
    between = [entry for entry in after if entry.seq < place + 9]
    assert small.logs.query(run, filter, limit=limit, after=place, before=place + 9) == between[:limit]


def test_the_end_of_a_long_log_costs_what_it_shows(small):
    run = small.begin()
    small.record(run, *(Logged(level="INFO", message=f"line {number}") for number in range(3000)))
    small.bodies.lines_read = 0
    assert len(small.logs.query(run, limit=50)) == 50
    assert small.bodies.lines_read == 50
    small.bodies.lines_read = 0
    assert [entry.message for entry in small.logs.query(run, LogFilter(text="line 2999"), limit=1)] == ["line 2999"]
    assert small.bodies.lines_read <= 64


def test_counts_by_level(small):
    run = small.begin()
    for level, count in zip(LEVELS, (1, 2, 3, 4), strict=True):
        small.record(run, *(Logged(level=level, message="x") for _ in range(count)))
    assert small.logs.counts(run) == {"DEBUG": 1, "INFO": 2, "WARNING": 3, "ERROR": 4}


def test_an_entry_comes_whole(small):
    run = small.begin()
    small.record(run, StepStarted(step="s", name="s"))
    logged = Logged(level="ERROR", message="m", kind="error", step="s", request_id="r", details={"a": [1]})
    (seq,) = small.record(run, logged)
    (entry,) = small.logs.query(run)
    assert (entry.run, entry.seq, entry.t, entry.level) == (run, seq, logged.t, "ERROR")
    assert (entry.kind, entry.step, entry.request_id, entry.details) == ("error", "s", "r", {"a": [1]})


def test_a_damaged_entry_hides_no_other(small):
    run = small.begin()
    seqs = small.record(run, *(Logged(level="INFO", message=str(number)) for number in range(3)))
    small.damage_line(run, seqs[1])
    assert [entry.message for entry in small.logs.query(run)] == ["0", "2"]
    assert [entry.message for entry in small.logs.search("", EVERYTHING)] == ["0", "2"]


def test_search_goes_from_the_newest_run_and_ends_when_told(small):
    ids = [small.begin(f"w{number % 2}") for number in range(4)]
    for run in ids:
        small.record(run, *(Logged(level="INFO", message=text) for text in ("Needle one", "hay", "needle two")))
    found = list(small.logs.search("NEEDLE", EVERYTHING))
    assert [entry.run for entry in found] == [run for run in reversed(ids) for _ in range(2)]
    assert [entry.seq for entry in found[:2]] == [2, 4]
    assert {entry.run for entry in small.logs.search("needle", parse("workflow:w1"))} == {ids[1], ids[3]}
    stopped = small.logs.search("needle", EVERYTHING, stop=lambda: len(seen) >= 2)
    seen = []
    for entry in stopped:
        seen.append(entry)
    assert [entry.run for entry in seen] == [ids[3]] * 2
    assert list(small.logs.search("needle", EVERYTHING, stop=lambda: True)) == []
