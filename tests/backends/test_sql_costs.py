"""Sums of money: the same from rollups, from runs and from calls; unknown is counted apart."""

from collections import defaultdict
from functools import cache
from itertools import product

import hypothesis.strategies as st
import pytest
from flightlog.backends.postgres.engine import open_server
from flightlog.backends.postgres.server_url import ServerUrl
from flightlog.backends.sql import cost_queries, run_doing, spending
from flightlog.backends.sql.query_sql import Known, where
from flightlog.backends.sql.tables import runs
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.costs import Money
from flightlog.core.events import CostPriced, CostRecorded, Logged, MetricReported, RunFinished, StepStarted
from flightlog.core.query.query import EVERYTHING, Query, parse
from flightlog.core.runs import cost_of
from hypothesis import HealthCheck, given, settings
from sqlalchemy import insert, select

DAYS = ["2026-11-20T23:59:59.000000Z", "2026-11-21T00:00:00.000000Z"]
CALL = st.builds(
    CostRecorded,
    t=st.sampled_from(DAYS),
    model=st.sampled_from(["m1", "m2", ""]),
    agent=st.sampled_from(["", "planner"]),
    step=st.sampled_from([None, "s1", "gone"]),
    input_tokens=st.integers(0, 9),
    output_tokens=st.integers(0, 9),
    nanousd=st.none() | st.integers(0, 50),
)
RUN = st.tuples(
    st.sampled_from(["w1", "w2"]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, "ana"]),
    st.lists(CALL, max_size=4),
)
KEYS = {
    "day": lambda run, record: record.t[:10],
    "workflow": lambda run, record: run.workflow,
    "version": lambda run, record: f"{run.workflow}@{run.version}" if run.version else run.workflow,
    "model": lambda run, record: record.model,
    "agent": lambda run, record: record.agent,
    "session": lambda run, record: run.session or "",
    "step": lambda run, record: {"s1": "plan", "gone": "gone", None: ""}[record.step],
    "run": lambda run, record: run.id,
}


def by_hand(records, by, runs, since=""):
    sums = defaultdict(lambda: [0, 0, 0, Money()])
    for run in runs:
        for record in records[run.id]:
            if record.t[:10] < since:
                continue
            group = sums[KEYS[by](run, record)]
            group[0] += 1
            group[1] += record.tokens.input
            group[2] += record.tokens.output
            price = record.nanousd or 0
            group[3] += Money(
                recorded_nanousd=price * (record.provenance == "recorded"),
                computed_nanousd=price * (record.provenance == "computed"),
                **{record.provenance: 1},
            )
    return {key: tuple(group) for key, group in sums.items()}


def told(groups):
    return {group.key: (group.calls, group.tokens.input, group.tokens.output, group.money) for group in groups}


@pytest.fixture
def written_once(monkeypatch):
    """A statement is a function of what is asked: to write it takes longer than to ask it."""
    for module in (cost_queries, spending):
        monkeypatch.setattr(module, "summed", cache(module.summed))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(RUN, max_size=4))
def test_every_grouping_is_the_sum_of_the_calls(small, written_once, made):
    for run in small.runs.query(EVERYTHING).items:
        small.forget(run.id)
    for workflow, version, session, calls in made:
        run = small.begin(workflow, version=version, session=session)
        small.record(run, StepStarted(step="s1", name="plan"))
        seqs = small.record(run, *calls)
        if seqs:
            small.record(run, CostPriced(cost=seqs[0], nanousd=3, prices="2026-11-01"))
    records = {run.id: small.runs.cost_records(run.id) for run in small.runs.query(EVERYTHING).items}
    for text in ASKED:
        query = parse(text)
        runs = small.runs.query(query, limit=100).items
        for by in KEYS:
            for since in ("", DAYS[1][:10]):
                found = small.runs.costs(by, query, since=since)
                assert told(found) == by_hand(records, by, runs, since), (by, text, since)
        for by in ("workflow", "model"):
            calls = [(KEYS[by](run, one), one) for run in runs for one in records[run.id]]
            spent = {
                (one.t, one.key): (one.calls, one.money.known_nanousd) for one in small.runs.spending("day", by, query)
            }
            assert spent == {
                (day, key): (len(of), sum(one.nanousd or 0 for one in of))
                for day, key in {(one.t[:10], key) for key, one in calls}
                if (of := [one for known, one in calls if (one.t[:10], known) == (day, key)])
            }, (by, text)
        spenders = small.runs.spenders(query).items
        assert told(map(cost_of, spenders)) == by_hand(records, "run", runs), text
        assert [run.money.nanousd or -1 for run in spenders] == sorted(
            (run.money.nanousd or -1 for run in spenders), reverse=True
        )


ASKED = (
    *(
        "",
        "tokens>=0",
        "session:ana",
        'session:""',
        "-session:ana",
        "session:a* project:none",
        "session:ana workflow:w1",
    ),
    *(
        "workflow:w1",
        "workflow:w*",
        "workflow=w*",
        "-workflow:w1",
        "workflow:w1|w2 version:1",
        "workflow:*2 -version:2",
    ),
    *("version:1", "-version:1", "version>=2", "version<2", "(workflow:w1 version:2) | version<2", "-version>=0"),
)


