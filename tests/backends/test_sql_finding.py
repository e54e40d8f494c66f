"""Runs found by what is known of them, and the names that occur."""

from datetime import UTC, datetime

import pytest
from flightlog.backends.sql.tables import derived
from flightlog.core.errors import Conflict, NotFound, StorageError
from flightlog.core.events import Logged, StepStarted
from flightlog.core.pages import Sort
from flightlog.core.query import query_values
from flightlog.core.query.query import EVERYTHING, parse


def test_a_run_is_found_by_id_beginning_end_or_name(small):
    first = small.begin(name="nightly")
    second = small.begin(name="nightly 2")
    assert small.runs.resolve(first) == first
    assert small.runs.resolve(second[-6:]) == second
    assert small.runs.resolve("nightly") == first
    common = first[:6]
    with pytest.raises(Conflict, match=first):
        small.runs.resolve(common)
    for text in ("", "zzz", "%", "_", "night"):
        with pytest.raises(NotFound):
            small.runs.resolve(text)
    for _ in range(6):
        small.begin()
    with pytest.raises(Conflict, match="…"):
        small.runs.resolve(common)


def test_values_are_real_sorted_and_found_by_prefix(small):
    for number in range(3):
        run = small.begin(f"flow-{number}", tags=["night", f"t{number}"], session=f"s{number}")
        small.record(run, StepStarted(step="a", name="a", agent=f"agent-{number}"))
    small.forget(run)
    assert small.runs.values("workflow") == ["flow-0", "flow-1"]
    assert small.runs.values("workflow", "flow-1") == ["flow-1"]
    assert small.runs.values("tag", "t") == ["t0", "t1"]
    assert small.runs.values("tag", limit=1) == ["night"]
    assert small.runs.values("agent") == ["agent-0", "agent-1"]
    assert small.runs.values("session", "s1") == ["s1"]
    assert small.runs.values("status") == ["running"]
    assert small.runs.values("project") == []
    with pytest.raises(StorageError, match="workflow"):
        small.runs.values("nonsense")


def test_recent_runs_and_children(small):
    parent = small.begin("a", version=1)
    kids = [small.begin("b", version=number, parent=parent) for number in (1, 2, 1)]
    assert [run.id for run in small.runs.recent("b")] == kids[::-1]
    assert [run.id for run in small.runs.recent("b", 1, limit=1)] == [kids[2]]
    assert [run.id for run in small.runs.children(parent)] == kids
    assert small.runs.children(kids[0]) == []
    with pytest.raises(NotFound):
        small.runs.children("nothing")


def test_log_text_is_read_where_a_query_asks_for_it(small):
    ids = []
    for number in range(6):
        run = small.begin()
        small.record(run, Logged(level="INFO", message=f"Retry {number % 2}"), Logged(level="INFO", message="end"))
        ids.append(run)
    query = parse('log:"retry 1"')
    page = small.runs.query(query, limit=2)
    rest = small.runs.query(query, limit=2, after=page.next)
    assert [run.id for run in page.items + rest.items] == [ids[5], ids[3], ids[1]]
    assert rest.next is None
    assert small.runs.count(query) == 3
    assert [run.id for run in small.runs.query(parse('-log:"retry 1"')).items] == [ids[4], ids[2], ids[0]]
    after = small.runs.cursor_after(query, Sort(), 2)
    assert [run.id for run in small.runs.query(query, after=after).items] == [ids[1]]


def test_a_query_with_an_age_means_the_moment_of_the_answer(small, monkeypatch):
    small.begin()
    found = []
    for year in (2026, 2036):
        moment = query_values.at(datetime(year, 11, 22, tzinfo=UTC))
        monkeypatch.setattr("flightlog.backends.sql.query_sql.at", lambda now, moment=moment: moment)
        found.append(len(small.runs.query(parse("started<30d")).items))
    assert found == [1, 0]


def test_every_read_brings_the_tables_up_to_date_first(small):
    run = small.begin()
    for read in (
        lambda: small.runs.get(run),
        lambda: small.runs.query(EVERYTHING),
        lambda: small.runs.totals(),
        lambda: small.runs.steps(run),
        lambda: small.logs.counts(run),
        lambda: small.checkpoints.list(run),
        lambda: small.metrics.summary("triage"),
        lambda: small.feed.changes(0),
    ):
        before = small.refreshed
        read()
        assert small.refreshed > before


def test_the_tables_have_what_a_run_needs():
    assert {column.name for column in derived.tables["runs"].c} >= {"revision", "took", "tokens", "nanousd"}


def test_an_id_is_found_however_it_was_read_and_what_is_nearly_one_is_named(small):
    run, other = "01m81yvdm0brgj4ps0jj0h0s0n", "01m81yvg71xy5qk8v0c3d4e9fz"
    small.begin(run=run, name="nightly triage")
    small.begin(run=other, session="ben")
    for text in (run.upper(), "OLM8IYVDM", "JJ0HOS0N"):
        assert small.runs.resolve(text) == run
    nearly = (run[:-1] + "x", run), ("01m82" + run[5:], run), ("nightly traige", "nightly triage")
    for text, near in nearly:
        with pytest.raises(NotFound, match=f"did you mean '{near}'"):
            small.runs.resolve(text)
    with pytest.raises(NotFound, match="lists the runs"):
        small.runs.resolve(run[:-1] + "x", parse("session:ben"))
