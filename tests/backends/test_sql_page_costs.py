"""What lists of runs, their counts and names cost: statements, rows along an index, steps of SQLite."""

from contextlib import closing
from typing import get_args

import flightlog
import pytest
from flightlog.backends.ingest.batch import MARK_BYTES
from flightlog.backends.sql.run_repository import SqlRuns
from flightlog.backends.sql.tables import run_bodies, run_tags, runs
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.events import CostRecorded, MessageSent, RunFinished
from flightlog.core.pages import Sort, SortField
from flightlog.core.query.query import EVERYTHING, equals, parse
from sqlalchemy import Engine, event, insert

FIELDS = get_args(SortField)


@pytest.fixture(scope="module")
def thousand():
    """A thousand runs, a tenth without a start, with tags and meta."""
    database = open_database(None, truth=False)
    rows = [
        {
            "id": f"{n:06}",
            "workflow": f"w{n % 7}",
            "version": n % 3,
            "session": f"s{n % 5}",
            "status": ("completed", "failed", "running")[n % 3],
            "recorded": "running",
            "started": None if n % 10 == 0 else f"2026-11-20T10:{n % 60:02}:00.000000Z",
        }
        for n in range(1000)
    ]
    with database.write() as connection:
        connection.execute(insert(runs), rows)
        connection.execute(insert(run_bodies), [{"run": row["id"], "meta": f'{{"n":"{row["id"]}"}}'} for row in rows])
        connection.execute(insert(run_tags), [{"run": row["id"], "tag": tag} for row in rows for tag in ("b", "a")])
    yield database
    database.close()


def test_a_page_is_one_statement_and_at_most_three(thousand, statements):
    repository = SqlRuns(thousand, None, lambda: None)
    first = repository.query(EVERYTHING, Sort(), limit=100)
    statements.clear()
    page = repository.query(EVERYTHING, Sort(), limit=100, after=first.next)
    assert len(statements) == 1
    assert all(run.tags == ("a", "b") and run.meta == {"n": run.id} for run in page.items)
    statements.clear()
    straddling = repository.query(EVERYTHING, Sort(), limit=100, after=repository.cursor_after(EVERYTHING, Sort(), 850))
    assert {run.started is None for run in straddling.items} == {True, False}
    statements.clear()
    repository.query(EVERYTHING, Sort(), limit=100, before=straddling.next)
    assert len(statements) == 2
    statements.clear()
    repository.query(EVERYTHING, Sort(), after=repository.query(EVERYTHING, Sort(descending=False), last=True).next)
    assert len(statements) <= 3


def plans(database, read):
    """The query plan of each statement that a read executes."""
    seen = []

    def note(connection, cursor, statement, parameters, context, executemany):
        seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    read()
    event.remove(Engine, "before_cursor_execute", note)
    with database.read() as connection:
        for statement, parameters in seen:
            yield [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]


def along_an_index(plan):
    """Whether nothing is sorted, and no table is read but along an index."""
    return not [
        step for step in plan if "TEMP B-TREE" in step or (step.startswith("SCAN runs") and "INDEX" not in step)
    ]


@pytest.mark.parametrize("text", ["", "status:failed", "workflow:w1", "workflow:w1 version:2", "session:s1"])
@pytest.mark.parametrize("descending", [True, False])
def test_the_default_list_and_its_filters_read_along_an_index(thousand, text, descending):
    query, sort = parse(text), Sort(descending=descending)
    repository = SqlRuns(thousand, None, lambda: None)
    known, unknown = repository.cursor_at("000501", sort), repository.cursor_at("000500", sort)
    ways = [{}, {"last": True}, *({side: cursor} for side in ("after", "before") for cursor in (known, unknown))]
    for way in ways:
        found = list(plans(thousand, lambda way=way: repository.query(query, sort, limit=200, **way)))
        assert found
        assert all(map(along_an_index, found)), (way, [plan for plan in found if not along_an_index(plan)])


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("descending", [True, False])
def test_every_sort_reads_along_an_index(thousand, field, descending):
    repository, sort = SqlRuns(thousand, None, lambda: None), Sort(field=field, descending=descending)
    for way in ({}, {"last": True}, {"after": repository.cursor_at("000500", sort)}):
        found = list(plans(thousand, lambda way=way: repository.query(EVERYTHING, sort, limit=1000, **way)))
        assert all(map(along_an_index, found)), (way, [plan for plan in found if not along_an_index(plan)])


def test_pages_cost_the_same_number_of_steps_at_any_depth(thousand):
    repository = SqlRuns(thousand, None, lambda: None)
    costs = []
    for depth in (1, 300, 700):
        cursor = repository.cursor_after(EVERYTHING, Sort(), depth)
        costs.append(
            steps_of(thousand, lambda cursor=cursor: repository.query(EVERYTHING, Sort(), after=cursor, limit=50))
        )
    assert max(costs) <= 1.5 * min(costs)