def test_what_sums_calls_up_is_written_once_however_often_it_is_asked(small, monkeypatch):
    run = small.begin("w1", session="ana")
    small.record(run, *(CostRecorded(model="m", agent="planner", step="s1", nanousd=3, t=day) for day in DAYS))
    asked = [(by, parse("tokens>=0"), since) for by in ("model", "agent", "step") for since in ("", DAYS[1][:10])]
    first = [small.runs.costs(by, query, since=since) for by, query, since in asked]
    assert all(first)
    monkeypatch.delattr(cost_queries, "call_money")
    assert [small.runs.costs(by, query, since=since) for by, query, since in asked] == first


def test_whatever_a_query_asks_calls_are_summed_of_the_runs_that_match(small):
    for name, model in (("w1", "gpt-4o"), ("w2", "other")):
        run = small.begin(name)
        small.record(run, StepStarted(step="s1", name="plan", agent="planner"))
        small.record(run, *(CostRecorded(model=model, agent="planner", step="s1", nanousd=3, t=day) for day in DAYS))
        small.record(run, CostRecorded(model="cheap", nanousd=1, t=DAYS[1]), MetricReported(name="score", value=0.95))
        small.record(run, RunFinished(status="completed"))
    of_other_tables = ["agent:p*", "step:plan", "tag:a", "note:a", "meta.a:b", "has:tag", "has:metric", "plan"]
    of_calls = ["model:other", "call.model:other", "call.day:2026-11-20", "metric.score>0.9"]
    records = {run.id: small.runs.cost_records(run.id) for run in small.runs.query(EVERYTHING, limit=1000).items}
    for text in (*of_other_tables, *of_calls):
        query = parse(text)
        runs = small.runs.query(query, limit=100).items
        for by, since in product(("model", "agent", "step"), ("", DAYS[1][:10])):
            found = small.runs.costs(by, query, since=since)
            assert told(found) == by_hand(records, by, runs, since), (by, text, since)
        spent = small.runs.spending("day", "model", query, since=DAYS[0][:10])
        assert sum(one.calls for one in spent) == 3 * len(runs), text
        reported = small.metrics.reported("w1", query)
        assert sum(one.values for one in reported) == sum(run.workflow == "w1" for run in runs), text


def test_the_most_expensive_come_first_and_days_newest_first(small):
    for number, (price, day) in enumerate([(5, DAYS[0]), (9, DAYS[1]), (None, DAYS[0]), (7, DAYS[1])]):
        run = small.begin(f"w{number}")
        small.record(run, CostRecorded(model=f"m{number}", nanousd=price, input_tokens=1, t=day))
    assert [group.key for group in small.runs.costs("model", EVERYTHING)] == ["m1", "m3", "m0", "m2"]
    assert [group.key for group in small.runs.costs("day", EVERYTHING)] == ["2026-11-21", "2026-11-20"]
    unknown = small.runs.costs("workflow", EVERYTHING)[-1]
    assert (unknown.key, unknown.money.provenance, unknown.money.nanousd) == ("w2", "unknown", None)


def test_without_a_query_the_rollups_answer(small, statements):
    small.record(small.begin(), CostRecorded(model="m", nanousd=1))
    for by, since in product(("day", "workflow", "version", "model", "agent", "session"), ("", DAYS[1][:10])):
        statements.clear()
        small.runs.costs(by, EVERYTHING, since=since)
        assert len(statements) == 1
        table = ("costs" if since else "spent") if by == "session" else "rollups"
        assert f"FROM {table}" in statements[0]


def test_where_a_query_names_what_kept_sums_tell_nothing_else_is_read(small, statements):
    small.record(small.begin(session="ana", version=2), CostRecorded(model="m", nanousd=1))
    of_rollups, of_spent = ("workflow:triage", "version>1 -workflow:x*", "workflow:a|b | version:2"), ("session:ana",)
    for text, by in (
        *product(of_rollups, ("day", "workflow", "version", "model", "agent")),
        *product((*of_spent, "project:none -session:bo"), ("session",)),
    ):
        for since in ("",) if by == "session" else ("", DAYS[1][:10]):
            statements.clear()
            small.runs.costs(by, parse(text), since=since)
            assert len(statements) == 1 and " runs" not in statements[0] and " costs" not in statements[0], statements
    for by in ("workflow", "model"):
        statements.clear()
        small.runs.spending("day", by, parse("workflow:triage"), since=DAYS[1][:10])
        assert len(statements) == 1 and " runs" not in statements[0] and " costs" not in statements[0], statements
    # Who called a model called others too, and a run's session is no key of the days.
    for text, by in (
        ("model:m", "day"),
        ("agent:a", "workflow"),
        ("call.day:2026-11-20", "model"),
        ("session:a", "day"),
    ):
        statements.clear()
        small.runs.costs(by, parse(text))
        assert "FROM rollups" not in statements[0] and "FROM spent" not in statements[0]


