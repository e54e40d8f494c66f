"""LogRepository, CheckpointRepository, MetricsRepository: what is read of runs."""

import pytest
from flightlog.core import events as e
from flightlog.core.errors import NotFound, Stopped
from flightlog.core.ids import new_ulid
from flightlog.core.logs import CutEntry, LogEntry, LogFilter
from flightlog.core.metrics import Pattern
from flightlog.core.progress import Progress, telling
from flightlog.core.query.query import EVERYTHING, parse
from hypothesis import given, settings
from hypothesis import strategies as st

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def logged(store, number=40, **facts):
    writer = store.recording.begin(e.RunStarted(run=new_ulid(), workflow=facts.pop("workflow", "w")))
    for n in range(number):
        writer.append(e.MessageSent(sender="a", content=n))
        details = {"level": LEVELS[n % 4], "message": f"Line {n} ÄÖ", "kind": "api_call" if n % 5 == 0 else ""}
        writer.append(e.Logged(**details, step="s" if n % 2 else None, request_id=f"r{n % 3}"))
    return writer


# --- LogRepository -----------------------------------------------------------------------------------


def test_query_gives_the_last_entries_in_order_of_seq(store):
    writer = logged(store)
    page = store.logs.query(writer.run, limit=5)
    assert [entry.message for entry in page] == [f"Line {n} ÄÖ" for n in range(35, 40)]
    older = store.logs.query(writer.run, limit=5, before=page[0].seq)
    assert [entry.message for entry in older] == [f"Line {n} ÄÖ" for n in range(30, 35)]
    newer = store.logs.query(writer.run, limit=3, after=older[-1].seq)
    assert newer == page[:3]
    assert store.logs.query(writer.run, after=page[-1].seq) == []
    writer.close()


def test_a_long_entry_is_cut_only_for_who_asks_and_tells_its_size(store):
    writer = logged(store)
    writer.append(e.Logged(level="ERROR", message="x" * 300_000 + "END", details={"n": 1}))
    (whole,) = store.logs.query(writer.run, limit=1)
    assert (len(whole.message), whole.details) == (300_003, {"n": 1})
    before, cut = store.logs.query(writer.run, limit=2, longest=1 << 17)
    assert type(before) is LogEntry
    assert isinstance(cut, CutEntry)
    assert len(cut.message) < 100_000
    assert 300_000 < cut.size < 301_000
    assert store.logs.query(writer.run, LogFilter(text="xEND"), longest=1 << 17) == []
    assert store.logs.query(writer.run, LogFilter(text="xEND")) == [whole]
    writer.close()


@pytest.mark.parametrize(
    "filter",
    [
        LogFilter(level="WARNING"),
        LogFilter(level="ERROR", step="s"),
        LogFilter(kind="api_call"),
        LogFilter(request_id="r1"),
        LogFilter(text="LINE 1"),
        LogFilter(text="äö", level="INFO", request_id="r2"),
        LogFilter(text="nowhere"),
    ],
    ids=str,
)
def test_every_condition_of_a_filter_must_hold_on_each_page(store, filter):
    writer = logged(store)
    whole = [entry for entry in store.logs.query(writer.run, limit=1000) if filter.accepts(entry)]
    assert store.logs.query(writer.run, filter, limit=1000) == whole
    forward, after = [], 0
    while page := store.logs.query(writer.run, filter, limit=3, after=after):
        forward += page
        after = page[-1].seq
    back, before = [], None
    while page := store.logs.query(writer.run, filter, limit=3, before=before):
        back = page + back
        before = page[0].seq
    assert forward == back == whole
    writer.close()


def test_counts_by_level(store):
    writer = logged(store, 41)
    assert store.logs.counts(writer.run) == {"DEBUG": 11, "INFO": 10, "WARNING": 10, "ERROR": 10}
    writer.close()


def test_search_ignores_case_newest_run_first_in_the_matching_runs(store):
    old, new, other = logged(store, 3), logged(store, 3), logged(store, 3, workflow="v")
    found = list(store.logs.search("line 2 äö", parse("workflow:w")))
    assert [entry.run for entry in found] == [new.run, old.run]
    assert list(store.logs.search("nowhere", EVERYTHING)) == []
    for writer in (old, new, other):
        writer.close()