@pytest.mark.parametrize("text", ["", "status:failed|running", "tokens<1"])
def test_a_range_costs_what_lies_between_and_not_what_exists(thousand, text):
    repository, query = SqlRuns(thousand, None, lambda: None), parse(text)
    for field in ("started", "cost", "name", "status"):
        sort, costs = Sort(field=field), []
        order = [run.id for run in repository.query(EVERYTHING, sort, limit=2000).items]
        shown = {run.id for run in repository.query(query, limit=2000).items}
        for depth in (1, len(order) // 2, len(order) - 60):
            ends = order[depth + 50], order[depth]
            costs.append(steps_of(thousand, lambda ends=ends, sort=sort: repository.ids_between(query, sort, *ends)))
            between = [id for id in order[depth : depth + 51] if id in shown]
            assert sorted(repository.ids_between(query, sort, *ends)) == sorted(between)
        assert max(costs) <= 2 * min(costs), (field, costs)
        ends = order[3], order[-3]
        for plan in plans(thousand, lambda sort=sort, ends=ends: repository.ids_between(query, sort, *ends)):
            assert all(step.startswith(("SEARCH", "USE TEMP")) for step in plan), (field, plan)


@pytest.mark.parametrize("field", ["started", "name", "cost"])
def test_a_range_to_an_end_of_a_group_costs_that_stretch_or_the_group_and_not_what_exists(thousand, field):
    repository, query, sort = SqlRuns(thousand, None, lambda: None), equals("session", "s1"), Sort(field=field)
    order = [run.id for run in repository.query(query, sort, limit=2000).items]
    assert sorted(repository.ids_between(query, sort, None, None)) == sorted(order)
    whole = steps_of(thousand, lambda: repository.ids_between(query, sort, None, None))
    for ends, between in (((order[-10], None), order[-10:]), ((None, order[9]), order[:10])):
        assert sorted(repository.ids_between(query, sort, *ends)) == sorted(between)
        if field == "started":
            assert 3 * steps_of(thousand, lambda ends=ends: repository.ids_between(query, sort, *ends)) < whole + 20
        for plan in plans(thousand, lambda ends=ends: repository.ids_between(query, sort, *ends)):
            assert all("(session=?" in step or "id=?" in step for step in plan), (field, plan)


def test_figures_are_read_by_a_few_statements_and_only_of_whom_is_asked_for(thousand):
    repository = SqlRuns(thousand, None, lambda: None)
    few, many = [f"{n:06}" for n in range(5)], [f"{n:06}" for n in range(900)]
    assert len(list(plans(thousand, lambda: repository.figures(EVERYTHING)))) == 1
    assert len(list(plans(thousand, lambda: repository.figures(EVERYTHING, ids=many)))) == 1
    costs = [steps_of(thousand, lambda ids=ids: repository.figures(EVERYTHING, ids=ids)) for ids in (few, many)]
    assert costs[0] * 20 < costs[1]


def steps_of(database, read):
    """Instructions of SQLite's machine, in tens."""
    with database.read() as connection:
        ticks = [0]

        def tick():
            ticks[0] += 1

        driver = connection.connection.driver_connection
        driver.set_progress_handler(tick, 10)
        read()
        driver.set_progress_handler(None, 0)
    return ticks[0]


def test_counters_answer_what_they_can(small, statements):
    for number in range(6):
        run = small.begin(f"w{number % 2}", session="ana" if number < 4 else None, version=number % 3)
        if number % 3 == 0:
            small.record(run, RunFinished(status="completed"))
    for text, expected in {
        "": 6,
        "workflow:w1": 3,
        "status:completed": 2,
        "session:ana": 4,
        'session:""': 2,
        "workflow:w0 version:2": 1,
        "status:running session:ana": 2,
        "-archived": 6,
        "status:completed -archived": 2,
        "-archived workflow:w0 version:2 status:running": 1,
        "status:completed archived": 0,
    }.items():
        statements.clear()
        assert small.runs.count(parse(text)) == expected == len(small.runs.query(parse(text)).items), text
        assert ("counters" if "session" in text else "tallies") in statements[0], text
        assert "FROM runs" not in statements[0], text
    statements.clear()
    assert small.runs.count(parse("events>1")) == 2
    assert "FROM runs" in statements[0]


def test_totals_come_from_counters(small, statements):
    for number in range(4):
        run = small.begin()
        if number:
            small.record(run, RunFinished(status="failed"))
    statements.clear()
    totals = small.runs.totals()
    assert len(statements) == 3
    assert not [statement for statement in statements if "FROM runs" in statement]
    assert (totals.runs, totals.by_status["failed"], totals.by_status["running"], totals.by_status["lost"]) == (
        4,
        3,
        1,
        0,
    )
    assert totals.size_bytes == sum(run.size_bytes for run in small.runs.query(EVERYTHING).items)


def test_headers_cost_the_same_however_many_sessions_there_are(small):
    def costs() -> list[int]:
        query = parse("status:running workflow:triage")
        return [steps_of(small.database, work) for work in (small.runs.totals, lambda: small.runs.count(query))]

    def begin(numbers: range) -> None:
        for number in numbers:
            small.begin(session=f"s{number}", project=f"p{number}")

    begin(range(2))
    few = costs()
    begin(range(2, 200))
    for before, after in zip(few, costs(), strict=True):
        assert after <= before + 2


def test_a_sessions_count_and_the_names_of_sessions_are_found_by_an_index(small):
    for number in range(200):
        small.begin(f"w{number % 3}", session=f"s{number}", project=f"p{number}")
    one = parse("session:s7")
    assert steps_of(small.database, lambda: small.runs.count(one)) < 10
    for key in ("session", "project"):
        assert steps_of(small.database, lambda key=key: small.runs.values(key, limit=5)) < 30


def test_sessions_and_projects_cost_what_they_are_and_not_their_runs(small):
    def begin(runs: int) -> None:
        for number in range(runs):
            run = small.begin(session=f"s{number % 5}", project=f"p{number % 5}")
            small.record(run, CostRecorded(model="m", nanousd=1))

    def costs() -> list[int]:
        return [steps_of(small.database, work) for work in (small.runs.sessions, small.runs.projects)]

    begin(10)
    few = costs()
    begin(90)
    assert [group.runs for group in small.runs.sessions().items] == [20] * 5
    assert {group.money.nanousd for group in small.runs.projects().items} == {20}
    for before, after in zip(few, costs(), strict=True):
        assert after <= before + 2


@pytest.mark.parametrize("text", ["status:failed|running", "status:any", "workflow:w1|w2", "took>1s | workflow:w1"])
def test_alternatives_read_no_more_than_a_few_pages(thousand, text):
    repository = SqlRuns(thousand, None, lambda: None)
    plain = steps_of(thousand, lambda: repository.query(EVERYTHING, limit=10))
    query = parse(text)
    assert steps_of(thousand, lambda: repository.query(query, limit=10)) < 12 * plain


@pytest.mark.parametrize("descending", [True, False])
def test_a_list_of_the_archive_reads_no_other_runs(descending):
    sort, costs = Sort(descending=descending), []
    for many in (100, 5000):
        with closing(open_database(None, truth=False)) as database:
            told = {"workflow": "w", "status": "completed", "recorded": "completed"}
            times = [f"2026-11-20T10:{n % 60:02}:00.000000Z" for n in range(many)]
            rows = [told | {"id": f"{n:06}", "started": t, "archived": n < 30} for n, t in enumerate(times)]
            with database.write() as connection:
                connection.execute(insert(runs), rows)
            repository = SqlRuns(database, None, lambda: None)

            def read(repository=repository):
                first = repository.query(parse("archived"), sort, limit=10)
                rest = repository.query(parse("archived"), sort, limit=50, after=first.next)
                assert len(first.items) == 10 and len(rest.items) == 20

            costs.append(steps_of(database, read))
            assert all(map(along_an_index, plans(database, read)))
    assert costs[0] == costs[1], costs


def test_what_runs_cost_is_read_by_pages_and_of_no_other_run():
    costs = []
    for many in (100, 5000):
        with closing(open_database(None, truth=False)) as database:
            told = {"workflow": "w", "status": "completed", "recorded": "completed", "calls_recorded": 1}
            rows = [told | {"id": f"{n:06}", "recorded_nanousd": n, "nanousd": n} for n in range(many)]
            with database.write() as connection:
                connection.execute(insert(runs), rows)
            repository = SqlRuns(database, None, lambda: None)

            def read(repository=repository, many=many):
                first = repository.spenders(limit=10)
                rest = repository.spenders(limit=50, after=first.next)
                assert [run.money.nanousd for run in (*first.items, *rest.items)] == [*range(many - 1, many - 61, -1)]

            costs.append(steps_of(database, read))
    assert costs[0] == costs[1], costs


def test_the_newest_messages_cost_a_page_however_many_there_are(small, tmp_path, bytes_read):
    def read(runs, run, many):
        newest = runs.messages(run, limit=5, last=True)
        older = runs.messages(run, limit=5, before=newest.previous)
        assert [one.content[0] for one in (*older.items, *newest.items)][-10:] == list(range(many - 10, many))

    steps, read_bytes = [], []
    with flightlog.open(tmp_path, storage="file") as store:
        for many in (20, 2000):
            said = [MessageSent(sender="a", content=[n, "x" * 3000]) for n in range(many)]
            run = small.begin()
            small.record(run, *said)
            steps.append(steps_of(small.database, lambda run=run, many=many: read(small.runs, run, many)))
            with store.run("triage") as recorded:
                for one in said:
                    recorded.message(one.sender, "b", one.content)
            store.runs.get(recorded.id)
            bytes_read.clear()
            read(store.runs, recorded.id, many)
            read_bytes.append(sum(bytes_read))
    assert steps[1] <= steps[0] + 1, steps
    assert read_bytes[1] < 2.2 * MARK_BYTES < 2000 * 3000, read_bytes  # from the mark before each of two pages


def test_distinct_values_cost_their_number_not_the_rows(thousand):
    repository = SqlRuns(thousand, None, lambda: None)
    assert repository.values("tag") == ["a", "b"]
    assert steps_of(thousand, lambda: repository.values("tag")) < 50