def test_calls_since_a_day_are_found_by_their_time(small):
    for query in (EVERYTHING, parse("-tag:nightly"), parse("workflow:triage steps>0"), parse("session:ana pinned")):
        statement = cost_queries.summed("model" if query != EVERYTHING else "session", query, DAYS[1][:10])
        with small.database.read() as connection:
            compiled = statement.compile(connection, compile_kwargs={"literal_binds": True})
            plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}"))
        assert "costs_by_time (t>?)" in plan


def test_spending_costs_the_calls_of_its_time_or_the_kept_sums_of_its_days(small, statements):
    small.record(small.begin(), CostRecorded(model="m", nanousd=1, t=DAYS[1]))
    for every, by, query in product(("day", "hour", "minute"), ("run", "workflow", "model"), ("", "workflow:triage")):
        statements.clear()
        small.runs.spending(every, by, parse(query), since=DAYS[1][:10])
        assert len(statements) == 1
        statement = spending.summed(every, by, parse(query), DAYS[1][:10])
        with small.database.read() as connection:
            compiled = statement.compile(connection, compile_kwargs={"literal_binds": True})
            plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}"))
        kept = every == "day" and by != "run"
        assert ("rollups" if kept else "costs_by_time (t>?)") in plan, (every, by, query)


def test_open_steps_are_found_by_their_index(small):
    with small.database.read() as connection:
        compiled = run_doing._open.compile(connection)
        plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {_filled(compiled)}"))
    assert "steps_running" in plan


def _filled(compiled) -> str:
    return str(compiled).replace("(__[POSTCOMPILE_runs])", "('a', 'b')")


def test_calls_are_told_with_their_prices(small):
    run = small.begin()
    small.record(run, StepStarted(step="s", name="s", agent="planner"))
    first, second = small.record(
        run,
        CostRecorded(model="m", provider="p", step="s", input_tokens=3, cache_read_tokens=1),
        CostRecorded(model="m", nanousd=5),
    )
    small.record(run, CostPriced(cost=first, nanousd=8, prices="2026-11-01"))
    one, other = small.runs.cost_records(run)
    assert (one.seq, one.nanousd, one.provenance, one.prices, one.agent) == (
        first,
        8,
        "computed",
        "2026-11-01",
        "planner",
    )
    assert (one.tokens.input, one.tokens.cache_read, one.provider) == (3, 1, "p")
    assert (other.seq, other.nanousd, other.provenance) == (second, 5, "recorded")


def test_what_logs_say_is_read_only_of_runs_that_spent_something_in_those_days(small, monkeypatch):
    for n in range(20):
        run = small.begin()
        small.record(run, Logged(level="INFO", message="out of time, and time out"))
        small.record(run, CostRecorded(t=DAYS[n < 3], model="m", nanousd=1))
    asked, found = parse('log:"time out"'), []
    picked = small.bodies.picked
    monkeypatch.setattr(small.bodies, "picked", lambda places: found.extend(places) or picked(places))
    assert [group.calls for group in small.runs.costs("day", asked)] == [3, 17]
    assert len({run for run, _ in found}) == 20
    found.clear()
    assert [group.calls for group in small.runs.costs("day", asked, since=DAYS[1][:10])] == [3]
    assert len({run for run, _ in found}) == 3


@pytest.mark.parametrize("server", [False, True], ids=["sqlite", "postgres"])
def test_a_hundred_thousand_known_runs_are_one_value(server, new_postgres_url):
    database = open_server(ServerUrl(new_postgres_url())) if server else open_database(None, truth=True)
    row = {"workflow": "w", "status": "completed", "recorded": "completed"}
    with database.write() as connection:
        connection.execute(insert(runs), [row | {"id": f"r{n}"} for n in (1, 99_999, 100_000)])
    known = Query(root=Known(key="id", sign="=", values=tuple(f"r{n}" for n in range(100_000))))
    with database.read() as connection:
        assert set(connection.scalars(select(runs.c.id).where(where(known)))) == {"r1", "r99999"}
        assert len(select(runs.c.id).where(where(known)).compile(connection).params) == 1
    database.close()


def test_sessions_and_projects_by_their_last_activity(small):
    old = small.begin(session="ana", project="inbox")
    new = small.begin(session="bo", project="inbox")
    small.begin()
    small.record(new, CostRecorded(model="m", nanousd=4, input_tokens=2))
    small.record(old, CostRecorded(model="m", nanousd=None, input_tokens=1))
    assert [group.id for group in small.runs.sessions().items] == ["ana", "bo"]
    ana, bo = small.runs.sessions().items
    assert ana.last_event == small.runs.get(old).last_event
    assert (ana.runs, ana.running, ana.money.unknown, bo.money.nanousd, bo.tokens.input) == (1, 1, 1, 4, 2)
    (inbox,) = small.runs.projects().items
    assert (inbox.id, inbox.runs, inbox.tokens.input) == ("inbox", 2, 3)
    assert (inbox.money.unknown, inbox.money.nanousd) == (1, 4)
    assert inbox.last_event == ana.last_event
    small.forget(old)
    assert [group.id for group in small.runs.sessions().items] == ["bo"]
