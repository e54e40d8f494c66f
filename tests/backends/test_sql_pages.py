"""Pages of runs: every row once, in order, in both directions, whatever comes and goes; and what they cost."""

from datetime import UTC, datetime
from typing import get_args

import hypothesis.strategies as st
import pytest
from flightlog.backends.sql.run_repository import SqlRuns
from flightlog.backends.sql.tables import derived, run_bodies, run_tags, runs
from flightlog.backends.sqlite.engine import open_database
from flightlog.core.errors import Conflict, NotFound, StorageError
from flightlog.core.events import CostRecorded, Logged, RunFinished, StepStarted
from flightlog.core.pages import Sort, SortField
from flightlog.core.query import query_values
from flightlog.core.query.query import EVERYTHING, parse
from flightlog.core.repositories import RunRepository
from hypothesis import given, settings
from sqlalchemy import Engine, delete, event, insert

COLUMN = {"cost": "nanousd", "size": "size_bytes"}
FIELDS = get_args(SortField)
TIME = st.none() | st.sampled_from(["2026-11-20T10:00:00.000000Z", "2026-11-21T10:00:00.000000Z"])
COUNT = st.integers(0, 3)
SORT = st.builds(Sort, field=st.sampled_from(FIELDS), descending=st.booleans())
ROW = st.fixed_dictionaries(
    {
        "workflow": st.sampled_from("abé"),
        "status": st.sampled_from(["running", "failed", "completed"]),
        "name": st.sampled_from(["", "x", "y"]),
        "started": TIME,
        "finished": TIME,
        "last_event": TIME,
        "took": st.none() | st.sampled_from([-1.0, 0.0, 0.1, 1e300]),
        "nanousd": st.none() | COUNT,
        "size_bytes": st.none() | COUNT,
        **{name: COUNT for name in ("tokens", "steps", "events", "errors")},
    }
)

WANTED = [
    ("", lambda row: True),
    ("status:failed", lambda row: row["status"] == "failed"),
    ("status:failed|running", lambda row: row["status"] != "completed"),
    ("status:finished tokens>0", lambda row: row["status"] != "running" and row["tokens"] > 0),
    ("workflow:a|b", lambda row: row["workflow"] in "ab"),
    ("cost>0 | errors>0", lambda row: (row["nanousd"] or 0) > 0 or row["errors"] > 0),
]


class Table:
    """Rows put straight into the query tables, of one database that is emptied for each example."""

    database = None

    def __init__(self, rows=()):
        Table.database = Table.database or open_database(None, truth=False)
        with self.database.write() as connection:
            connection.execute(delete(runs))
        self.repository = SqlRuns(self.database, None, lambda: None)
        self.rows = {}
        for number, row in enumerate(rows):
            self.put(f"r{number:03}", row)

    def put(self, run, row):
        self.rows[run] = row
        with self.database.write() as connection:
            connection.execute(insert(runs).values(id=run, recorded=row["status"], **row))

    def drop(self, run):
        del self.rows[run]
        with self.database.write() as connection:
            connection.execute(delete(runs).where(runs.c.id == run))

    def sorted(self, sort, among=None):
        column = COLUMN.get(sort.field, sort.field)
        kept = self.rows if among is None else among
        known = [run for run in kept if self.rows[run][column] is not None]
        unknown = [run for run in kept if self.rows[run][column] is None]
        known.sort(key=lambda run: (self.rows[run][column], run), reverse=sort.descending)
        return known + sorted(unknown, reverse=sort.descending)

    def page(self, sort, query=EVERYTHING, **options):
        page = self.repository.query(query, sort, **options)
        return [run.id for run in page.items], page


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(ROW, max_size=14), sort=SORT, limit=st.integers(1, 5), wanted=st.sampled_from(WANTED))
def test_pages_laid_end_to_end_are_the_sorted_list_in_both_directions(rows, sort, limit, wanted):
    table = Table(rows)
    text, fits = wanted
    query = parse(text)
    expected = table.sorted(sort, [run for run, row in table.rows.items() if fits(row)])
    forward, cursor = [], None
    while True:
        ids, page = table.page(sort, query, limit=limit, after=cursor)
        assert (page.previous is not None) == bool(forward)
        forward += ids
        cursor = page.next
        if cursor is None:
            break
    assert forward == expected
    backward, cursor, options = [], None, {"last": True}
    while True:
        ids, page = table.page(sort, query, limit=limit, **options)
        assert (page.next is not None) == bool(backward)
        backward = ids + backward
        cursor = page.previous
        if cursor is None:
            break
        options = {"before": cursor}
    assert backward == expected