def test_search_ends_soon_after_stop_becomes_true(store):
    writers = [logged(store, 30) for _ in range(20)]
    stopped = []
    for entry in store.logs.search("line", EVERYTHING, stop=lambda: bool(stopped)):
        stopped.append(entry)
    assert 0 < len(stopped) < 300
    for writer in writers:
        writer.close()


def test_a_scan_ends_soon_after_stop(store):
    writer = logged(store, 600)
    whole = list(store.logs.scan(writer.run, "line 1*"))
    assert [entry.message for entry in whole] == [f"Line {n} ÄÖ" for n in range(600) if str(n)[0] == "1"]
    stopped = []
    for entry in store.logs.scan(writer.run, "line", stop=lambda: bool(stopped)):
        stopped.append(entry)
    assert 0 < len(stopped) < 500
    writer.close()


def test_a_search_calls_searched_after_each_run_that_it_went_through(store):
    writers = [logged(store, 3) for _ in range(4)] + [logged(store, 1) for _ in range(3)]
    searched = []
    found = list(store.logs.search("line 2", EVERYTHING, searched=lambda: searched.append(1)))
    assert len(found) == 4
    assert 4 <= len(searched) <= 7
    for writer in writers:
        writer.close()


# --- CheckpointRepository ------------------------------------------------------------------------------


def test_checkpoints_are_listed_in_the_order_they_were_taken_with_their_parents(store):
    with store.run("w") as run:
        first = run.checkpoint({"a": 1, "b": [1]}, label="first")
        second = run.checkpoint({"a": 1, "b": [1, 2]})
        branch = run.checkpoint({"a": 2}, parent=first)
    found = store.checkpoints.list(run.id)
    assert [(c.id, c.parent, c.keys) for c in found] == [(first, None, 2), (second, first, 2), (branch, first, 1)]
    assert (found[0].label, found[1].changed, store.checkpoints.get(second)) == ("first", ("b",), found[1])


def test_a_run_that_starts_at_anothers_checkpoint_has_a_copy_of_that_one_state(store):
    state = {"messages": ["hello", "wörld"], "plan": {"n": 2**70}}
    with store.run("w") as first:
        first.checkpoint({"messages": ["hello"]})
        fork = first.checkpoint(state, opaque={"pickle": b"\x80\x04."})
        first.checkpoint({"messages": ["later"]})
        with store.run("w", from_checkpoint=fork) as early:
            own = early.checkpoint({"messages": ["hello", "wörld", "on"]})
    with store.run("w", from_checkpoint=fork) as late:
        pass
    for branch, checkpoints in ((early, 2), (late, 1)):
        found = store.checkpoints.list(branch.id)
        assert store.runs.get(branch.id).from_checkpoint == fork
        assert (len(found), found[0].parent, found[0].label) == (checkpoints, None, f"from run {first.id}")
        assert store.checkpoints.state(found[0].id) == store.checkpoints.state(fork)
        assert store.checkpoints.stored(found[0].id).opaque == {"pickle": b"\x80\x04."}
        assert {one.digest for one in store.checkpoints.keys(found[0].id)} == {
            one.digest for one in store.checkpoints.keys(fork)
        }
    assert store.checkpoints.get(own).parent == store.checkpoints.list(early.id)[0].id
    assert store.checkpoints.list(early.id)[1].changed == ("messages", "pickle", "plan")


def test_an_empty_state_is_a_state(store):
    with store.run("w") as first:
        empty = first.checkpoint({})
    assert (store.checkpoints.state(empty), store.checkpoints.stored(empty).values) == ({}, {})
    with store.run("w", from_checkpoint=empty) as run:
        pass
    assert [store.checkpoints.state(found.id) for found in store.checkpoints.list(run.id)] == [{}]


def test_a_state_that_cannot_be_copied_hinders_no_run_and_is_said(store):
    with store.run("w", from_checkpoint="01nowhere") as run:
        run.log("on")
    told, _ = store.logs.query(run.id)
    assert told.level == "WARNING" and "01nowhere" in told.message
    assert store.checkpoints.list(run.id) == []


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


