"""What the logs of runs say narrows sums of money as everything else does: the same sums as within a tag."""

import pytest
from flightlog.core.budgets import budget_of, look
from flightlog.core.clock import pretending, to_seconds
from flightlog.core.costs import GroupBy
from flightlog.core.errors import StorageError
from flightlog.core.query.query import EVERYTHING, equals, parse
from flightlog.core.runs import cost_of

BY = GroupBy.__args__
MIDNIGHT = int(to_seconds("2026-11-20T00:00:00Z")) * 1_000_000_000
SAME = [
    ("log:time", "tag:says-0|says-1"),
    ('log:"time out"', "tag:says-1"),  # the words' places are in the logs alone
    ("-log:time", "-tag:says-0|says-1"),
    ('-log:"time out" log:out', "tag:says-0"),
    ("log:never", "tag:never"),
    ('log:"time out"|nothing session:ana', "tag:says-1|says-2 session:ana"),
]


@pytest.fixture
def spent(store):
    """Eight runs, each with a call before midnight and one after it; and the store."""
    for n in range(8):
        with pretending(lambda: MIDNIGHT - 2_000_000_000):
            tags, session = [f"says-{n % 3}"], "ana" if n < 5 else None
            run = store.run("triage", version=n % 2 + 1, tags=tags, session=session)
            run.log(("the time is out", "a time out", "nothing")[n % 3])
            with run.step("plan", agent="planner") as step:
                step.cost(model="m-1", input_tokens=3, nanousd=1 << n)
        with pretending(lambda: MIDNIGHT + 2_000_000_000):
            if n != 4:
                run.cost(model="m-2", input_tokens=1, nanousd=None if n == 1 else 1 << (n + 20))
            run.finish()
    return store


def test_costs_within_what_logs_say_are_those_within_a_tag(spent):
    one = spent.scoped(session="ana")
    for logs, tags in SAME:
        log, tag = parse(logs), parse(tags)
        for by in BY:
            for since in ("", "2026-11-20", "2026-11-21"):
                within = (by, logs, since)
                assert spent.runs.costs(by, log, since=since) == spent.runs.costs(by, tag, since=since), within
                assert one.runs.costs(by, log, since=since) == spent.runs.costs(
                    by, tag & equals("session", "ana"), since=since
                ), within
    found = spent.runs.costs("day", parse('log:"time out"'))
    assert [(day.key, day.calls, day.money.known_nanousd, day.money.unknown) for day in found] == [
        ("2026-11-20", 2, 1 << 27, 1),
        ("2026-11-19", 3, (1 << 1) + (1 << 4) + (1 << 7), 0),
    ]


def test_a_budget_may_be_for_runs_that_say_something(spent):
    with pretending(lambda: MIDNIGHT + 3_600_000_000_000):
        for logs, tags in SAME:
            log, tag = (
                look([budget_of(text, "day", 1), budget_of(text, "week", 1)], spent.runs) for text in (logs, tags)
            )
            assert [(one.spent_nanousd, one.unknown) for one in log] == [
                (one.spent_nanousd, one.unknown) for one in tag
            ], logs


def test_a_sum_beyond_what_a_database_counts_is_the_largest_number_and_never_a_float(store):
    """Agents that count in a wrong unit: each run is within 64 bits, and all of them are not."""
    most, dollars, calls = 2**63 - 1, 9_000_000 * 10**9, 400
    for name in ("one", "two", "three"):
        with store.run("triage", version=1, session="ana", name=name) as run, run.step("plan", agent="planner") as step:
            for _ in range(calls):
                step.cost(model="m-1", input_tokens=2**53 - 1, nanousd=dollars)
    within = parse("workflow:triage tag:none|session:ana -status:failed")
    for query in (EVERYTHING, within):
        sums = [store.runs.costs(by, query) for by in BY if by != "run"]
        spent = [store.runs.spending(every, by, query) for every in ("day", "minute") for by in ("model", "workflow")]
        found = [one for group in (*sums, *spent) for one in group]
        assert sum(one.calls for one in found) == (len(sums) + len(spent)) * 3 * calls  # a minute may pass meanwhile
        if len(found) == len(sums) + len(spent):
            assert {(one.money.recorded_nanousd, one.tokens.input) for one in found} == {(most, most)}
        assert {type(one.money.recorded_nanousd) for one in found} == {int}
        assert [one.money.recorded_nanousd for one in store.runs.costs("run", query)] == [dollars * calls] * 3
        assert store.runs.sessions(query).items[0].money.recorded_nanousd == most
        summed = store.metrics.outcomes("triage", within=query)[0]
        assert (summed.money.recorded_nanousd, summed.tokens.input) == (most, most)
        assert store.runs.totals(query).today.recorded_nanousd <= most


def test_since_what_is_neither_a_day_nor_a_time_is_refused_in_a_sentence(spent):
    for since in ("yesterday", "2026-13-45", "\x1b]"):
        for ask in (
            lambda since: spent.runs.costs("day", EVERYTHING, since=since),
            lambda since: spent.runs.spending("day", "model", since=since),
        ):
            with pytest.raises(StorageError, match="since is no time"):
                ask(since)
    calls = [
        sum(day.calls for day in spent.runs.costs("model", EVERYTHING, since=since))
        for since in ("2026-11-19T23:59:59Z", "2026-11-20T01:59:59+02:00", "2026-11-20", "2026-11-20T00:00:00Z")
    ]
    assert calls == [7, 7, 7, 7]


def test_runs_by_what_they_cost_come_by_pages(spent):
    with spent.run("triage", version=1):
        pass  # and calls no model
    for text, whole in (("", 8), ("log:time", 6), ("version:1", 4)):
        query, found, after = parse(text), [], None
        while True:
            page = spent.runs.spenders(query, limit=3, after=after)
            found += page.items
            if (after := page.next) is None:
                break
        assert [cost_of(run) for run in found] == spent.runs.costs("run", query) and len(found) == whole
        within = spent.scoped(session="ana").runs.spenders(query).items
        assert [run.id for run in within] == [run.id for run in found if run.session == "ana"]