@settings(max_examples=120, deadline=None)
@given(
    rows=st.lists(ROW, min_size=3, max_size=12),
    sort=SORT,
    limit=st.integers(1, 3),
    forward=st.booleans(),
    changes=st.lists(st.tuples(st.integers(0, 20), ROW), max_size=6),
)
def test_rows_that_stay_are_seen_once_while_others_come_and_go(rows, sort, limit, forward, changes):
    table = Table(rows)
    staying = set(table.rows)
    seen, cursor = [], None
    pending = list(changes)
    while True:
        options = {"after": cursor} if forward else {"before": cursor, "last": cursor is None}
        ids, page = table.page(sort, limit=limit, **options)
        seen = seen + ids if forward else ids + seen
        cursor = page.next if forward else page.previous
        if cursor is None:
            break
        if pending:
            number, row = pending.pop()
            if number % 2 and table.rows:
                gone = sorted(table.rows)[number % len(table.rows)]
                table.drop(gone)
                staying.discard(gone)
            else:
                table.put(f"n{len(pending)}{number}", row)
    assert len(seen) == len(set(seen))
    assert [run for run in seen if run in staying] == table.sorted(sort, staying)


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=12), sort=SORT, at=st.integers(0, 11))
def test_a_list_can_be_entered_at_a_run_or_at_a_number(rows, sort, at):
    table = Table(rows)
    expected = table.sorted(sort)
    at %= len(expected)
    cursor = table.repository.cursor_at(expected[at], sort)
    ids, page = table.page(sort, after=cursor)
    assert ids == expected[at:]
    assert (page.previous is None) == (at == 0)
    assert table.page(sort, before=cursor)[0] == expected[:at]
    after = table.repository.cursor_after(EVERYTHING, sort, at + 1)
    if at + 1 == len(expected):
        assert after is None
    else:
        assert table.page(sort, after=after)[0] == expected[at + 1 :]


@settings(max_examples=120, deadline=None)
@given(
    rows=st.lists(ROW, min_size=1, max_size=12),
    sort=SORT,
    ends=st.tuples(st.integers(0, 11), st.integers(0, 11)),
    text=st.sampled_from(["", "workflow:a", "status:failed|completed", "-status:running"]),
)
def test_what_lies_between_two_runs_of_a_list_is_found_whatever_its_order(rows, sort, ends, text):
    table, query = Table(rows), parse(text)
    expected = table.sorted(sort)
    low, high = sorted(end % len(expected) for end in ends)
    shown = {run.id for run in table.repository.query(query, limit=100).items}
    between = sorted(id for id in expected[low : high + 1] if id in shown)
    for one, other in ((low, high), (high, low)):
        assert sorted(table.repository.ids_between(query, sort, expected[one], expected[other])) == between
    if {expected[low], expected[high]} <= shown:  # as a repository walks that cannot compare places
        walked = RunRepository.ids_between(table.repository, query, sort, expected[high], expected[low])
        assert sorted(walked) == between
    with pytest.raises(NotFound):
        table.repository.ids_between(query, sort, expected[low], "nobody")


def test_when_all_rows_beyond_a_cursor_are_gone_the_way_back_is_open():
    row = {"workflow": "a", "status": "failed", "started": "2026-11-20T10:00:00.000000Z"}
    table = Table([row, row, row])
    ids, page = table.page(Sort(), limit=2)
    table.drop("r000")
    ids_beyond, beyond = table.page(Sort(), after=page.next)
    assert ids_beyond == []
    assert beyond.next is None
    assert table.page(Sort(), before=beyond.previous)[0] == ids == ["r002", "r001"]
    table.drop("r001")
    table.drop("r002")
    assert table.page(Sort(), after=page.next)[1].previous is None


@pytest.mark.parametrize("cursor", ["", "x", "äöü", "AAAA", "bnVsbA"])
def test_what_is_no_cursor_is_refused(cursor):
    with pytest.raises(StorageError):
        Table().page(Sort(), after=cursor)


def test_a_cursor_of_another_list_is_refused():
    row = {"workflow": "a", "status": "failed"}
    table = Table([row, row])
    cursor = table.page(Sort(), limit=1)[1].next
    for other in (Sort(descending=False), Sort(field="took")):
        with pytest.raises(StorageError):
            table.page(other, after=cursor)
    with pytest.raises(StorageError):
        table.page(Sort(), parse("status:failed"), after=cursor)
    everywhere = table.repository.cursor_at("r001", Sort())
    assert table.page(Sort(), parse("status:failed"), after=everywhere)[0] == ["r001", "r000"]
    with pytest.raises(NotFound):
        table.repository.cursor_at("r9", Sort())


# --- cost ------------------------------------------------------------------------------------------


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


# --- finding ---------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("text", ["status:failed|running", "status:any", "workflow:w1|w2", "took>1s | workflow:w1"])
def test_alternatives_read_no_more_than_a_few_pages(thousand, text):
    repository = SqlRuns(thousand, None, lambda: None)
    plain = steps_of(thousand, lambda: repository.query(EVERYTHING, limit=10))
    query = parse(text)
    assert steps_of(thousand, lambda: repository.query(query, limit=10)) < 12 * plain


def test_distinct_values_cost_their_number_not_the_rows(thousand):
    repository = SqlRuns(thousand, None, lambda: None)
    assert repository.values("tag") == ["a", "b"]
    assert steps_of(thousand, lambda: repository.values("tag")) < 50


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