def test_state_is_the_whole_state_as_it_was_given(store):
    with store.run("w") as run:

        @settings(max_examples=25)
        @given(st.dictionaries(st.text(min_size=1, max_size=8), json_values, max_size=5))
        def same(state):
            saved = run.checkpoint(state)
            assert store.checkpoints.state(saved) == state
            assert {key.key for key in store.checkpoints.keys(saved)} == set(state)
            for key, value in state.items():
                assert store.checkpoints.value(saved, key) == value
            assert store.checkpoints.values(saved, list(state)) == state

        same()


def test_keys_with_their_sizes_by_key(store):
    with store.run("w") as run:
        saved = run.checkpoint({"b": "xyz", "a": [1, 2]})
    assert [(key.key, key.size_bytes) for key in store.checkpoints.keys(saved)] == [("a", 5), ("b", 5)]


def test_diff_and_blame(store):
    with store.run("w") as run:
        with run.step("one"):
            a = run.checkpoint({"same": 1, "changed": [1], "gone": 0})
        with run.step("two"):
            b = run.checkpoint({"same": 1, "changed": [1, 2], "new": True})
    with store.run("w") as other:
        c = other.checkpoint({"same": 2})
    changes = {
        change.key: (change.kind, change.before, change.after) for change in store.checkpoints.diff(a, b).changes
    }
    assert changes == {"changed": ("changed", [1], [1, 2]), "gone": ("removed", 0, None), "new": ("added", None, True)}
    assert [change.key for change in store.checkpoints.diff(a, c).changes if change.kind == "changed"] == ["same"]
    assert store.checkpoints.blame(b, "same").since == a
    assert store.checkpoints.blame(b, "changed").since == b
    keys = [key.key for key in store.checkpoints.keys(b)]
    assert store.checkpoints.blames(b) == [store.checkpoints.blame(b, key) for key in keys]
    progress = Progress()
    with telling(progress):
        store.checkpoints.blames(b)
        progress.stop()
        with pytest.raises(Stopped):
            store.checkpoints.blame(b, "same")
    checkpoints = store.checkpoints
    asked = (checkpoints.blame, checkpoints.value, lambda of, key: checkpoints.values(of, ["same", key]))
    for ask in asked:
        with pytest.raises(NotFound):
            ask(b, "gone")


# --- MetricsRepository -----------------------------------------------------------------------------------


def test_summary_and_outcomes_of_the_finished_runs(store):
    for n in range(6):
        with store.run("w", version=n % 2 + 1) as run:
            run.cost(model="m", input_tokens=10, nanousd=5)
            if n == 5:
                run.fail("boom")
    going = store.run("w", version=1)
    whole = store.metrics.summary("w")
    assert (whole.runs, whole.completed, whole.failed, whole.tokens.input, whole.money.nanousd) == (6, 5, 1, 60, 30)
    assert whole.p50_s is not None and whole.p95_s >= whole.p50_s
    assert store.metrics.summary("w", 2).failed == 1 and store.metrics.summary("unknown").success is None
    assert [(outcome.version, outcome.runs) for outcome in store.metrics.outcomes("w")] == [(1, 3), (2, 3)]
    going.finish()


def test_patterns_of_the_same_name_are_merged_most_frequent_first(store):
    store.metrics.record_pattern(Pattern(workflow="w", name="rare", count=2, evidence=("a",)))
    store.metrics.record_pattern(Pattern(workflow="w", name="often", count=2, evidence=("a",), first_seen="2026-01-02"))
    store.metrics.record_pattern(Pattern(workflow="w", name="often", description="d", evidence=("a", "b")))
    found = store.metrics.patterns("w")
    assert [(p.name, p.count, p.evidence, p.description) for p in found] == [
        ("often", 3, ("a", "b"), "d"),
        ("rare", 2, ("a",), ""),
    ]
    assert found[0].first_seen == "2026-01-02T00:00:00.000000Z" and store.metrics.patterns("v") == []
